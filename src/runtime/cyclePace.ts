/** Whether cycles come in time, and how long they take. Decides nothing; an alarm follows from it. */
import { between, type Instant } from '../time';

/** Durations kept: the last hour. */
const KEPT = 3600;

export class CyclePace {
  private readonly every_ms: number;
  private readonly durations: number[] = [];
  private last: Instant | undefined;
  /** How late this cycle began, ms. */
  late_ms = 0;

  constructor(every_ms: number) {
    this.every_ms = every_ms;
  }

  /** A cycle begins. Many small delays make one, too: the time since the last cycle counts. */
  begins(due: Instant, now: Instant): void {
    const gap_ms = between(this.last ?? now, now);
    this.late_ms = Math.max(between(due, now), gap_ms - this.every_ms);
    this.last = now;
  }

  /** It has handed everything over; how long after its due time, ms. */
  ends(due: Instant, now: Instant): number {
    const duration_ms = between(due, now);
    this.durations.push(duration_ms);
    if (this.durations.length > KEPT) this.durations.shift();
    return duration_ms;
  }

  /** Of the last cycles, oldest first. */
  durations_ms(): readonly number[] {
    return this.durations;
  }
}
