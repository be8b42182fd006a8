/**
 * How long the measured current has been above its limit, and how much of the breaker's patience is
 * used up: the supervisor's own trip integral on its own reading of the meter. Once it was noticed,
 * nothing is fed before the breaker could stand the same again: with a declared cooling constant
 * after that time, without one when a person says so (INV-10: whoever did it may do it again).
 */
import { advanceTrip, type Curve, TRIP_NOTICED } from '../site';
import { between, type Instant } from '../time';

const FADES_s = 3600;
/** What may be left of an episode when feeding goes on: D < 0.8 holds for the next one, too. */
const RESUMES = 0.1;
/** What a breaker has taken of which only is known that it was too much. */
const UNKNOWN = 0.8;
/** One reading speaks for no longer than this. */
const GAP_MAX_s = 5;

export class ExcessWatch {
  private readonly curve: Curve;
  private readonly limit_A: number;
  private readonly patience_ms: number;
  private readonly integral: [number, number, number] = [0, 0, 0];
  private since: Instant | undefined;
  private last: Instant | undefined;
  private held: boolean;

  /**
   * `patience_ms`: the node's declared reaction time; an excess within it is regulated away.
   * `held`: one was noticed before our start, and nobody has said that it is over.
   */
  constructor(curve: Curve, limit_A: number, patience_ms: number, held = false) {
    this.held = held;
    if (held) this.integral.fill(UNKNOWN);
    this.curve = curve;
    this.limit_A = limit_A;
    this.patience_ms = patience_ms;
  }

  /**
   * Takes one reading, or none while the meter proves nothing; the sentence why it must not go on.
   * Without a reading an excess is not counted on, and nothing cools: unknown is not zero.
   */
  judge(
    current_A: readonly [number, number, number] | undefined,
    now: Instant,
  ): string | undefined {
    const passed_s = this.last === undefined ? 0 : Math.max(0, between(this.last, now) / 1000);
    this.last = now;
    if (current_A !== undefined) this.heat(current_A, passed_s);
    const worst_A = Math.max(...(current_A ?? [0]));
    if (worst_A <= this.limit_A) this.since = undefined;
    else this.since ??= now;
    const d = Math.max(...this.integral);
    const { cooling_s } = this.curve;
    if (d > TRIP_NOTICED) this.held = true;
    else if (cooling_s !== undefined && d <= RESUMES) this.held = false;
    if (this.held) {
      const at = current_A === undefined ? '' : ` at ${worst_A.toFixed(0)} A`;
      return `trip integral ${d.toFixed(2)}${at}: ${until(d, cooling_s)}`;
    }
    if (this.since === undefined) return undefined;
    const lasted_ms = between(this.since, now);
    if (lasted_ms <= this.patience_ms) return undefined;
    const s = (lasted_ms / 1000).toFixed(0);
    return `${worst_A.toFixed(0)} A above the limit ${this.limit_A} A for ${s} s`;
  }

  /** An excess was noticed and is not over; a restart must not forget it. */
  get noticed(): boolean {
    return this.held;
  }

  /** An excess was noticed, and only a person can say that it is over. */
  get needsPerson(): boolean {
    return this.held && this.curve.cooling_s === undefined;
  }

  /**
   * A person says that the cause is gone and the breaker has cooled. Where its cooling is declared
   * nobody needs to say so, and a release of the latch says nothing about it.
   */
  release(): void {
    if (!this.needsPerson) return;
    this.held = false;
    this.integral.fill(0);
  }

  private heat(current_A: readonly [number, number, number], passed_s: number): void {
    current_A.forEach((a, i) => {
      const phase: 0 | 1 | 2 = i === 0 ? 0 : i === 1 ? 1 : 2;
      // Without a declared cooling constant the memory of an episode fades over an hour.
      const below = a <= this.curve.rating_A && this.curve.cooling_s === undefined;
      const faded = this.integral[phase] * (below ? Math.exp(-passed_s / FADES_s) : 1);
      this.integral[phase] = advanceTrip(this.curve, faded, a, Math.min(GAP_MAX_s, passed_s));
    });
  }
}

/** What ends it, for people. */
function until(d: number, cooling_s: number | undefined): string {
  if (cooling_s === undefined) return 'find the cause, then: holdfast mode release';
  const minutes = Math.ceil((cooling_s * Math.log(d / RESUMES)) / 60);
  return `the breaker must cool, ${Math.max(1, minutes)} min more below its rating`;
}
