import { later, passed } from '../../time';
import type { Instant } from '../../time';

/** Keys remembered; beyond this the oldest go, so that an attacker cannot fill memory. */
const MAX_KEYS = 4_096;
const WINDOW_MS = 60_000;

interface Entry {
  failures: number;
  until: Instant;
}

/** Counts failures by key (address, or address and identity) and says when to stop listening. */
export class FailureThrottle {
  private readonly entries = new Map<string, Entry>();
  private readonly allowed: number;

  /** @param allowed - failures within a minute before the key is held off */
  constructor(allowed: number) {
    this.allowed = allowed;
  }

  held(key: string, now: Instant): boolean {
    const entry = this.entries.get(key);
    return entry !== undefined && entry.failures >= this.allowed && !passed(entry.until, now);
  }

  failed(key: string, now: Instant): void {
    const old = this.entries.get(key);
    const failures = old !== undefined && !passed(old.until, now) ? old.failures + 1 : 1;
    this.entries.delete(key);
    this.entries.set(key, { failures, until: later(now, WINDOW_MS) });
    if (this.entries.size > MAX_KEYS) {
      const [oldest] = this.entries.keys();
      if (oldest !== undefined) this.entries.delete(oldest);
    }
  }

  succeeded(key: string): void {
    this.entries.delete(key);
  }
}
