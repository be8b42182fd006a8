import type { Instant } from '../../time';
import { later } from '../../time';
import { between } from './random';
import type { Random } from './random';
import type { SimVehicle } from './types';

/** IEC 61851-1: no pilot below 6 A; a lower limit means "pause". */
export const PILOT_MIN_A = 6;
/** Changes on their way through station and vehicle; more than this are merged into the last. */
const MAX_PENDING = 16;
/** The taper is a straight line drawn in steps of this length. */
const TAPER_STEP_MS = 10_000;

interface Step {
  at: Instant;
  current_A: number;
}

/**
 * What one connector really draws: the vehicle follows the pilot after its reaction time, and
 * stops when it has what it needs. Between two steps the current is constant, so asking is cheap.
 */
export class ConnectorDraw {
  private vehicle: SimVehicle | undefined;
  private current_A = 0;
  private pilot_A = 0;
  private steps: Step[] = [];
  private since: Instant;
  private taken_Wh = 0;
  private meter_Wh = 0;
  private lastStep_at: Instant;
  private readonly kind: 'ac' | 'dc';
  private readonly random: Random;
  private readonly volts: number;

  constructor(kind: 'ac' | 'dc', random: Random, volts: number, now: Instant) {
    this.kind = kind;
    this.random = random;
    this.volts = volts;
    this.since = now;
    this.lastStep_at = now;
  }

  get plugged(): SimVehicle | undefined {
    return this.vehicle;
  }

  /** The vehicle has all it wants. */
  get full(): boolean {
    return this.vehicle !== undefined && this.taken_Wh >= this.vehicle.need_Wh;
  }

  plug(vehicle: SimVehicle, now: Instant): void {
    this.advance(now);
    this.vehicle = vehicle;
    this.taken_Wh = 0;
    this.steps = [];
    this.aim(now, this.reaction_ms());
  }

  /** Contacts open at once. */
  unplug(now: Instant): void {
    this.advance(now);
    this.vehicle = undefined;
    this.steps = [];
    this.current_A = 0;
  }

  /** The pilot now offers this much; the vehicle follows later. */
  offer(pilot_A: number, now: Instant): void {
    if (pilot_A === this.pilot_A) return;
    this.advance(now);
    this.pilot_A = pilot_A;
    if (this.vehicle !== undefined) this.aim(now, this.reaction_ms());
  }

  /** The supply itself is gone (contactor): no vehicle reaction in between. */
  interrupt(now: Instant): void {
    this.advance(now);
    this.steps = [];
    this.current_A = 0;
    this.pilot_A = 0;
  }

  private reaction_ms(): number {
    const own = this.vehicle?.reaction_ms;
    if (own !== undefined) return own;
    return this.kind === 'ac' ? between(this.random, 200, 5_000) : between(this.random, 300, 2_000);
  }

  private aim(now: Instant, delay_ms: number): void {
    let at = later(now, delay_ms);
    // A vehicle does not overtake itself: a later pilot never acts before an earlier one.
    if (this.steps.length > 0 && at < this.lastStep_at) at = this.lastStep_at;
    if (this.steps.length >= MAX_PENDING) this.steps.pop();
    this.steps.push({ at, current_A: this.wanted() });
    this.lastStep_at = at;
  }

  private wanted(): number {
    const { vehicle } = this;
    if (vehicle === undefined || this.full) return 0;
    if (this.kind === 'ac' && this.pilot_A < PILOT_MIN_A) return 0;
    return Math.min(this.pilot_A, this.most(vehicle));
  }

  private most(vehicle: SimVehicle): number {
    const { taperFrom } = vehicle;
    if (taperFrom === undefined) return vehicle.max_A;
    const share = this.taken_Wh / vehicle.need_Wh;
    if (share <= taperFrom) return vehicle.max_A;
    return vehicle.max_A * Math.max(0.1, 1 - (0.9 * (share - taperFrom)) / (1 - taperFrom));
  }

  /** Instant until which `current` stays as it is. */
  next_at(): Instant {
    const [step] = this.steps;
    let next = step?.at ?? later(this.since, 1e12);
    const { vehicle } = this;
    if (vehicle !== undefined && this.current_A > 0) {
      const left_Wh = vehicle.need_Wh - this.taken_Wh;
      const full = later(this.since, Math.max(1, (left_Wh / this.power_W()) * 3_600_000));
      if (full < next) next = full;
      if (this.tapering(vehicle)) {
        const redraw = later(this.since, TAPER_STEP_MS);
        if (redraw < next) next = redraw;
      }
    }
    return next;
  }

  private tapering(vehicle: SimVehicle): boolean {
    return vehicle.taperFrom !== undefined && this.taken_Wh >= vehicle.need_Wh * vehicle.taperFrom;
  }

  private power_W(): number {
    return this.current_A * this.volts * (this.vehicle?.phases ?? 0);
  }

  /** Current per active phase at `now`. */
  current(now: Instant): number {
    this.advance(now);
    return this.current_A;
  }

  energy_Wh(now: Instant): number {
    this.advance(now);
    return this.meter_Wh;
  }

  /** Moves through all steps up to `now`, counting energy. */
  private advance(now: Instant): void {
    while (this.since < now) {
      const next = this.next_at();
      const to = next < now ? next : now;
      this.count(to);
      const [step] = this.steps;
      if (step !== undefined && step.at <= to) {
        this.steps.shift();
        this.current_A = step.current_A;
      }
      this.settle();
    }
  }

  private count(to: Instant): void {
    const energy_Wh = (this.power_W() * (to - this.since)) / 3_600_000;
    this.taken_Wh += energy_Wh;
    this.meter_Wh += energy_Wh;
    this.since = to;
  }

  /** Full or tapering vehicles reduce by themselves, without reaction time. */
  private settle(): void {
    const { vehicle } = this;
    if (vehicle === undefined || this.current_A === 0) return;
    if (vehicle.need_Wh - this.taken_Wh < 1e-6) {
      this.taken_Wh = vehicle.need_Wh;
      this.current_A = 0;
    } else if (this.tapering(vehicle)) {
      this.current_A = Math.min(this.current_A, this.most(vehicle));
    }
  }
}
