import type { Instant } from '../time';

/** Messages a station may send: a burst after an outage, then a busy station's rate. */
export const STATION_RATE = { perSecond: 20, burst: 300 } as const;

/** A login costs the gate as much as so many messages. */
export const LOGIN_COST = 10;

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

  /** Takes `cost` tokens if they are there. */
  take(now: Instant, cost = 1): boolean {
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.last) * this.rate) / 1000);
    this.last = now;
    if (this.tokens < cost) return false;
    this.tokens -= cost;
    return true;
  }
}
