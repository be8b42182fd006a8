/**
 * io/clock — the machine's monotonic clock, wall clock and timers.
 *
 * Must never: be imported by a pure module. Monotonic instants are ms of `process.hrtime.bigint()`,
 * the same in every process of this boot, so that stamps may cross IPC.
 */
import { type Clock, type Instant, instant, type Timers } from '../../time';

/** setTimeout overflows above 2^31-1 ms; a longer wait is cut into pieces. */
const TIMEOUT_MAX_ms = 2_000_000_000;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => instant(Number(process.hrtime.bigint() / 1000n) / 1000),
  wall_ms: () => Date.now(),
};

/** Timers on the event loop; never early. */
export const systemTimers: Timers = {
  at(at: Instant, fn: () => void): () => void {
    let handle: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const left = at - systemClock.now();
      if (left <= 0) handle = setTimeout(fn, 0);
      else if (left > TIMEOUT_MAX_ms) handle = setTimeout(arm, TIMEOUT_MAX_ms);
      else handle = setTimeout(left > 2 ? check : fn, Math.ceil(left));
    };
    // setTimeout may ring up to 1 ms early against hrtime.
    const check = (): void => {
      if (systemClock.now() >= at) fn();
      else arm();
    };
    arm();
    return () => clearTimeout(handle);
  },
};
