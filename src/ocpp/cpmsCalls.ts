import type { Instant } from '../time';
import { encodeFrame, repeatsKey } from './codec';
import { composeCpmsCall } from './composition';
import type { CallFrame, ErrorFrame, ResultFrame } from './frame';
import type { Intents } from './intents';
import type { RelayServices, RelayShared } from './relayServices';
import { denialOf, errorFrame, formationCode, isControl } from './replies';
import type { UpstreamSocket } from './upstreamSocket';

/** Calls of a CPMS towards one station at once; OCPP-J allows one. */
const MAX_CALLS = 8;

/** The CALLs of a CPMS towards one station: judged, composed, answered in any case. */
export class CpmsCalls {
  private readonly shared: RelayShared;
  private readonly services: RelayServices;
  private readonly intents: Intents;
  private readonly socket: UpstreamSocket;
  private open = 0;

  constructor(
    shared: RelayShared,
    services: RelayServices,
    intents: Intents,
    socket: UpstreamSocket,
  ) {
    this.shared = shared;
    this.services = services;
    this.intents = intents;
    this.socket = socket;
  }

  /** The socket is gone, and with it who waits for answers. */
  forget(): void {
    this.open = 0;
  }

  say(frame: ResultFrame | ErrorFrame): void {
    if (this.socket.open) this.socket.send(encodeFrame(frame));
  }

  take(call: CallFrame, now: Instant): void {
    const deny = (why: string, reply: ResultFrame | ErrorFrame): void => {
      this.shared.counts.denied += 1;
      this.services.event('denied', `CPMS's ${call.action}: ${why}`, now);
      this.say(reply);
    };
    const refuse = (code: string, why: string): void => deny(why, errorFrame(call.id, code, why));
    if (call.id.startsWith(this.shared.idPrefix)) return refuse('SecurityError', 'message id');
    if (this.open >= MAX_CALLS) return refuse('GenericError', 'too many calls at once');
    const { fromCpms, schema } = this.shared.config;
    const protocol = this.services.protocol();
    if (repeatsKey(call)) return refuse(formationCode(protocol), 'a key is repeated');
    const verdict = fromCpms(this.services.station(), this.services.standing(), call, now);
    if (!verdict.allowed) return deny(verdict.reason, denialOf(call, verdict.reply));
    if (schema?.(protocol, call.action, 'req', call.payload) === false) {
      return refuse(formationCode(protocol), 'schema');
    }
    this.open += 1;
    if (isControl(call.action)) this.services.event('cpms-control', `CPMS's ${call.action}`, now);
    composeCpmsCall(this.shared, this.services, this.intents, call, now, (reply) => {
      this.open = Math.max(0, this.open - 1);
      this.shared.counts.relayed += 1;
      this.say(reply);
    });
  }
}
