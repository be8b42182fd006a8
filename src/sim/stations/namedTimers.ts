import { later } from '../../time';
import type { Clock, Timers } from '../../time';

/** Timers with names: starting one again cancels the earlier one of that name. */
export class NamedTimers {
  private readonly cancels = new Map<string, () => void>();
  private readonly clock: Clock;
  private readonly timers: Timers;

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock;
    this.timers = timers;
  }

  after(name: string, wait_ms: number, fn: () => void): void {
    this.cancel(name);
    const cancel = this.timers.at(later(this.clock.now(), wait_ms), () => {
      this.cancels.delete(name);
      fn();
    });
    this.cancels.set(name, cancel);
  }

  cancel(name: string): void {
    this.cancels.get(name)?.();
    this.cancels.delete(name);
  }

  cancelAll(): void {
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
  }
}
