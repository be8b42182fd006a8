export interface BackoffBounds {
  /** Longest first wait, ms. */
  readonly first_ms: number;
  /** Longest wait ever, ms. */
  readonly max_ms: number;
  /** Spreads each wait between half and all of it, 0..1 (default 1: all of it). */
  readonly jitter?: (() => number) | undefined;
}

/**
 * Waits between attempts: each twice the one before, from `first_ms` up to `max_ms`, and from the
 * beginning again after `reset`. The caller decides what counts as a success.
 */
export class Backoff {
  readonly #bounds: BackoffBounds;
  #next_ms: number;

  constructor(bounds: BackoffBounds) {
    this.#bounds = bounds;
    this.#next_ms = Math.min(bounds.first_ms, bounds.max_ms);
  }

  /** How long to wait before the next attempt, ms; the one after that waits longer. */
  next_ms(): number {
    const { jitter, max_ms } = this.#bounds;
    const wait_ms = this.#next_ms;
    this.#next_ms = Math.min(max_ms, 2 * wait_ms);
    return wait_ms * (0.5 + 0.5 * (jitter?.() ?? 1));
  }

  reset(): void {
    this.#next_ms = Math.min(this.#bounds.first_ms, this.#bounds.max_ms);
  }
}
