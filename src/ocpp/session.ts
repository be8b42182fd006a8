import type { LeaseBatch, StationImage, StationLease as LeaseOrder } from '../model';
import { later } from '../time';
import type { Instant } from '../time';
import { amps } from '../units';
import { CallQueue } from './calls';
import type { OutgoingCall } from './calls';
import type { FleetEventCode, OcppProtocol, StationConfig, StationLink } from './config';
import type { Dialect, Request } from './dialect';
import { dialectOf } from './dialects';
import type { CallFrame, ErrorFrame, Frame, JsonObject, ResultFrame } from './frame';
import { StationObservation } from './observation';
import type { Observation } from './observation';
import type { StationRelay } from './relay';
import { relayOf } from './relayBinding';
import { ReplayCache } from './replayCache';
import type { SessionContext } from './sessionContext';
import { StationFloor } from './stationFloor';
import type { FloorPurpose } from './stationFloor';
import { StationLease } from './stationLease';
import type { LeasePurpose } from './stationLease';

/** Unanswered calls in a row after which the socket is given up. */
const MAX_TIMEOUTS = 3;
/** Unusable messages in one connection after which it is closed. */
const MAX_BAD_FRAMES = 50;
/** A station may take this long for a call of the CPMS (a log, an unlock). */
const RELAYED_ANSWER_MS = 30_000;

type Reply = ResultFrame | ErrorFrame;
interface RelayPurpose {
  readonly kind: 'relay';
  readonly done: (reply: Reply | undefined, now: Instant) => void;
}
type Purpose = FloorPurpose | LeasePurpose | RelayPurpose;

/** One station: its link, its floor, its lease, its picture. */
export class StationSession {
  readonly seen = new StationObservation();
  readonly context: SessionContext;
  readonly relay: StationRelay | undefined;
  protocol: OcppProtocol = 'ocpp1.6';
  booted = false;
  private readonly calls = new CallQueue<Purpose>();
  private readonly floor: StationFloor;
  private readonly leases: StationLease;
  private readonly replays = new ReplayCache();
  private link: StationLink | undefined;
  private lastSeen_at: Instant;
  private timeouts = 0;
  private badFrames = 0;
  private cached: StationImage | undefined;
  private news = true;
  readonly configured: StationConfig;

  constructor(station: StationConfig, context: SessionContext, now: Instant) {
    this.configured = station;
    this.context = context;
    this.lastSeen_at = now;
    this.floor = new StationFloor(station, context, {
      dialect: () => this.dialect,
      ask: (request, purpose, priority, at) => this.ask(request, purpose, priority, at),
      cleared: () => this.leases.hold.cleared(),
      leasePossible: (at) => this.leases.hold.possible(at),
      changed: () => this.dirty(),
    });
    this.leases = new StationLease(context, {
      station: () => this.station,
      dialect: () => this.dialect,
      connected: () => this.link !== undefined,
      floorVerified: () => this.floor.verified,
      clockError_ms: () => this.seen.clockError_ms() ?? 0,
      forgetClock: () => this.seen.forgetClock(),
      ask: (request, purpose, priority, at, key, sendBy) =>
        this.ask(request, purpose, priority, at, key, sendBy),
      tell: (code, text, at, hint) => this.tell(code, text, at, hint),
      changed: () => this.dirty(),
    });
    this.relay = relayOf(this, now);
  }

  /** The configuration as corrected by what the station reported of itself. */
  get station(): StationConfig {
    return this.floor.station;
  }

  get dialect(): Dialect {
    return dialectOf(this.protocol);
  }

  get linked(): StationLink | undefined {
    return this.link;
  }

  // --- connection --------------------------------------------------------------------------

  open(link: StationLink, protocol: OcppProtocol, now: Instant): void {
    this.link?.close(1000, 'replaced by a newer connection');
    this.reset(now);
    this.link = link;
    this.protocol = protocol;
    this.booted = true;
    this.timeouts = 0;
    this.badFrames = 0;
    this.floor.connected(now);
    this.touch(now);
    this.tell('connected', 'station connected', now);
    this.relay?.stationConnected(now);
  }

  shut(now: Instant): void {
    if (this.link === undefined) return;
    this.link = undefined;
    this.reset(now);
    this.relay?.stationGone();
    this.tell('disconnected', 'station disconnected', now);
  }

