import { later, type Instant } from '../time';
import type { BusDevice, BusFailure, DeviceHealth, DeviceStatistics } from './bus';
import { LatencyWindow } from './latencyWindow';

/**
 * One device as the bus knows it: whether it answers, when to probe it again, how long to wait.
 *
 * alive -> suspect (first failure) -> dead (2 silences or 8 failures in a row) -> probe after 1, 2,
 * 4 ... `backoffMax_ms` -> alive on the first answer. A dead device costs one probe per round.
 */

const SILENCES_TO_DEAD = 2;
const FAILURES_TO_DEAD = 8;
const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 60_000;
/** A safety write does not wait longer than this for its turn as a probe. */
const SAFETY_PROBE_MS = 5000;
const TURNAROUND_UNKNOWN_MS = 250;
const TURNAROUND_FLOOR_MS = 50;
const TURNAROUND_CEILING_MS = 500;
const SAMPLES_TO_TRUST = 8;
const LATE_MS = 1000;

export class DeviceState {
  readonly device: BusDevice;
  health: DeviceHealth = 'unknown';
  answered = 0;
  busy_ms = 0;
  lastGood_at: Instant | undefined;
  nextProbe_at: Instant | undefined;
  readonly roundTrips = new LatencyWindow();
  readonly #turnarounds = new LatencyWindow();
  readonly #failed = new Map<BusFailure, number>();
  #silences = 0;
  #failures = 0;
  #backoff_ms = 0;
  #lastTry_at: Instant | undefined;

  constructor(device: BusDevice) {
    this.device = device;
  }

  get late_ms(): number {
    return this.device.late_ms ?? LATE_MS;
  }

  /**
   * Time to allow between the end of the request and the begin of the reply, ms: 4 times the worst
   * turnaround lately seen, at least 50, and at most 500 or what the device declares, so that a
   * device that is often late cannot take the bus for itself.
   */
  get allowance_ms(): number {
    const declared_ms = this.device.turnaround_ms ?? TURNAROUND_UNKNOWN_MS;
    if (this.#turnarounds.count < SAMPLES_TO_TRUST) {
      return Math.max(TURNAROUND_FLOOR_MS, declared_ms);
    }
    const ceiling_ms = Math.max(TURNAROUND_CEILING_MS, declared_ms);
    return Math.min(ceiling_ms, Math.max(TURNAROUND_FLOOR_MS, 4 * this.#turnarounds.worst));
  }

  /** Whether a request of this priority must fail at once because the device counts as dead. */
  refuses(priority: number, now: Instant): boolean {
    if (this.nextProbe_at === undefined || now >= this.nextProbe_at) return false;
    if (priority > 0) return true;
    return this.#lastTry_at !== undefined && now < this.#lastTry_at + SAFETY_PROBE_MS;
  }

  /** The device answered (an exception is an answer). */
  onAnswer(at: Instant, roundTrip_ms: number, turnaround_ms: number): void {
    this.answered += 1;
    this.lastGood_at = at;
    this.#silences = 0;
    this.#failures = 0;
    this.#backoff_ms = 0;
    this.nextProbe_at = undefined;
    this.health = 'alive';
    this.roundTrips.add(roundTrip_ms);
    this.#turnarounds.add(Math.max(0, turnaround_ms));
  }

  /** An attempt on the wire failed. Returns whether the device is (still) dead now. */
  onFailure(reason: BusFailure, now: Instant): boolean {
    this.count(reason);
    this.#lastTry_at = now;
    this.#failures += 1;
    this.#silences = reason === 'timeout' ? this.#silences + 1 : 0;
    const dies = this.#silences >= SILENCES_TO_DEAD || this.#failures >= FAILURES_TO_DEAD;
    if (!dies && this.health !== 'dead') {
      this.health = 'suspect';
      return false;
    }
    this.#backOff(now);
    this.health = 'dead';
    return true;
  }

  /** The port was closed: what was known of the far end no longer holds. */
  onReconnect(): void {
    this.health = 'unknown';
    this.nextProbe_at = undefined;
    this.#silences = 0;
    this.#failures = 0;
    this.#backoff_ms = 0;
  }

  count(reason: BusFailure): void {
    this.#failed.set(reason, (this.#failed.get(reason) ?? 0) + 1);
  }

  statistics(elapsed_ms: number): DeviceStatistics {
    return {
      device: this.device.id,
      health: this.health,
      answered: this.answered,
      failed: Object.fromEntries(this.#failed),
      roundTrip_ms: this.roundTrips.quantiles(),
      lastGood_at: this.lastGood_at,
      utilisation: elapsed_ms > 0 ? Math.min(1, this.busy_ms / elapsed_ms) : 0,
      nextProbe_at: this.nextProbe_at,
    };
  }

  #backOff(now: Instant): void {
    const greatest = this.device.backoffMax_ms ?? BACKOFF_MAX_MS;
    this.#backoff_ms =
      this.#backoff_ms === 0 ? BACKOFF_FIRST_MS : Math.min(greatest, 2 * this.#backoff_ms);
    this.nextProbe_at = later(now, Math.min(greatest, this.#backoff_ms));
  }
}
