import { later } from '../time';
import type { Instant } from '../time';
import { CallQueue } from './calls';
import type { OutgoingCall } from './calls';
import type { FleetEventCode, OcppProtocol, StationConfig, StationLink } from './config';
import type { Request } from './dialect';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import type { SessionContext } from './sessionContext';
import type { FloorPurpose } from './stationFloor';
import type { LeasePurpose } from './stationLease';

/** A station may take this long for a call of the CPMS (a log, an unlock). */
const RELAYED_ANSWER_MS = 30_000;
/** Unanswered calls in a row after which the socket is given up. */
const MAX_TIMEOUTS = 3;

type Reply = ResultFrame | ErrorFrame;
/** A call on behalf of somebody else: its answer, or undefined when there is none. */
export interface RelayPurpose {
  readonly kind: 'relay';
  readonly done: (reply: Reply | undefined, now: Instant) => void;
}
export type CallPurpose = FloorPurpose | LeasePurpose | RelayPurpose;
type OwnPurpose = FloorPurpose | LeasePurpose;

/** What the calls need from their session. */
export interface CallsHost {
  readonly context: SessionContext;
  station(): StationConfig;
  protocol(): OcppProtocol;
  link(): StationLink | undefined;
  /** The outcome of a call of our own; `payload` is absent for an error or no answer. */
  settle(purpose: OwnPurpose, action: string, payload: JsonObject | undefined, now: Instant): void;
  /** A call goes onto the wire now. */
  sending(purpose: CallPurpose, now: Instant): void;
  tell(code: FleetEventCode, text: string, now: Instant): void;
}

/** All CALLs towards one station: our own first, those of the CPMS behind, one at a time. */
export class StationCalls {
  private readonly calls = new CallQueue<CallPurpose>();
  private readonly host: CallsHost;
  private timeouts = 0;

  constructor(host: CallsHost) {
    this.host = host;
  }

  /** A new socket: silence on the old one says nothing about it. */
  opened(): void {
    this.timeouts = 0;
  }

  /** The socket is gone, or the station restarted: nothing asked before will be answered. */
  forget(now: Instant): void {
    for (const { purpose } of this.calls.clear()) {
      if (purpose.kind === 'relay') purpose.done(undefined, now);
    }
  }

  ask(
    request: Request,
    purpose: CallPurpose,
    priority: OutgoingCall<CallPurpose>['priority'],
    now: Instant,
    key?: string,
    sendBy: Instant = later(now, 30_000),
  ): void {
    this.calls.add({ request, purpose, priority, sendBy, key });
    this.pump(now);
  }

  /** Takes back what was asked under this key and is not on the wire yet. */
  withdraw(key: string): void {
    this.calls.withdraw(key);
  }

  /** Sends a call of the CPMS, or one made from it, behind our own. */
  askRelayed(call: CallFrame, now: Instant, done: RelayPurpose['done']): void {
    if (this.host.link() === undefined) {
      done(undefined, now);
      return;
    }
    const { id, action, payload, raw } = call;
    this.calls.add({
      request: { action, payload },
      purpose: { kind: 'relay', done },
      priority: 'normal',
      sendBy: later(now, RELAYED_ANSWER_MS),
      answer_ms: RELAYED_ANSWER_MS,
      relayed: { id, raw },
    });
    this.pump(now);
  }

  /** An answer of the station; what nobody asked for is dropped. */
  receive(reply: Reply, now: Instant): void {
    const call = this.calls.answered(reply.id);
    if (call === undefined) return;
    this.timeouts = 0;
    if (call.purpose.kind === 'relay') call.purpose.done(this.checked(call, reply), now);
    else this.settle(call, reply.type === 'result' ? reply.payload : undefined, now);
    this.pump(now);
  }

  /** An answer that is not what its action says does not reach the CPMS. */
  private checked(call: OutgoingCall<CallPurpose>, reply: Reply): Reply {
    const check = this.host.context.config.relay?.schema;
    const { action } = call.request;
    const protocol = this.host.protocol();
    if (reply.type === 'error' || check?.(protocol, action, 'conf', reply.payload) !== false) {
      return reply;
    }
    return { type: 'error', id: reply.id, code: 'InternalError', description: 'bad answer' };
  }

  private settle(
    call: OutgoingCall<CallPurpose>,
    payload: JsonObject | undefined,
    now: Instant,
  ): void {
    const { purpose, request } = call;
    if (purpose.kind === 'relay') purpose.done(undefined, now);
    else this.host.settle(purpose, request.action, payload, now);
  }

  /** Times out; a station that leaves three calls unanswered in a row is given up. */
  tick(now: Instant): void {
    this.calls.yieldToSafety(now);
    const late = this.calls.overdue(now);
    if (late === undefined) return;
    this.host.context.counts.callsTimedOut += 1;
    this.timeouts += 1;
    this.host.tell('call-timeout', `no answer to ${late.request.action}`, now);
    this.settle(late, undefined, now);
    if (this.timeouts >= MAX_TIMEOUTS) this.host.link()?.close(1008, 'station does not answer');
  }

  pump(now: Instant): void {
    const link = this.host.link();
    while (link !== undefined) {
      const call = this.calls.next(() => this.host.context.newId(), now);
      if (call === undefined) break;
      const raw = call.relayed?.raw;
      const frame: CallFrame = {
        type: 'call',
        id: call.id,
        ...call.request,
        ...(raw !== undefined && { raw }),
      };
      if (this.passes(frame, call.purpose, now)) {
        this.host.sending(call.purpose, now);
        link.send(frame);
        break;
      }
      this.calls.answered(call.id);
      this.settle(call, undefined, now);
    }
    for (const call of this.calls.takeLapsed()) {
      this.host.tell('queue-full', `${call.request.action} was not sent`, now);
      if (call.purpose.kind !== 'lease') this.settle(call, undefined, now);
    }
  }

  /** Our own calls pass the guard too; those of the CPMS passed it when they came. */
  private passes(frame: CallFrame, purpose: CallPurpose, now: Instant): boolean {
    if (purpose.kind === 'relay') return true;
    const verdict = this.host.context.config.guard?.(this.host.station(), frame, now);
    if (verdict === undefined || verdict.allowed) return true;
    this.host.tell('denied', `own ${frame.action} denied: ${verdict.reason}`, now);
    return false;
  }
}
