import type { Instant } from '../../time';

/** Keys remembered: more stations than any site has. */
const MAX_KEYS = 4_096;

/** At most `most` events per key in any window. */
export class RateTable {
  private readonly times = new Map<string, Instant[]>();
  private readonly most: number;
  private readonly window_ms: number;

  constructor(most: number, window_ms: number) {
    this.most = most;
    this.window_ms = window_ms;
  }

  take(key: string, now: Instant): boolean {
    const recent = (this.times.get(key) ?? []).filter((at) => now - at < this.window_ms);
    const allowed = recent.length < this.most;
    if (allowed) recent.push(now);
    if (this.times.size >= MAX_KEYS && !this.times.has(key)) this.times.clear();
    this.times.set(key, recent);
    return allowed;
  }
}
