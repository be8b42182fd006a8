/**
 * How long the measured current has been above its limit, and how much of the breaker's patience is
 * used up: the supervisor's own trip integral on its own reading of the meter.
 */
import { advanceTrip, type Curve, TRIP_NOTICED } from '../site';
import { between, type Instant } from '../time';

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

  /** Takes one reading; the sentence why it must not go on, or undefined. */
  judge(current_A: readonly [number, number, number], now: Instant): string | undefined {
    const dt_s = this.last === undefined ? 0 : Math.min(5, between(this.last, now) / 1000);
    this.last = now;
    current_A.forEach((a, i) => {
      if (i > 2) return;
      const phase: 0 | 1 | 2 = i === 0 ? 0 : i === 1 ? 1 : 2;
      const below = a <= this.curve.rating_A && this.integral[phase] > 0;
      // Without a declared cooling constant the memory of an episode fades over an hour.
      const faded = below ? this.integral[phase] * Math.exp(-dt_s / 3600) : this.integral[phase];
      this.integral[phase] = advanceTrip(this.curve, faded, a, dt_s);
    });
    const worst_A = Math.max(...current_A);
    if (worst_A <= this.limit_A) this.since = undefined;
    else this.since ??= now;
    const d = Math.max(...this.integral);
    if (d > TRIP_NOTICED) return `trip integral ${d.toFixed(2)} at ${worst_A.toFixed(0)} A`;
    if (this.since === undefined) return undefined;
    const lasted_ms = between(this.since, now);
    if (lasted_ms <= this.patience_ms) return undefined;
    const s = (lasted_ms / 1000).toFixed(0);
    return `${worst_A.toFixed(0)} A above the limit ${this.limit_A} A for ${s} s`;
  }
}
