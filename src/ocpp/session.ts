import { modelOf, stricter, type StationModel } from './abilityBook';
import type { SelfTestOptions } from './selfTestScript';
import { StationSelfTest, type SelfTestSession } from './stationSelfTest';
import type { LeaseBatch, StationImage, StationLease as LeaseOrder } from '../model';
import type { Instant } from '../time';
import { amps } from '../units';
import type { Parsed } from './codec';
import type { FleetEventCode, OcppProtocol, StationConfig, StationLink } from './config';
import type { Dialect, Request } from './dialect';
import { dialectOf } from './dialects';
import type { CallFrame, ErrorFrame, Frame, JsonObject, ResultFrame } from './frame';
import type { LimitFacts } from './limitNotice';
import type { Measured, Observation } from './observation';
import type { StationRelay } from './relay';
import { relayOf } from './relayBinding';
import { ReplayCache } from './replayCache';
import type { SessionContext } from './sessionContext';
import { answerable, errorFrame, formationCode } from './replies';
import { StationCalls, type RelayPurpose } from './stationCalls';
import { StationFloor, type FloorPurpose } from './stationFloor';
import { StationLease, type LeasePurpose } from './stationLease';
import { StationSight } from './stationSight';

/** Unusable messages in one connection after which it is closed. */
const MAX_BAD_FRAMES = 50;

type Reply = ResultFrame | ErrorFrame;
/** One station: its link, its floor, its lease, its picture. */
export class StationSession {
  readonly sight: StationSight;
  readonly context: SessionContext;
  readonly relay: StationRelay | undefined;
  /** Once one was started. */
  selfTest: StationSelfTest | undefined;
  protocol: OcppProtocol = 'ocpp1.6';
  booted = false;
  /** Its boot was answered `Pending`. */
  pending = false;
  private readonly calls: StationCalls;
  private readonly floor: StationFloor;
  private readonly leases: StationLease;
  private readonly replays = new ReplayCache();
  private link: StationLink | undefined;
  private lastSeen_at: Instant;
  private badFrames = 0;
  private cached: StationImage | undefined;
  private news = true;
  readonly configured: StationConfig;

  constructor(station: StationConfig, context: SessionContext, now: Instant) {
    this.configured = station;
    this.context = context;
    this.lastSeen_at = now;
    this.calls = new StationCalls({
      context,
      station: () => this.station,
      protocol: () => this.protocol,
      link: () => this.link,
      settle: (purpose, action, payload, at) => this.settle(purpose, action, payload, at),
      sending: (purpose, at) => {
        if (purpose.kind === 'lease') this.leases.hold.sent(purpose.write, at);
      },
      tell: (code, text, at) => this.tell(code, text, at),
    });
    this.floor = new StationFloor(stricter(station, context.book.found(station.id)), context, {
      dialect: () => this.dialect,
      ask: (request, purpose, priority, at) => this.calls.ask(request, purpose, priority, at),
      cleared: () => this.leases.hold.cleared(),
      leasePossible: (at) => this.leases.hold.possible(at),
      changed: () => this.dirty(),
      proved: (at) => this.sight.askUnheard(at),
    });
    this.leases = new StationLease(context, {
      station: () => this.station,
      dialect: () => this.dialect,
      connected: () => this.link !== undefined,
      floorVerified: () => this.floor.verified,
      ceiling_A: () => this.floor.ceiling_A,
      clockError_ms: () => this.sight.seen.clockError_ms() ?? 0,
      forgetClock: () => this.sight.seen.forgetClock(),
      ask: (request, purpose, priority, at, key, sendBy) =>
        this.calls.ask(request, purpose, priority, at, key, sendBy),
      withdraw: (key) => this.calls.withdraw(key),
      tell: (code, text, at, hint) => this.tell(code, text, at, hint),
      changed: () => this.dirty(),
    });
    this.sight = new StationSight(context, this);
    this.relay = relayOf(this, now);
  }

  /** The configuration as corrected by what the station reported of itself. */
  get station(): StationConfig {
    return this.floor.station;
  }

  get dialect(): Dialect {
    return dialectOf(this.protocol);
  }

  get floorVerified(): boolean {
    return this.link !== undefined && this.floor.verified;
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
    this.pending = false;
    this.calls.opened();
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
    this.calls.forget(now);
    this.sight.reset();
    this.floor.disconnected();
    this.leases.forget();
    this.dirty();
  }

  // --- messages of the station -------------------------------------------------------------

  receive(frame: Frame, now: Instant): void {
    this.touch(now);
    if (frame.type === 'call') this.receiveCall(frame, now);
    else this.calls.receive(frame, now);
  }

  /** A message that is no OCPP frame; answered where it may be. */
  receiveBad(bad: Exclude<Parsed, { readonly ok: true }>, now: Instant): void {
    const { reason, id, messageType } = bad;
    this.badFrames += 1;
    this.context.counts.badFrames += 1;
    this.tell('bad-frame', `unusable message: ${reason}`, now);
    if (this.badFrames > MAX_BAD_FRAMES) {
      this.link?.close(1008, 'too many unusable messages');
      return;
    }
    if (!answerable(this.protocol, messageType)) return;
    this.link?.send(errorFrame(id ?? '-1', formationCode(this.protocol), `unusable: ${reason}`));
  }

