/**
 * The time by which drills are overdue. The wall clock comes from a network that nobody vouches
 * for: one that jumps by years must not take every station back to static, and none may make an
 * old drill young. Pure.
 */
import { between, type Instant } from '../time';

const DAY_ms = 86_400_000;

export interface ClockStart {
  readonly at: Instant;
  readonly wall_ms: number;
}

/** A time server that answers so soon after the start sets the clock; later, it makes it jump. */
const SETS_ms = 90_000;

/** The start that counts: the clock is set once, at the first answer of a time server. Pure. */
export function clockStart(
  start: ClockStart,
  now: { readonly at: Instant; readonly wall_ms: number },
): ClockStart {
  const elapsed_ms = between(start.at, now.at);
  const off_ms = now.wall_ms - (start.wall_ms + elapsed_ms);
  return elapsed_ms <= SETS_ms && Math.abs(off_ms) > DAY_ms ? now : start;
}

/**
 * Wall time that counts, ms. `newest_ms`: the newest stamp in the book; a gateway that started
 * with an older clock had none and takes the one it was given since.
 */
export function countedWall_ms(
  start: ClockStart,
  newest_ms: number,
  now: { readonly at: Instant; readonly wall_ms: number },
): { readonly counted_ms: number; readonly jumped_ms: number } {
  const steady_ms = start.wall_ms + between(start.at, now.at);
  const off_ms = now.wall_ms - steady_ms;
  const follows = Math.abs(off_ms) <= DAY_ms || start.wall_ms < newest_ms;
  return follows
    ? { counted_ms: now.wall_ms, jumped_ms: 0 }
    : { counted_ms: steady_ms, jumped_ms: off_ms };
}
