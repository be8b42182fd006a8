/**
 * Verified actuation: does measured power follow the acknowledged setpoint? A device that did not
 * is left alone for a while, then asked again; it is proved by following, not by being left alone.
 */
import { between, type Instant } from '../time';

export interface Following {
  /** Since when measured power has been away from the acknowledged setpoint. */
  readonly away_since?: Instant;
  /** When it last failed to follow; absent: never, or it has followed since. */
  readonly failed_at?: Instant;
}

export const FOLLOWS: Following = {};

/** Asked again so long after it failed. */
const RETRY_ms = 60_000;

/**
 * One look. `gap_W`: measured less expected power, absent where nothing can be said (no live lease,
 * a write pending, no good reading); `proves`: following this setpoint proves that it obeys, as 0 W
 * does not.
 */
export function nextFollowing(
  before: Following,
  fact: { readonly gap_W?: number; readonly proves: boolean; readonly slack_W: number },
  grace_ms: number,
  now: Instant,
): Following {
  const failed = before.failed_at === undefined ? {} : { failed_at: before.failed_at };
  if (fact.gap_W === undefined) return failed;
  if (Math.abs(fact.gap_W) <= fact.slack_W) {
    return fact.proves ? FOLLOWS : failed;
  }
  const since = before.away_since ?? now;
  return between(since, now) >= grace_ms
    ? { away_since: since, failed_at: now }
    : { ...failed, away_since: since };
}

/** Nothing is asked of it now. Pure. */
export const leftAlone = (f: Following, now: Instant): boolean =>
  f.failed_at !== undefined && between(f.failed_at, now) < RETRY_ms;
