import type { AcknowledgedLease, StationLease } from '../model';
import { later, passed } from '../time';
import type { Instant } from '../time';
import type { Amps } from '../units';
import type { StationConfig } from './config';
import type { LeaseTerms } from './dialect';

/** Start of a lease lies this far back, for clocks that run a little behind ours. */
export const SKEW_MARGIN_MS = 1_000;
/** A station whose clock is further off than this gets no lease: its end could not be trusted. */
export const MAX_SKEW_MS = 5_000;

/** A lease on its way to the station. */
export interface LeaseWrite {
  readonly limit_A: Amps;
  readonly cycle: number;
  readonly ends_at: Instant;
}

/** What may be in force on the station, as far as its controller can know. */
export class LeaseHold {
  private held: AcknowledgedLease | undefined;
  private possible_until: Instant | undefined;
  private possible_A: Amps | undefined;
  private lastRaise_at: Instant | undefined;

  /** The lease the station acknowledged and that has not ended. */
  inForce(now: Instant): AcknowledgedLease | undefined {
    if (this.held !== undefined && passed(this.held.ends_at, now)) this.held = undefined;
    return this.held;
  }

  /** Whether any lease, acknowledged or not, may still be active on the station. */
  possible(now: Instant): boolean {
    return this.possible_until !== undefined && !passed(this.possible_until, now);
  }

  /** The highest limit that a lease may have put in force, answered or not. */
  most_A(now: Instant): Amps | undefined {
    return this.possible(now) ? this.possible_A : undefined;
  }

  sent(write: LeaseWrite, now: Instant): void {
    const before_A = this.most_A(now);
    this.possible_A = before_A === undefined || before_A < write.limit_A ? write.limit_A : before_A;
    this.lastRaise_at = now;
    if (this.possible_until === undefined || this.possible_until < write.ends_at) {
      this.possible_until = write.ends_at;
    }
  }

  acknowledged(write: LeaseWrite, now: Instant): void {
    const { limit_A, cycle, ends_at } = write;
    this.held = { limit_A, cycle, ends_at, acknowledged_at: now };
    this.possible_until = ends_at;
    this.possible_A = limit_A;
  }

  cleared(): void {
    this.held = undefined;
    this.possible_until = undefined;
  }

  /** Whether the model's shortest interval between profile writes is over. */
  mayRenew(station: StationConfig, now: Instant): boolean {
    const interval_ms = station.abilities.minRenew_s * 1000;
    return this.lastRaise_at === undefined || passed(later(this.lastRaise_at, interval_ms), now);
  }
}

export type LeaseRefusal =
  | 'not-connected'
  | 'floor-not-verified'
  | 'certificate-expired'
  | 'does-not-expire'
  | 'clock-skew'
  | 'too-soon'
  | 'zero-not-allowed'
  | 'out-of-range';

/** The facts a lease is judged on. */
export interface LeaseFacts {
  readonly connected: boolean;
  readonly floorVerified: boolean;
  readonly heldAtFloor: boolean;
  readonly clockError_ms: number;
  readonly mayRenew: boolean;
  /** The highest limit that may be in force by a lease. */
  readonly most_A?: Amps;
}

/**
 * Why a lease must not be written now, or undefined. Lowering below the floor needs less than
 * raising above it: it is refused only where the station could not be told. Pure.
 */
export function leaseRefusal(
  station: StationConfig,
  lease: StationLease,
  facts: LeaseFacts,
): LeaseRefusal | undefined {
  const { abilities } = station;
  if (!(lease.limit_A >= 0) || !(lease.ttl_ms >= 1000)) return 'out-of-range';
  if (!facts.connected) return 'not-connected';
  if (lease.limit_A < 6 && lease.limit_A < station.floor_A && !abilities.zeroAllowed) {
    return 'zero-not-allowed';
  }
  if (lease.limit_A > station.floor_A) {
    if (facts.heldAtFloor) return 'certificate-expired';
    if (!facts.floorVerified) return 'floor-not-verified';
    if (!abilities.honoursDuration) return 'does-not-expire';
    if (Math.abs(facts.clockError_ms) > MAX_SKEW_MS) return 'clock-skew';
  }
  const lowers = facts.most_A !== undefined && lease.limit_A < facts.most_A;
  if (!lowers && !facts.mayRenew) return 'too-soon';
  return undefined;
}

/**
 * Puts a lease into the station's own time. It is anchored to the instant of the decision, so that
 * no delay on the way lengthens it, and moved by the estimated clock error, which is never too
 * great, so that an error of the estimate only shortens it. Pure.
 */
export function leaseTerms(
  limit_A: number,
  ttl_ms: number,
  decided_wall_ms: number,
  clockError_ms: number,
): LeaseTerms {
  const shift = Math.max(-MAX_SKEW_MS, Math.min(MAX_SKEW_MS, clockError_ms));
  return {
    limit_A,
    start_ms: Math.floor(decided_wall_ms + shift - SKEW_MARGIN_MS),
    duration_s: Math.floor(ttl_ms / 1000),
  };
}
