import type { Instant } from '../time';

/** Messages a station may send: a burst after an outage, then a busy station's rate. */
export const STATION_RATE = { perSecond: 20, burst: 300 } as const;

/**
 * Messages a CPMS may send for one station, answers to our calls apart: it reads and sets up a
 * station after its boot by the dozen, and then has one call outstanding.
 */
export const CPMS_RATE = { perSecond: 20, burst: 300 } as const;

/** A login costs the gate as much as so many messages. */
const LOGIN_COST = 10;
/**
 * So much must be left after it: to boot, and to tell of each connector. Who is let in with less is
 * cut at its first words, and one that comes again at once would never get further.
 */
const LOGIN_LEAVES = 30;

/** Token bucket: `rate` per second, `burst` at once. */
export class TokenBucket {
  private tokens: number;
  private last: Instant;
  private readonly rate: number;
  private readonly burst: number;

  constructor(rate: number, burst: number, now: Instant) {
    this.rate = rate;
    this.burst = burst;
    this.tokens = burst;
    this.last = now;
  }

  /** One message, if its token is there. */
  take(now: Instant): boolean {
    return this.spend(now, 1, 0);
  }

  /** One login; a refused one costs nothing. */
  takeLogin(now: Instant): boolean {
    return this.spend(now, LOGIN_COST, Math.min(LOGIN_LEAVES, this.burst - LOGIN_COST));
  }

  /** The message was one that we had asked for. */
  giveBack(): void {
    this.tokens = Math.min(this.burst, this.tokens + 1);
  }

  private spend(now: Instant, cost: number, leaves: number): boolean {
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) * this.rate) / 1000);
    this.last = now;
    if (this.tokens < cost + leaves) return false;
    this.tokens -= cost;
    return true;
  }
}
