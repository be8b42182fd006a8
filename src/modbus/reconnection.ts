import { Backoff } from '../time';

export interface ReconnectionOptions {
  /** Longest wait between connections on which nothing valid was read, ms. Default 60 s. */
  readonly retryMax_ms?: number | undefined;
  /** Spreads each wait between half and all of it, 0..1 (default 1: all of it). */
  readonly jitter?: (() => number) | undefined;
}

/** Waits while nobody is there: what was switched off comes back soon. */
const ABSENT = { first_ms: 250, max_ms: 5000 };
/** Waits while somebody is there who makes no sense: 1 s at least, as for a dead device. */
const USELESS_FIRST_MS = 2000;
const USELESS_MAX_MS = 60_000;

/**
 * When a port connects again, and which problem is worth a word. A connection counts as good only
 * when something valid was read on it: one that opens and fails again and again is tried ever more
 * rarely, and says the same thing once. After the first valid reply everything is as new.
 */
export class Reconnection {
  readonly #absent: Backoff;
  readonly #useless: Backoff;
  #open = false;
  #proved = false;
  #said: string | undefined;

  constructor({ jitter, retryMax_ms }: ReconnectionOptions) {
    this.#absent = new Backoff({ ...ABSENT, jitter });
    const max_ms = retryMax_ms ?? USELESS_MAX_MS;
    this.#useless = new Backoff({ first_ms: USELESS_FIRST_MS, max_ms, jitter });
  }

  opened(): void {
    this.#open = true;
    this.#proved = false;
    this.#absent.reset();
  }

  /** A valid reply was read. */
  proved(): void {
    if (this.#proved) return;
    this.#proved = true;
    this.#said = undefined;
    this.#useless.reset();
  }

  /** The connection was lost or not made; how long to wait before the next attempt, ms. */
  wait_ms(): number {
    const wasUseless = this.#open && !this.#proved;
    this.#open = false;
    return wasUseless ? this.#useless.next_ms() : this.#absent.next_ms();
  }

  /** Whether `problem` differs from what was said last since the last valid reply. */
  isNews(problem: string): boolean {
    if (problem === this.#said) return false;
    this.#said = problem;
    return true;
  }
}
