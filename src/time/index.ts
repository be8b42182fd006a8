/**
 * time — instants, deadlines, back-off and the clock port. No timers live here.
 *
 * Monotonic time carries leases and deadlines; wall clock appears in records only. In production
 * an Instant counts milliseconds of `process.hrtime`, in the virtual composition simulated ones;
 * its zero has no meaning, so instants of different boots must never be compared.
 */
export { Backoff, type BackoffBounds } from './backoff';

/** A point on the monotonic clock, in ms. Comparable only within one boot. */
export type Instant = number & { readonly unit: 'instant_ms' };

/** Port: where time comes from. */
export interface Clock {
  /** Monotonic time, never goes back. */
  now(): Instant;
  /** Wall clock in ms since 1970-01-01 UTC; for records only. */
  wall_ms(): number;
}

/** Port: calls back once, later. Kept in `time` as a type so that sans-IO code can be driven. */
export interface Timers {
  /** Calls `fn` once at or after `at`; the result cancels it. */
  at(at: Instant, fn: () => void): () => void;
}

/** Brands a finite number of ms as an instant. Throws RangeError otherwise. Pure. */
export function instant(value_ms: number): Instant {
  if (!Number.isFinite(value_ms)) throw new RangeError(`an instant must be finite`);
  return value_ms as Instant;
}

/** The instant `ms` after `from` (before it when negative). Pure. */
export const later = (from: Instant, ms: number): Instant => instant(from + ms);
/** Milliseconds from `from` to `to`; negative when `to` lies earlier. Pure. */
export const between = (from: Instant, to: Instant): number => to - from;
/** Whether `deadline` is reached at `now`. Pure. */
export const passed = (deadline: Instant, now: Instant): boolean => now >= deadline;
/** Milliseconds left until `deadline`, at least 0. Pure. */
export const left_ms = (deadline: Instant, now: Instant): number => Math.max(0, deadline - now);
