import type { LeaseBatch, StationImage, StationLease } from '../model';
import { later } from '../time';
import type { Instant } from '../time';
import { amps } from '../units';
import { CallQueue } from './calls';
import type { OutgoingCall, SentCall } from './calls';
import type { FleetEventCode, StationConfig, StationLink } from './config';
import type { Dialect, Request } from './dialect';
import type { CallFrame, ErrorFrame, Frame, JsonObject, ResultFrame } from './frame';
import { LeaseHold, leaseRefusal, leaseTerms, MAX_SKEW_MS } from './leaseHold';
import type { LeaseWrite } from './leaseHold';
import { StationObservation } from './observation';
import type { SessionContext } from './sessionContext';
import { StationFloor } from './stationFloor';
import type { FloorPurpose } from './stationFloor';

/** A lease not on the wire by then is dropped; the next decision brings a new one. */
const LEASE_SEND_MS = 2_000;
/** Unanswered calls in a row after which the socket is given up. */
const MAX_TIMEOUTS = 3;
/** Unusable messages in one connection after which it is closed. */
const MAX_BAD_FRAMES = 50;

type Purpose =
  | FloorPurpose
  | { readonly kind: 'lease'; readonly write: LeaseWrite }
  | { readonly kind: 'clear' }
  | { readonly kind: 'other' };

/** One station: its link, its floor, its lease, its picture. */
export class StationSession {
  private readonly calls = new CallQueue<Purpose>();
  private readonly seen = new StationObservation();
  private readonly hold = new LeaseHold();
  private link: StationLink | undefined;
  private readonly floor: StationFloor;
  private readonly configured: StationConfig;
  private lastSeen_at: Instant;
  private timeouts = 0;
  private badFrames = 0;
  private cached: StationImage | undefined;
  private news = true;
  private readonly context: SessionContext;
  private readonly dialect: Dialect;

  constructor(station: StationConfig, dialect: Dialect, context: SessionContext, now: Instant) {
    this.configured = station;
    this.dialect = dialect;
    this.context = context;
    this.lastSeen_at = now;
    this.floor = new StationFloor(station, dialect, context, {
      ask: (request, purpose, priority, at) => this.ask(request, purpose, priority, at),
      cleared: () => this.hold.cleared(),
      leasePossible: (at) => this.hold.possible(at),
      changed: () => this.dirty(),
    });
  }

  /** The configuration as corrected by what the station reported of itself. */
  private get station(): StationConfig {
    return this.floor.station;
  }

  get linked(): StationLink | undefined {
    return this.link;
  }

  get ttl_ms(): number {
    return this.configured.ttl_ms;
  }

  open(link: StationLink, now: Instant): void {
    this.link?.close(1000, 'replaced by a newer connection');
    this.reset();
    this.link = link;
    this.timeouts = 0;
    this.badFrames = 0;
    this.floor.connected(now);
    this.touch(now);
    this.tell('connected', 'station connected', now);
  }

  shut(now: Instant): void {
    if (this.link === undefined) return;
    this.link = undefined;
    this.reset();
    this.tell('disconnected', 'station disconnected', now);
  }

