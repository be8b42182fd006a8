import { instant, type Clock, type Instant, type Timers } from '../../../src/time';

interface Due {
  readonly at: Instant;
  readonly fn: () => void;
}

/**
 * Simulated time for code that uses streams: after each event promises and callbacks may settle
 * before the next one is due.
 */
export class SteppedTime implements Clock, Timers {
  #now = instant(1000);
  #due: Due[] = [];

  now(): Instant {
    return this.#now;
  }

  wall_ms(): number {
    return this.#now;
  }

  at(at: Instant, fn: () => void): () => void {
    const due = { at: instant(Math.max(at, this.#now)), fn };
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1]?.at ?? 0) > due.at) index -= 1;
    this.#due.splice(index, 0, due);
    return () => {
      const found = this.#due.indexOf(due);
      if (found >= 0) this.#due.splice(found, 1);
    };
  }

  async runUntil(end: Instant): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const [next] = this.#due;
      if (next === undefined || next.at > end) break;
      this.#due.shift();
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }
}
