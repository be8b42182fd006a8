import { between, later, passed } from '../time';
import type { Instant } from '../time';

/** Readings this long after a boot still show what the vehicle drew before it followed the floor. */
const AFTER_MS = 15_000;

interface Reading {
  readonly current_A: number;
  readonly energy_Wh?: number;
  readonly at: Instant;
}

/** Watches what a station draws over a restart, by its own meter. */
export class BootWatch {
  private count = 0;
  private booted_at: Instant | undefined;
  private before: Reading | undefined;
  private last: Reading | undefined;
  private peak: number | undefined;

  get boots(): number {
    return this.count;
  }

  /** Largest current seen over the last restart, A; undefined while nothing was metered. */
  get peak_A(): number | undefined {
    return this.peak;
  }

  booted(now: Instant): void {
    this.count += 1;
    this.booted_at = now;
    this.before = this.last;
    this.peak = undefined;
  }

  /** @param watts_per_A - phases times voltage, to read a mean current from the energy register */
  read(reading: Reading, watts_per_A: number): void {
    if (this.last !== undefined && reading.at <= this.last.at) return;
    this.last = reading;
    const { booted_at } = this;
    if (booted_at === undefined || reading.at < booted_at) return;
    if (passed(later(booted_at, AFTER_MS), reading.at)) return;
    this.peak = Math.max(this.peak ?? 0, reading.current_A, this.mean_A(reading, watts_per_A));
  }

  /** Mean current since the last reading before the restart: what no reading shows, energy does. */
  private mean_A(reading: Reading, watts_per_A: number): number {
    const { before } = this;
    if (before?.energy_Wh === undefined || reading.energy_Wh === undefined) return 0;
    const hours = between(before.at, reading.at) / 3_600_000;
    if (hours <= 0) return 0;
    return Math.max(0, (reading.energy_Wh - before.energy_Wh) / hours / watts_per_A);
  }
}