  /** What was proved on the old socket proves nothing on the next one. */
  private reset(now: Instant): void {
    this.forgetCalls(now);
    this.seen.forgetClock();
    this.floor.disconnected();
    this.dirty();
  }

  private forgetCalls(now: Instant): void {
    for (const { purpose } of this.calls.clear()) {
      if (purpose.kind === 'relay') purpose.done(undefined, now);
    }
  }

  // --- messages of the station -------------------------------------------------------------

  receive(frame: Frame, now: Instant): void {
    this.touch(now);
    if (frame.type === 'call') this.receiveCall(frame, now);
    else this.receiveReply(frame, now);
  }

  /** A message that is no OCPP frame. Answered when its sender can be addressed. */
  receiveBad(reason: string, id: string | undefined, now: Instant): void {
    this.badFrames += 1;
    this.context.counts.badFrames += 1;
    this.tell('bad-frame', `unusable message: ${reason}`, now);
    if (this.badFrames > MAX_BAD_FRAMES) {
      this.link?.close(1008, 'too many unusable messages');
      return;
    }
    const description = `unusable message: ${reason}`;
    this.link?.send({ type: 'error', id: id ?? '-1', code: 'FormationViolation', description });
  }

  private receiveCall(call: CallFrame, now: Instant): void {
    const before = this.replays.find(call);
    if (before !== undefined) {
      this.link?.send(before);
      return;
    }
    if (call.action === 'BootNotification') this.replays.clear();
    this.observe(this.dialect.observe(call), now);
    if (this.relay !== undefined) {
      this.relay.stationCall(call, now);
      return;
    }
    const { config } = this.context;
    const answer = this.dialect.answer(call, {
      wall_ms: config.wall_ms(now),
      authorise: (idTag) => config.authorise(this.station.id, idTag),
      newTransaction: () => this.context.newTransaction(),
    });
    if (!answer.ok) {
      const { code, description } = answer;
      this.reply(call, { type: 'error', id: call.id, code, description }, now);
      return;
    }
    this.observe(answer.seen ?? [], now);
    this.reply(call, { type: 'result', id: call.id, payload: answer.payload }, now);
  }

  /** Answers a CALL of the station. */
  reply(call: CallFrame, reply: Reply, now: Instant): void {
    if (reply.type === 'result') this.replays.remember(call, reply);
    this.link?.send(reply);
    if (call.action !== 'BootNotification' || reply.type !== 'result') return;
    const accepted = reply.payload['status'] === 'Accepted';
    this.booted = accepted;
    if (accepted) this.afterBoot(now);
  }

  observe(seen: readonly Observation[], now: Instant): void {
    const wall_ms = this.context.config.wall_ms(now);
    for (const one of seen) {
      if (one.kind === 'stopped') {
        this.relay?.intents.endTransaction(this.seen.connectorOf(one.transaction));
      }
      this.seen.take(one, now, wall_ms, this.station.connectors);
      if (one.kind !== 'clock') this.news = true;
    }
  }

  /** A reboot may have lost the floor, and what was asked before it will not be answered. */
  private afterBoot(now: Instant): void {
    this.tell('booted', 'station booted', now);
    this.forgetCalls(now);
    this.dirty();
    this.floor.begin(now);
  }

  private receiveReply(reply: Reply, now: Instant): void {
    const call = this.calls.answered(reply.id);
    if (call === undefined) return;
    this.timeouts = 0;
    if (call.purpose.kind === 'relay') call.purpose.done(this.checked(call, reply), now);
    else this.settle(call, reply.type === 'result' ? reply.payload : undefined, now);
    this.pump(now);
  }

  /** An answer that is not what its action says does not reach the CPMS. */
  private checked(call: OutgoingCall<Purpose>, reply: Reply): Reply {
    const check = this.context.config.relay?.schema;
    const { action } = call.request;
    if (reply.type === 'error' || check?.(this.protocol, action, 'conf', reply.payload) !== false) {
      return reply;
    }
    return { type: 'error', id: reply.id, code: 'InternalError', description: 'bad answer' };
  }

  /** The outcome of a call of our own; `payload` is absent for an error or no answer. */
  private settle(call: OutgoingCall<Purpose>, payload: JsonObject | undefined, now: Instant): void {
    const { purpose } = call;
    const accepted = payload !== undefined && this.dialect.accepted(payload);
    switch (purpose.kind) {
      case 'floor-step':
      case 'floor-recheck':
        this.floor.reply(purpose, payload, accepted, now);
        return;
      case 'lease':
      case 'clear':
        this.leases.reply(purpose, call.request.action, accepted, payload !== undefined, now);
        return;
      case 'relay':
        purpose.done(undefined, now);
        return;
      case 'other':
        return;
    }
  }

