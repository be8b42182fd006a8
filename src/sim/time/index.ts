/**
 * sim/time — simulated time for the virtual composition: a clock that stands still until the next
 * event, and timers that ring in order. Nothing here waits.
 */
import { type Clock, type Instant, instant, type Timers } from '../../time';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/** Starts away from 0, so that code which mistakes 0 for "never" shows. */
const EPOCH_ms = 1_000_000;
const WALL_EPOCH_ms = Date.UTC(2026, 0, 5, 6, 0, 0);

/** Clock and timers in one; `run` moves both. */
export class VirtualTime implements Clock, Timers {
  private current = EPOCH_ms;
  private order = 0;
  private readonly heap: Event[] = [];
  /** Wall clock error in ms, for clock faults. */
  wallOffset_ms = 0;

  now(): Instant {
    return instant(this.current);
  }

  wall_ms(): number {
    return WALL_EPOCH_ms + (this.current - EPOCH_ms) + this.wallOffset_ms;
  }

  at(at: Instant, fn: () => void): () => void {
    const event: Event = {
      at: Math.max(at, this.current),
      order: this.order,
      fn,
      cancelled: false,
    };
    this.order += 1;
    this.push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs every event up to `until`, then stands there. */
  runUntil(until: Instant): void {
    for (;;) {
      const first = this.heap[0];
      if (first === undefined || first.at > until) break;
      this.pop();
      if (first.cancelled) continue;
      this.current = first.at;
      first.fn();
    }
    this.current = Math.max(this.current, until);
  }

  /** Events waiting, cancelled ones included; for leak tests. */
  get pending(): number {
    return this.heap.length;
  }

  private before(a: Event, b: Event): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  private push(event: Event): void {
    const { heap } = this;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !this.before(event, parent)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let best = left;
      if (right !== undefined && this.before(right, left)) {
        best = right;
        child += 1;
      }
      if (!this.before(best, last)) break;
      heap[i] = best;
      i = child;
    }
    heap[i] = last;
  }
}
