import { between } from '../../time';
import type { Clock, Instant } from '../../time';

/** A clock further ahead of what is known than this jumped; a gateway is rarely off for longer. */
const MAX_AHEAD_MS = 60 * 24 * 3_600_000;

/**
 * The time that has certainly passed, for judging certificates without trusting a clock: the latest
 * time known before, plus what the monotonic clock has counted since. A clock that jumps far ahead
 * expires nobody; one that falls back revives nobody.
 */
export class CertificateClock {
  private readonly clock: Clock;
  private known_ms: number;
  private known_at: Instant;
  private jumped = false;

  /** @param kept_ms - the last `surely_ms` that was stored; 0 = none */
  constructor(clock: Clock, kept_ms: number) {
    this.clock = clock;
    this.known_at = clock.now();
    this.known_ms = kept_ms > 0 ? kept_ms : clock.wall_ms();
  }

  /** The clock stands so far ahead that it is not believed. */
  get doubted(): boolean {
    return this.jumped;
  }

  surely_ms(): number {
    const now = this.clock.now();
    const counted_ms = this.known_ms + Math.max(0, between(this.known_at, now));
    const wall_ms = this.clock.wall_ms();
    this.jumped = wall_ms > counted_ms + MAX_AHEAD_MS;
    this.known_ms = this.jumped ? counted_ms : Math.max(counted_ms, wall_ms);
    this.known_at = now;
    return this.known_ms;
  }
}
