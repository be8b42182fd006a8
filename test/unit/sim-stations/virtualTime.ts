import { instant } from '../../../src/time';
import type { Clock, Instant, Timers } from '../../../src/time';

interface Entry {
  readonly at: Instant;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/** Simulated time for tests: nothing happens but in `runTo`. Wall time starts at 2026-01-01. */
export class VirtualTime implements Clock, Timers {
  private entries: Entry[] = [];
  private order = 0;
  private current = instant(1_000_000);
  /** Wall clock minus monotonic clock, ms. */
  offset_ms = Date.UTC(2026, 0, 1) - 1_000_000;

  now(): Instant {
    return this.current;
  }

  wall_ms(): number {
    return this.current + this.offset_ms;
  }

  at(at: Instant, fn: () => void): () => void {
    const entry = { at, order: (this.order += 1), fn, cancelled: false };
    let index = this.entries.length;
    while (index > 0 && before(entry, this.entries[index - 1])) index -= 1;
    this.entries.splice(index, 0, entry);
    return () => {
      entry.cancelled = true;
    };
  }

  /** Lets `ms` pass, with all that falls into it. */
  run(ms: number): void {
    const end = instant(this.current + ms);
    for (;;) {
      const [entry] = this.entries;
      if (entry === undefined || entry.at > end) break;
      this.entries.shift();
      if (entry.at > this.current) this.current = entry.at;
      if (!entry.cancelled) entry.fn();
    }
    this.current = end;
  }

  /** Calls `fn` each `period_ms` for ever. */
  every(period_ms: number, fn: () => void): void {
    this.at(instant(this.current + period_ms), () => {
      fn();
      this.every(period_ms, fn);
    });
  }
}

function before(entry: Entry, other: Entry | undefined): boolean {
  return (
    other !== undefined &&
    (entry.at < other.at || (entry.at === other.at && entry.order < other.order))
  );
}
