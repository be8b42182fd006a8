import { instant, type Clock, type Instant, type Timers } from '../../../src/time';

interface Due {
  readonly at: Instant;
  readonly order: number;
  readonly fn: () => void;
}

/** Injected time for tests: nothing happens until `advance` or `runUntil`. */
export class VirtualTime implements Clock, Timers {
  #now = instant(0);
  #order = 0;
  #due: Due[] = [];

  now(): Instant {
    return this.#now;
  }

  wall_ms(): number {
    return 1_700_000_000_000 + this.#now;
  }

  at(at: Instant, fn: () => void): () => void {
    const due = { at: instant(Math.max(at, this.#now)), order: (this.#order += 1), fn };
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1]?.at ?? 0) > due.at) index -= 1;
    this.#due.splice(index, 0, due);
    return () => {
      const found = this.#due.indexOf(due);
      if (found >= 0) this.#due.splice(found, 1);
    };
  }

  /** Runs everything due within the next `ms`. */
  advance(ms: number): void {
    this.runUntil(instant(this.#now + ms));
  }

  runUntil(end: Instant): void {
    for (let next = this.#due[0]; next !== undefined && next.at <= end; next = this.#due[0]) {
      this.#due.shift();
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }

  /** As `runUntil`, but lets promises settle after each timer (for streams). */
  async runUntilAsync(end: Instant): Promise<void> {
    for (;;) {
      await settle();
      const [next] = this.#due;
      if (next === undefined || next.at > end) break;
      this.#due.shift();
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets pending promises and next-tick callbacks run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
