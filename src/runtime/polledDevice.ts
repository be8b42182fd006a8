import {
  type Cadence,
  checkIdentity,
  type DeviceProfile,
  type PlannedRead,
  type RegisterBlock,
  type RegisterImage,
} from '../device';
import type { Bus, BusPriority, BusResult } from '../modbus';
import type { Measurement } from '../model';
import { type Instant, later } from '../time';
import { pollPlan, type Wire } from './pollPlan';
import { phasesRead } from './profiles';

/** How often the cadences of a profile are polled; `cycle` follows the site file. */
export interface PollPeriods {
  readonly cycle_ms: number;
  readonly slow_ms: number;
  readonly priority: BusPriority;
  /** The line it hangs on; absent: Modbus TCP. */
  readonly wire?: Wire;
}

/** The raw reply with which the newest reading came, for the supervisor's own decoder. */
export interface RawReply {
  readonly at: Instant;
  readonly frame: Uint8Array;
  readonly read: PlannedRead;
}

interface PlanState {
  readonly read: PlannedRead;
  next_at: number;
  block?: RegisterBlock;
  waiting: boolean;
  /** Read since the port was last lost. */
  fresh: boolean;
  /** Newest raw reply. */
  reply?: RawReply;
  /** Answers in a row that brought the same words. */
  identical: number;
}

/**
 * A reading counts as frozen when for so long, and so many polls, it was the same registers. A
 * `heartbeat` of a profile advances each second (SunSpec model 802, Hb); a slower counter is none.
 */
const FROZEN_ms = 3000;
const FROZEN_POLLS = 3;
/** A battery without a counter of its own may say the same for as long as its charge takes a step. */
const FROZEN_POLLS_STEADY = 45;
/** Without an answer for so long, and a poll that failed twice or lost its port: gone. */
const MISSED_ms = 900;
/** A poll that failed once is repeated within so long; a single lost answer is no alarm. */
const REPEATED_ms = 400;
/** A device is "silent" for alarms after this, ms. */
const SILENT_ms = 2500;

/**
 * One device on one bus: keeps its registers up to date. It never writes; it never invents a value:
 * an image is given out only with the instant at which its oldest cyclic part was asked for.
 */
export class PolledDevice {
  readonly id: string;
  readonly profile: DeviceProfile;
  private readonly bus: Bus;
  private readonly periods: PollPeriods;
  private readonly plan: PlanState[];
  private asked_at: Instant | undefined;
  private known: RegisterImage | undefined;
  private reading:
    | { readonly image: RegisterImage; readonly decode: unknown; readonly value: unknown }
    | undefined;
  private reply: RawReply | undefined;
  private readonly phases: PlanState | undefined;
  private openings = 0;
  private failure = 'not polled yet';
  private wrongIdentity: readonly string[] | undefined;

  constructor(id: string, profile: DeviceProfile, bus: Bus, periods: PollPeriods, start: Instant) {
    this.id = id;
    this.profile = profile;
    this.bus = bus;
    this.periods = periods;
    this.plan = pollPlan(profile, periods.wire).map((read) => ({
      read,
      next_at: start,
      waiting: false,
      fresh: false,
      identical: 0,
    }));
    const phases = phasesRead(profile);
    this.phases = this.plan.find((p) => p.read === phases);
  }

  /** Submits the reads that are due. Called a few times a second. */
  poll(now: Instant): void {
    if (this.openings !== this.bus.openings) {
      // Also a loss so short that no request met it.
      this.openings = this.bus.openings;
      this.identifyAgain(now);
    }
    for (const item of this.plan) {
      if (item.waiting || now < item.next_at) continue;
      item.waiting = true;
      const period_ms = this.period(item.read.every);
      item.next_at = now + period_ms - (now - Math.max(item.next_at, now - period_ms / 2));
      this.bus.submit({
        device: this.id,
        request: item.read.request,
        priority: item.read.every === 'cycle' ? this.periods.priority : 4,
        deadline: later(now, Math.max(1000, Math.min(period_ms * 2, 5000))),
        onDone: (result, at) => this.done(item, result, at),
      });
    }
  }

  private period(every: Cadence): number {
    if (every === 'cycle') return this.periods.cycle_ms;
    return every === 'slow' ? this.periods.slow_ms : 60_000;
  }

