import type { DeviceProfile } from '../../device';
import { later, passed, left_ms, type Instant } from '../../time';
import type { RegisterBank } from './registerBank';

/**
 * The lease as the device itself keeps it: started by the writes (or reads) its profile names,
 * ended by its own clock. A timeout of 0 never ends: that is how real devices understand it.
 */
export class LeaseTimer {
  readonly #profile: DeviceProfile;
  readonly #bank: RegisterBank;
  #ends_at: Instant | undefined;
  #isRunning = false;
  expiries = 0;

  constructor(profile: DeviceProfile, bank: RegisterBank) {
    this.#profile = profile;
    this.#bank = bank;
  }

  /** Whether a lease was started and has not ended; true for ever after a timeout of 0. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  get ends_at(): Instant | undefined {
    return this.#ends_at;
  }

  /** Called after a write that was executed; `changed`: whether it changed a register. */
  written(address: number, count: number, changed: boolean, now: Instant): void {
    const { lease } = this.#profile.data;
    if (lease.mechanism === 'none') return;
    // A heartbeat that repeats itself is none.
    if (lease.mechanism === 'heartbeat' && !changed) return;
    const touched = lease.restartsOn.some((name) => {
      const point = this.#profile.points.get(name);
      if (point === undefined) return false;
      return point.address < address + count && address < point.address + point.words;
    });
    if (touched) this.#restart(now);
  }

  /** Called after a read: some watchdogs are fed by it. */
  wasRead(now: Instant): void {
    const { lease } = this.#profile.data;
    if (lease.mechanism !== 'none' && lease.fedByReads && this.#ends_at !== undefined)
      this.#restart(now);
  }

  #restart(now: Instant): void {
    const { lease } = this.#profile.data;
    if (lease.mechanism === 'none') return;
    const timeout = lease.timeout === undefined ? undefined : this.#bank.get(lease.timeout);
    const seconds = timeout === undefined ? lease.range_s[1] : timeout.ok ? timeout.value : 0;
    this.#isRunning = true;
    this.#ends_at = seconds > 0 ? later(now, seconds * 1000) : undefined;
  }

  /** Applies the expiry when it is due; true in the call in which it happens. */
  expire(now: Instant): boolean {
    const { lease } = this.#profile.data;
    if (this.#ends_at === undefined || lease.mechanism === 'none') return false;
    if (!passed(this.#ends_at, now)) return false;
    for (const [from, to] of lease.reverts ?? []) this.#bank.copy(from, to);
    for (const name of lease.disables ?? []) this.#bank.set(name, 0);
    this.#ends_at = undefined;
    this.#isRunning = false;
    this.expiries += 1;
    return true;
  }

  /** Remaining time as the device reports it, s. */
  left_s(now: Instant): number {
    return this.#ends_at === undefined ? 0 : Math.ceil(left_ms(this.#ends_at, now) / 1000);
  }
}
