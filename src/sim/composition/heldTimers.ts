import { type Instant, type Timers } from '../../time';

/**
 * Timers that can be held: nothing behind them runs until they are released, like a process that
 * was stopped. What rang meanwhile runs at the release, late, as after SIGCONT.
 */
export class HeldTimers implements Timers {
  private readonly inner: Timers;
  private held = false;
  private waiting: (() => void)[] = [];

  constructor(inner: Timers) {
    this.inner = inner;
  }

  at(at: Instant, fn: () => void): () => void {
    let cancelled = false;
    const cancel = this.inner.at(at, () => {
      if (cancelled) return;
      if (this.held) this.waiting.push(() => (cancelled ? undefined : fn()));
      else fn();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  get isHeld(): boolean {
    return this.held;
  }

  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const fn of waiting) fn();
  }
}
