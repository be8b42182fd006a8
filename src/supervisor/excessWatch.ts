/**
 * How long the measured current has been above its limit, and how much of the breaker's patience is
 * used up: the supervisor's own trip integral on its own reading of the meter.
 */
import { advanceTrip, type Curve, TRIP_NOTICED } from '../site';
import { between, type Instant } from '../time';

const FADES_s = 3600;
/** One reading speaks for no longer than this. */
const GAP_MAX_s = 5;

export class ExcessWatch {
  private readonly curve: Curve;
  private readonly limit_A: number;
  private readonly patience_ms: number;
  private readonly integral: [number, number, number] = [0, 0, 0];
  private since: Instant | undefined;
  private last: Instant | undefined;

  /** `patience_ms`: the node's declared reaction time; an excess within it is regulated away. */
  constructor(curve: Curve, limit_A: number, patience_ms: number) {
    this.curve = curve;
    this.limit_A = limit_A;
    this.patience_ms = patience_ms;
  }

  /**
   * Takes one reading, or none while the meter proves nothing; the sentence why it must not go on.
   * Without readings an excess is not counted on, and what the breaker has taken fades.
   */
  judge(
    current_A: readonly [number, number, number] | undefined,
    now: Instant,
  ): string | undefined {
    const passed_s = this.last === undefined ? 0 : Math.max(0, between(this.last, now) / 1000);
    this.last = now;
    this.heat(current_A ?? [0, 0, 0], passed_s);
    const worst_A = Math.max(...(current_A ?? [0]));
    if (worst_A <= this.limit_A) this.since = undefined;
    else this.since ??= now;
    const d = Math.max(...this.integral);
    if (d > TRIP_NOTICED) {
      const at = current_A === undefined ? '' : ` at ${worst_A.toFixed(0)} A`;
      return `trip integral ${d.toFixed(2)}${at}`;
    }
    if (this.since === undefined) return undefined;
    const lasted_ms = between(this.since, now);
    if (lasted_ms <= this.patience_ms) return undefined;
    const s = (lasted_ms / 1000).toFixed(0);
    return `${worst_A.toFixed(0)} A above the limit ${this.limit_A} A for ${s} s`;
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
