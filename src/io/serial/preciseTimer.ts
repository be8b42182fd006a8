import { later, type Clock, type Instant, type Timers } from '../../time';

/** Node's timers fire up to this late; the rest is waited for in the event loop's check phase, ms. */
const SPIN_MS = 1.2;

/**
 * Calls `fn` at `at`, late by some 10 µs instead of some ms: a coarse timer, then `setImmediate`
 * until the clock says so. Costs up to SPIN_MS of CPU. With `spin` false only the timer is used
 * (for clocks that stand still while the program runs). Returns its cancellation.
 */
export function preciseAt(
  clock: Clock,
  timers: Timers,
  at: Instant,
  spin: boolean,
  fn: () => void,
): () => void {
  if (!spin) return timers.at(at, fn);
  let cancelled = false;
  const wait = (): void => {
    if (cancelled) return;
    if (clock.now() >= at) fn();
    else setImmediate(wait);
  };
  if (at - clock.now() <= SPIN_MS) {
    setImmediate(wait);
    return () => {
      cancelled = true;
    };
  }
  const cancelTimer = timers.at(later(at, -SPIN_MS), wait);
  return () => {
    cancelled = true;
    cancelTimer();
  };
}