  /** What was proved on the old socket proves nothing on the next one. */
  private reset(): void {
    this.calls.clear();
    this.seen.forgetClock();
    this.floor.disconnected();
    this.dirty();
  }

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
    this.link?.send({
      type: 'error',
      id: id ?? '-1',
      code: 'FormationViolation',
      description: `unusable message: ${reason}`,
    });
  }

  private receiveCall(call: CallFrame, now: Instant): void {
    const { config } = this.context;
    const wall_ms = config.wall_ms(now);
    const answer = this.dialect.answer(call, {
      wall_ms,
      authorise: (idTag) => config.authorise(this.station.id, idTag),
      newTransaction: () => this.context.newTransaction(),
    });
    const link = this.link;
    if (!answer.ok) {
      link?.send({
        type: 'error',
        id: call.id,
        code: answer.code,
        description: answer.description,
      });
      return;
    }
    for (const one of this.dialect.observe(call)) this.observe(one, now, wall_ms);
    for (const one of answer.seen ?? []) this.observe(one, now, wall_ms);
    link?.send({ type: 'result', id: call.id, payload: answer.payload });
    if (call.action === 'BootNotification') this.booted(now);
  }

  private observe(
    one: Parameters<StationObservation['take']>[0],
    now: Instant,
    wall: number,
  ): void {
    this.seen.take(one, now, wall, this.station.connectors);
    if (one.kind !== 'clock') this.news = true;
  }

  /** A reboot may have lost the floor, and what was asked before it will not be answered. */
  private booted(now: Instant): void {
    this.tell('booted', 'station booted', now);
    this.calls.clear();
    this.dirty();
    this.floor.begin(now);
  }

  private receiveReply(reply: ResultFrame | ErrorFrame, now: Instant): void {
    const call = this.calls.answered(reply.id);
    if (call === undefined) return;
    this.timeouts = 0;
    this.settle(call, reply.type === 'result' ? reply.payload : undefined, now);
    this.pump(now);
  }

  /** The outcome of one call; `payload` is absent for an error or no answer. */
  private settle(call: SentCall<Purpose>, payload: JsonObject | undefined, now: Instant): void {
    const { purpose } = call;
    const accepted = payload !== undefined && this.dialect.accepted(payload);
    switch (purpose.kind) {
      case 'floor-step':
      case 'floor-recheck':
        this.floor.reply(purpose, payload, accepted, now);
        return;
      case 'lease':
        this.leaseReply(purpose.write, accepted, now);
        return;
      case 'clear':
        // ClearChargingProfile: "Unknown" says that there is none, as good as cleared.
        if (accepted || (payload && call.request.action === 'ClearChargingProfile')) {
          this.hold.cleared();
        }
        this.dirty();
        return;
      case 'other':
        return;
    }
  }

  private leaseReply(write: LeaseWrite, accepted: boolean, now: Instant): void {
    if (accepted) {
      this.hold.acknowledged(write, now);
      this.context.counts.leasesAcknowledged += 1;
    } else {
      this.context.counts.leasesRejected += 1;
      this.tell(
        'lease-rejected',
        `station refused ${write.limit_A} A`,
        now,
        'run the commissioning self-test: unit, stack levels or smart charging may be off',
      );
    }
    this.dirty();
  }

  // --- leases ------------------------------------------------------------------------------

  /** One station's part of a decision. The only way by which a lease profile is ever written. */
  lease(lease: StationLease, batch: LeaseBatch, now: Instant): void {
    if (lease.action === 'keep') return;
    const { station } = this;
    if (lease.action === 'clear' || lease.limit_A === station.floor_A) {
      if (this.hold.possible(now)) this.clearLease(now);
      return;
    }
    const clockError_ms = this.seen.clockError_ms() ?? 0;
    const held = this.hold.inForce(now);
    const refusal = leaseRefusal(station, lease, {
      connected: this.link !== undefined,
      floorVerified: this.floor.verified,
      clockError_ms,
      mayRenew: this.hold.mayRenew(station, now),
      ...(held !== undefined && { heldLimit_A: held.limit_A }),
    });
    if (refusal !== undefined) {
      this.context.counts.leasesRefused += 1;
      this.tell('lease-refused', `lease of ${lease.limit_A} A not written: ${refusal}`, now);
      if (refusal === 'clock-skew') this.askClock(clockError_ms, now);
      return;
    }
    const limit_A = amps(Math.min(lease.limit_A, station.max_A));
    const ttl_ms = Math.min(lease.ttl_ms, station.ttl_ms);
    const decided = this.context.config.wall_ms(batch.decided_at);
    const terms = leaseTerms(limit_A, ttl_ms, decided, clockError_ms);
    const write = { limit_A, cycle: batch.cycle, ends_at: later(batch.decided_at, ttl_ms) };
    this.ask(
      this.dialect.lease(station, terms, this.context.nominal_V),
      { kind: 'lease', write },
      'safety',
      now,
      'lease',
      later(batch.decided_at, LEASE_SEND_MS),
    );
  }

  clearLease(now: Instant): void {
    const request = this.dialect.clearLease(this.station, this.context.nominal_V);
    this.ask(request, { kind: 'clear' }, 'safety', now, 'lease');
  }

  leasePossible(now: Instant): boolean {
    return this.hold.possible(now);
  }

  private askClock(error_ms: number, now: Instant): void {
    this.tell(
      'clock-skew',
      `station clock is ${Math.round(error_ms / 1000)} s off (allowed ${MAX_SKEW_MS / 1000} s)`,
      now,
      'the station must take its time from this controller; check its time source',
    );
    this.seen.forgetClock();
    this.ask(this.dialect.askClock(), { kind: 'other' }, 'normal', now, 'clock');
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
    const call = { request, purpose, priority, sendBy, ...(key !== undefined && { key }) };
    const dropped = this.calls.add(call);
    if (dropped.length > 0) this.tell('queue-full', 'too many calls wait for the station', now);
    this.pump(now);
  }

  private pump(now: Instant): void {
    const { link } = this;
    if (link === undefined) return;
    for (;;) {
      const call = this.calls.next(() => this.context.newId(), now);
      if (call === undefined) return;
      const frame: CallFrame = { type: 'call', id: call.id, ...call.request };
      const verdict = this.context.config.guard?.(this.station, frame, now);
      if (verdict === undefined || verdict.allowed) {
        if (call.purpose.kind === 'lease') this.hold.sent(call.purpose.write, now);
        link.send(frame);
        return;
      }
      this.tell('denied', `own ${frame.action} denied: ${verdict.reason}`, now);
      this.calls.answered(call.id);
      this.settle(call, undefined, now);
    }
  }

  // --- time --------------------------------------------------------------------------------

  tick(now: Instant): void {
    if (this.link === undefined) return;
    const late = this.calls.overdue(now);
    if (late !== undefined) this.timedOut(late, now);
    this.floor.tick(now);
    this.pump(now);
  }

  private timedOut(call: SentCall<Purpose>, now: Instant): void {
    this.context.counts.callsTimedOut += 1;
    this.timeouts += 1;
    this.tell('call-timeout', `no answer to ${call.request.action}`, now);
    this.settle(call, undefined, now);
    if (this.timeouts >= MAX_TIMEOUTS) this.link?.close(1008, 'station does not answer');
  }

  // --- picture -----------------------------------------------------------------------------

  image(now: Instant): StationImage {
    this.news = false;
    const lease = this.hold.inForce(now);
    if (this.cached !== undefined && this.cached.lease === lease) return this.cached;
    this.cached = {
      station: this.station.id,
      connected: this.link !== undefined,
      floorVerified: this.link !== undefined && this.floor.verified,
      ...this.seen.picture(),
      ...(lease !== undefined && { lease }),
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

  private tell(code: FleetEventCode, text: string, now: Instant, hint?: string): void {
    this.context.event(this.station.id, code, text, now, hint);
  }
}
