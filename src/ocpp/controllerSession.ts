import { later, passed } from '../time';
import type { Instant } from '../time';
import { encodeFrame, MAX_TEXT_201, parseFrame } from './codec';
import { isoOf, numberOf, textOf } from './fields';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import type { ControllerIdentity, UpstreamConnector } from './relayTypes';
import { CPMS_RATE, TokenBucket } from './messageRate';
import { UpstreamSocket } from './upstreamSocket';

/** Until the CPMS gives an interval. */
const HEARTBEAT_S = 300;
const MIN_HEARTBEAT_S = 10;
const MAX_HEARTBEAT_S = 86_400;
const RETRY_BOOT_S = 60;
const ANSWER_MS = 30_000;
/** Security events that wait for the CPMS; the audit has them all. */
const MAX_EVENTS = 32;

/** Words of the gate that a CPMS should hear of, and what OCPP calls them (2.0.1 appendix 1). */
const SECURITY_EVENTS: ReadonlyMap<string, string> = new Map([
  ['identity-conflict', 'StationIdentityConflict'],
  ['credentials-wrong', 'StationAuthenticationFailed'],
  ['certificate-refused', 'InvalidStationCertificate'],
  ['flood', 'InvalidMessages'],
]);

interface Ports {
  readonly connect: UpstreamConnector;
  readonly wall_ms: (now: Instant) => number;
  readonly newId: () => string;
  readonly tell: (
    code: 'cpms-connected' | 'cpms-lost' | 'denied',
    text: string,
    now: Instant,
  ) => void;
}

/**
 * The controller at its CPMS: it boots, beats, and tells security events. It is no station: calls
 * to it are refused in OCPP, but for being asked to repeat a message.
 */
export class ControllerSession {
  private readonly identity: ControllerIdentity;
  private readonly ports: Ports;
  private readonly socket: UpstreamSocket;
  private readonly rate: TokenBucket;
  private waiting:
    { readonly id: string; readonly action: string; readonly by: Instant } | undefined;
  private accepted = false;
  private boot_at: Instant;
  private beat_at: Instant;
  private beat_s = HEARTBEAT_S;
  private events: JsonObject[] = [];
  private owesStatus = false;

  constructor(identity: ControllerIdentity, ports: Ports, now: Instant) {
    this.identity = identity;
    this.ports = ports;
    this.boot_at = now;
    this.beat_at = now;
    this.rate = new TokenBucket(CPMS_RATE.perSecond, CPMS_RATE.burst, now);
    this.socket = new UpstreamSocket(
      (events) => ports.connect(identity.id, identity.protocol, events),
      {
        opened: (at) => {
          this.boot_at = at;
          ports.tell('cpms-connected', 'CPMS connected for the controller itself', at);
          this.next(at);
        },
        received: (text, at) => this.received(text, at),
        lost: (was, at) => {
          this.waiting = undefined;
          this.accepted = false;
          if (was) ports.tell('cpms-lost', 'CPMS connection of the controller lost', at);
        },
      },
      now,
    );
  }

  /** The CPMS accepted the boot of the controller. */
  get booted(): boolean {
    return this.accepted;
  }

  /** Something at the gate; told to the CPMS when it is of that kind. */
  note(code: string, text: string, now: Instant): void {
    const type = SECURITY_EVENTS.get(code);
    if (type === undefined || this.events.length >= MAX_EVENTS) return;
    const timestamp = isoOf(this.ports.wall_ms(now));
    this.events.push({ type, timestamp, techInfo: text.slice(0, 255) });
  }

  tick(now: Instant): void {
    this.socket.dial(now);
    if (this.waiting !== undefined && passed(this.waiting.by, now)) this.waiting = undefined;
    this.next(now);
  }

  /** Sends what is due, one call at a time. */
  private next(now: Instant): void {
    if (!this.socket.open || this.waiting !== undefined) return;
    if (!this.accepted) {
      if (passed(this.boot_at, now)) this.call('BootNotification', this.boot(), now);
      return;
    }
    if (this.owesStatus) {
      this.owesStatus = false;
      this.call('StatusNotification', this.status(now), now);
      return;
    }
    const event = this.events.shift();
    if (event !== undefined) this.call('SecurityEventNotification', event, now);
    else if (passed(this.beat_at, now)) this.call('Heartbeat', {}, now);
  }

  private boot(): JsonObject {
    const { protocol, firmware: firmwareVersion } = this.identity;
    return protocol === 'ocpp1.6'
      ? {
          chargePointVendor: 'Holdfast',
          chargePointModel: 'Local controller',
          firmwareVersion,
        }
      : {
          reason: 'PowerUp',
          chargingStation: { vendorName: 'Holdfast', model: 'Local controller', firmwareVersion },
        };
  }

  /** 1.6 speaks of connector 0, the whole; 2.0.1 has no such status and gets none. */
  private status(now: Instant): JsonObject {
    const timestamp = isoOf(this.ports.wall_ms(now));
    return { connectorId: 0, errorCode: 'NoError', status: 'Available', timestamp };
  }

  private call(action: string, payload: JsonObject, now: Instant): void {
    const id = this.ports.newId();
    this.waiting = { id, action, by: later(now, ANSWER_MS) };
    this.boot_at = later(now, RETRY_BOOT_S * 1000);
    this.beat_at = later(now, this.beat_s * 1000);
    this.socket.send(encodeFrame({ type: 'call', id, action, payload }));
  }

  private received(text: string, now: Instant): void {
    if (!this.rate.take(now)) {
      this.socket.cut(now);
      return;
    }
    const parsed = parseFrame(text, MAX_TEXT_201);
    if (!parsed.ok) return;
    const { frame } = parsed;
    if (frame.type === 'call') this.socket.send(encodeFrame(this.answer(frame, now)));
    else if (frame.id === this.waiting?.id) this.answered(frame, now);
    this.next(now);
  }

  private answered(frame: ResultFrame | ErrorFrame, now: Instant): void {
    const action = this.waiting?.action;
    this.waiting = undefined;
    if (action !== 'BootNotification' || frame.type !== 'result') return;
    const interval_s = numberOf(frame.payload, 'interval') ?? HEARTBEAT_S;
    const bounded_s = Math.min(MAX_HEARTBEAT_S, Math.max(MIN_HEARTBEAT_S, interval_s));
    this.accepted = textOf(frame.payload, 'status', 20) === 'Accepted';
    if (this.accepted) {
      this.beat_s = bounded_s;
      this.beat_at = later(now, bounded_s * 1000);
      this.owesStatus = this.identity.protocol === 'ocpp1.6';
    } else this.boot_at = later(now, bounded_s * 1000);
  }

  private answer(call: CallFrame, now: Instant): ResultFrame | ErrorFrame {
    const { id, action, payload } = call;
    const wanted = textOf(payload, 'requestedMessage', 50);
    if (action === 'TriggerMessage') {
      const known = wanted === 'Heartbeat' || wanted === 'BootNotification';
      if (wanted === 'Heartbeat') this.beat_at = now;
      if (wanted === 'BootNotification') {
        this.accepted = false;
        this.boot_at = now;
      }
      return { type: 'result', id, payload: { status: known ? 'Accepted' : 'NotImplemented' } };
    }
    this.ports.tell('denied', `CPMS's ${action} to the controller itself`, now);
    const description = 'the controller has no such function; address a station';
    return { type: 'error', id, code: 'NotSupported', description };
  }
}