  private done(item: PlanState, result: BusResult, now: Instant): void {
    item.waiting = false;
    if (!result.ok) {
      this.failure = result.text;
      // Whoever answers after a lost port or a long silence may be another device: look again
      // before any write.
      if (result.reason === 'disconnected' || result.reason === 'backoff') this.identifyAgain(now);
      if (item.read.every !== 'cycle') item.next_at = Math.min(item.next_at, now + 2000);
      return;
    }
    const { table, address } = item.read.request;
    const before = item.block?.values;
    item.block = { table, address, values: result.registers };
    this.known = undefined;
    if (item.read.every === 'once') {
      item.fresh = true;
      this.identify();
    }
    item.reply = { at: result.sent_at, frame: result.frame, read: item.read };
    if (item.read.every !== 'cycle') return;
    item.identical = sameWords(before, result.registers) ? item.identical + 1 : 0;
    this.asked_at = result.sent_at;
    this.reply = item.reply;
  }

  private identifyAgain(now: Instant): void {
    for (const item of this.plan) {
      if (item.read.every !== 'once') continue;
      item.fresh = false;
      item.next_at = Math.min(item.next_at, now);
    }
  }

  /** The device has shown who it is since the port was last opened; only then it is written to. */
  mayWrite(): boolean {
    if (this.openings !== this.bus.openings) return false;
    const known = this.plan.every((p) => p.read.every !== 'once' || p.fresh);
    return known && this.complete() && this.wrongIdentity === undefined;
  }

  private identify(): void {
    const verdict = checkIdentity(this.profile, this.image());
    this.wrongIdentity = verdict.ok ? undefined : verdict.why;
  }

  /** All registers known now. */
  image(): RegisterImage {
    this.known ??= this.plan.flatMap((p) => (p.block === undefined ? [] : [p.block]));
    return this.known;
  }

  /** The newest registers as a reading; the work is done once for each answer. */
  decoded<T>(
    decode: (profile: DeviceProfile, image: RegisterImage, at: Instant) => Measurement<T>,
    at: Instant,
  ): Measurement<T> {
    const image = this.image();
    if (this.reading?.image === image && this.reading.decode === decode) {
      return this.reading.value as Measurement<T>;
    }
    const value = decode(this.profile, image, at);
    this.reading = { image, decode, value };
    return value;
  }

  /** Every block of the plan has been read at least once. */
  complete(): boolean {
    return this.plan.every((p) => p.block !== undefined);
  }

  /** When the newest cyclic values were asked for; absent before the first answer. */
  lastAsked_at(): Instant | undefined {
    return this.asked_at;
  }

  /** Newest raw reply of the read that the supervisor decodes; of any cyclic one without it. */
  raw(): RawReply | undefined {
    return this.phases === undefined ? this.reply : this.phases.reply;
  }

  /** Newest raw reply of the read that brings one point of the profile, whatever its cadence. */
  rawWith(point: string): RawReply | undefined {
    const wanted = this.profile.points.get(point);
    if (wanted === undefined) return undefined;
    return this.plan.find(({ read: { request: r } }) => {
      const inside = wanted.address >= r.address && wanted.address < r.address + r.count;
      return inside && r.table === wanted.table;
    })?.reply;
  }

  /** Registers have not changed for so many polls that they cannot be live. */
  frozen(): boolean {
    const cyclic = this.plan.filter((p) => p.read.every === 'cycle');
    const steady = this.profile.nature === 'Bess' && !this.profile.points.has('heartbeat');
    const live = Math.max(FROZEN_POLLS, Math.ceil(FROZEN_ms / this.periods.cycle_ms));
    const polls = steady ? FROZEN_POLLS_STEADY : live;
    return cyclic.length > 0 && cyclic.every((p) => p.identical >= polls);
  }

  silent(now: Instant): boolean {
    return this.asked_at === undefined || now - this.asked_at > SILENT_ms;
  }

  /** It answered until now and does not any more; values may still be young enough to be used. */
  gone(now: Instant): boolean {
    if (this.asked_at === undefined) return false;
    const health = this.bus.health(this.id);
    const asking_ms = health === 'suspect' ? this.periods.cycle_ms + REPEATED_ms : 0;
    return health !== 'alive' && now - this.asked_at > Math.max(MISSED_ms, asking_ms);
  }

  /** Why the last failed read failed, in words. */
  lastFailure(): string {
    return this.failure;
  }

  /** What contradicts the declared identity; absent while nothing does. */
  identityConflict(): readonly string[] | undefined {
    return this.wrongIdentity;
  }
}

function sameWords(a: ArrayLike<number> | undefined, b: readonly number[]): boolean {
  if (a?.length !== b.length) return false;
  for (let i = 0; i < b.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