  private receiveCall(call: CallFrame, now: Instant): void {
    const before = this.replays.find(call);
    if (before !== undefined) {
      this.link?.send(before);
      return;
    }
    if (call.action === 'BootNotification') {
      this.replays.clear();
      this.identified(modelOf(call.payload));
    }
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
    this.pending = reply.payload['status'] === 'Pending';
    if (accepted) this.afterBoot(now);
  }

  observe(seen: readonly Observation[], now: Instant): void {
    if (this.sight.take(seen, now)) this.news = true;
  }

  /** The limit the station itself has confirmed; undefined while nothing is certain. */
  acknowledgedLimit_A(now: Instant): number | undefined {
    if (!this.floor.verified) return undefined;
    const lease = this.leases.hold.inForce(now);
    if (lease !== undefined) return lease.limit_A;
    return this.leases.hold.possible(now) ? undefined : this.station.floor_A;
  }

  measured(reading: Measured): void {
    this.selfTest?.read(reading);
  }

  ended(connector: number | undefined): void {
    this.relay?.intents.endTransaction(connector);
  }

  /** Asks the station for something that nothing waits for. */
  enquire(request: Request, now: Instant): void {
    this.calls.ask(request, { kind: 'other' }, 'normal', now);
  }

  /** Another model, or another firmware, may be able to do other things. */
  private identified(model: StationModel | undefined): void {
    if (model && this.context.book.seen(this.configured.id, model)) this.reconfigure();
  }

  private reconfigure(): void {
    this.floor.configure(stricter(this.configured, this.context.book.found(this.configured.id)));
  }

  /** A reboot may have lost the floor, and what was asked before it will not be answered. */
  private afterBoot(now: Instant): void {
    this.selfTest?.booted(now);
    this.tell('booted', 'station booted', now);
    this.calls.forget(now);
    this.dirty();
    this.floor.rebooted(now);
  }

  /** The outcome of a call of our own; `payload` is absent for an error or no answer. */
  private settle(
    purpose: FloorPurpose | LeasePurpose,
    action: string,
    payload: JsonObject | undefined,
    now: Instant,
  ): void {
    const accepted = payload !== undefined && this.dialect.accepted(payload);
    switch (purpose.kind) {
      case 'floor-step':
      case 'floor-recheck':
      case 'connector-cap':
        this.floor.reply(purpose, payload, accepted, now);
        return;
      case 'lease':
      case 'clear':
        this.leases.reply(purpose, action, accepted, payload !== undefined, now);
        return;
      case 'self-test':
        this.selfTest?.answered(payload, now);
        return;
      case 'other':
        return;
    }
  }

  lease(lease: LeaseOrder, batch: LeaseBatch, now: Instant): void {
    if (lease.action !== 'keep' && this.selfTest?.holdsBack(lease.limit_A, now) === true) return;
    this.leases.order(lease, batch, now);
  }

  /** Starts a self-test of this station; the result says why not. */
  startSelfTest(options: SelfTestOptions, now: Instant): string | undefined {
    // Made when it is first wanted: thousands of stations are never tested.
    this.selfTest ??= new StationSelfTest(this.testedStation(), now);
    return this.selfTest.start(options, now);
  }

  private testedStation(): SelfTestSession {
    const { context, configured } = this;
    return {
      nominal_V: context.nominal_V,
      station: () => this.station,
      dialect: () => this.dialect,
      connected: () => this.link !== undefined,
      floorVerified: () => this.floor.verified,
      heldDown: (at) => {
        const lease = this.leases.hold.inForce(at);
        return lease !== undefined && lease.limit_A < this.station.floor_A;
      },
      modelKnown: () => context.book.modelOf(configured.id) !== undefined,
      stationWall_ms: (at) => context.config.wall_ms(at) + (this.sight.seen.clockError_ms() ?? 0),
      measured: () => this.sight.measured(),
      ask: (request, at) => this.calls.ask(request, { kind: 'self-test' }, 'normal', at),
      toFloor: (at) => this.floor.begin(at),
      keep: (found) => {
        context.book.put(configured.id, found);
        this.reconfigure();
      },
      tell: (code, text, at) => this.tell(code, text, at),
    };
  }

  /** Its certificate does not prove it any more: it charges on, at its safe static limit. */
  holdAtFloor(held: boolean, now: Instant): void {
    this.leases.heldAtFloor = held;
    if (held) this.leases.revoke(now);
  }

  clearLease(now: Instant): void {
    this.leases.clear(now);
  }

  leasePossible(now: Instant): boolean {
    return this.leases.hold.possible(now);
  }

  limitFacts(now: Instant): LimitFacts {
    const wall_ms = this.context.config.wall_ms(now);
    return {
      station: this.station,
      ems_A: this.acknowledgedLimit_A(now),
      cpms_A: this.relay?.intents.requested_A(wall_ms) ?? this.station.max_A,
      nominal_V: this.context.nominal_V,
    };
  }

  /** The CPMS cleared profiles among which ours may have been. */
  recap(now: Instant): void {
    this.floor.recap(now);
  }

  /** Sends a call of the CPMS, or one made from it, behind our own. */
  askRelayed(call: CallFrame, now: Instant, done: RelayPurpose['done']): void {
    this.calls.askRelayed(call, now, done);
  }

  tick(now: Instant): void {
    this.relay?.tick(now);
    this.selfTest?.tick(now);
    if (this.link === undefined) return;
    this.calls.tick(now);
    this.sight.tellLimit(now);
    this.floor.tick(now);
    this.calls.pump(now);
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
      floorVerified: this.floorVerified,
      ...this.sight.seen.picture(),
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
