import { between, later, passed } from '../time';
import type { Instant } from '../time';

/** Station (2 s) and AC vehicle (5 s, IEC 61851-1) may take this long to follow a new limit. */
const REACTION_MS = 8_000;
/** Meter error and rounding that are no disobedience. */
const SLACK_A = 1.5;
const SLACK_SHARE = 0.05;
/** Different readings above the limit before it is said. */
const READINGS = 2;
/** It must keep its limit this long before it is believed again. */
const PROBATION_MS = 60_000;

interface Told {
  readonly from: Instant;
  /** Undefined: nothing was acknowledged, so nothing can be disobeyed. */
  readonly limit_A: number | undefined;
}

export type Verdict = 'not-applied' | 'applied';

/**
 * "Accepted" is not "applied": compares a station's own meter with the greatest limit that it had
 * acknowledged within its reaction time.
 */
export class LimitWatch {
  private told: readonly Told[] = [];
  private above = 0;
  private lastMetered: Instant | undefined;
  private obeys_since: Instant | undefined;
  private flagged = false;

  reset(): void {
    this.told = [];
    this.above = 0;
    this.lastMetered = undefined;
    this.obeys_since = undefined;
    this.flagged = false;
  }

  /** The limit in force changed, or was confirmed; `undefined` = not known. */
  tell(limit_A: number | undefined, now: Instant): void {
    if (this.told.at(-1)?.limit_A === limit_A && this.told.length > 0) return;
    const cut = later(now, -REACTION_MS);
    // The entry that was in force at the cut stays; older ones say nothing any more.
    const first = this.told.findLastIndex(({ from }) => from <= cut);
    this.told = [...this.told.slice(Math.max(0, first)), { from: now, limit_A }].slice(-64);
  }

  /**
   * A reading of the station's own meter.
   * @param measured_A - greatest phase current, A, measured at `metered_at`
   * @returns a verdict when it changes
   */
  read(measured_A: number, metered_at: Instant, now: Instant): Verdict | undefined {
    if (this.lastMetered !== undefined && metered_at <= this.lastMetered) return undefined;
    this.lastMetered = metered_at;
    const allowed = this.allowedAt(metered_at);
    if (allowed === undefined) return undefined;
    if (measured_A > allowed + Math.max(SLACK_A, allowed * SLACK_SHARE)) {
      this.above += 1;
      this.obeys_since = undefined;
      if (this.above < READINGS || this.flagged) return undefined;
      this.flagged = true;
      return 'not-applied';
    }
    this.above = 0;
    this.obeys_since ??= now;
    if (!this.flagged || between(this.obeys_since, now) < PROBATION_MS) return undefined;
    this.flagged = false;
    return 'applied';
  }

  /** Greatest limit in force over the reaction time before `at`; undefined when one is unknown. */
  allowedAt(at: Instant): number | undefined {
    const cut = later(at, -REACTION_MS);
    const first = Math.max(
      0,
      this.told.findLastIndex(({ from }) => from <= cut),
    );
    const [oldest] = this.told;
    if (oldest === undefined || !passed(oldest.from, cut)) return undefined;
    let most = 0;
    for (const { from, limit_A } of this.told.slice(first)) {
      if (from > at) break;
      if (limit_A === undefined) return undefined;
      most = Math.max(most, limit_A);
    }
    return most;
  }
}