  // --- orders of the site ------------------------------------------------------------------

  lease(lease: LeaseOrder, batch: LeaseBatch, now: Instant): void {
    this.leases.order(lease, batch, now);
  }

  clearLease(now: Instant): void {
    this.leases.clear(now);
  }

  leasePossible(now: Instant): boolean {
    return this.leases.hold.possible(now);
  }

  // --- calls -------------------------------------------------------------------------------

  private ask(
    request: Request,
    purpose: Purpose,
    priority: OutgoingCall<Purpose>['priority'],
    now: Instant,
    key?: string,
    sendBy: Instant = later(now, 30_000),
  ): void {
    this.calls.add({ request, purpose, priority, sendBy, ...(key !== undefined && { key }) });
    this.pump(now);
  }

  /** Sends a call of the CPMS, or one made from it, behind our own. */
  askRelayed(call: CallFrame, now: Instant, done: RelayPurpose['done']): void {
    if (this.link === undefined) {
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
      relayed: { id, ...(raw !== undefined && { raw }) },
    });
    this.pump(now);
  }

  private pump(now: Instant): void {
    const { link } = this;
    while (link !== undefined) {
      const call = this.calls.next(() => this.context.newId(), now);
      if (call === undefined) break;
      const raw = call.relayed?.raw;
      const frame: CallFrame = {
        type: 'call',
        id: call.id,
        ...call.request,
        ...(raw !== undefined && { raw }),
      };
      if (this.passes(frame, call.purpose, now)) {
        if (call.purpose.kind === 'lease') this.leases.hold.sent(call.purpose.write, now);
        link.send(frame);
        break;
      }
      this.calls.answered(call.id);
      this.settle(call, undefined, now);
    }
    for (const call of this.calls.takeLapsed()) {
      this.tell('queue-full', `${call.request.action} was not sent`, now);
      if (call.purpose.kind !== 'lease') this.settle(call, undefined, now);
    }
  }

  /** Our own calls pass the guard too; those of the CPMS passed it when they came. */
  private passes(frame: CallFrame, purpose: Purpose, now: Instant): boolean {
    if (purpose.kind === 'relay') return true;
    const verdict = this.context.config.guard?.(this.station, frame, now);
    if (verdict === undefined || verdict.allowed) return true;
    this.tell('denied', `own ${frame.action} denied: ${verdict.reason}`, now);
    return false;
  }

  tick(now: Instant): void {
    this.relay?.tick(now);
    if (this.link === undefined) return;
    const late = this.calls.overdue(now);
    if (late !== undefined) {
      this.context.counts.callsTimedOut += 1;
      this.timeouts += 1;
      this.tell('call-timeout', `no answer to ${late.request.action}`, now);
      this.settle(late, undefined, now);
      if (this.timeouts >= MAX_TIMEOUTS) this.link.close(1008, 'station does not answer');
    }
    this.floor.tick(now);
    this.pump(now);
  }

  // --- picture -----------------------------------------------------------------------------

  image(now: Instant): StationImage {
    this.news = false;
    const lease = this.leases.hold.inForce(now);
    const wall_ms = this.context.config.wall_ms(now);
    const requested = this.relay?.intents.requested_A(wall_ms);
    const old = this.cached;
    if (old !== undefined && old.lease === lease && old.requested_A === requested) return old;
    this.cached = {
      station: this.station.id,
      connected: this.link !== undefined,
      floorVerified: this.link !== undefined && this.floor.verified,
      ...this.seen.picture(),
      ...(lease !== undefined && { lease }),
      ...(requested !== undefined && { requested_A: amps(requested) }),
      lastSeen_at: this.lastSeen_at,
    };
    return this.cached;
  }

  /** Something the site must know at once, not only a newer time stamp. */
  get changed(): boolean {
    return this.news;
  }

  private touch(now: Instant): void {
    this.lastSeen_at = now;
    this.cached = undefined;
  }

  private dirty(): void {
    this.cached = undefined;
    this.news = true;
  }

  tell(code: FleetEventCode, text: string, now: Instant, hint?: string): void {
    this.context.event(this.station.id, code, text, now, hint);
  }
}
