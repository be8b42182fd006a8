import type { LeaseBatch, StationLease as LeaseOrder } from '../model';
import { later } from '../time';
import type { Instant } from '../time';
import { amps } from '../units';
import type { FleetEventCode, StationConfig } from './config';
import type { Dialect, Request } from './dialect';
import { LeaseHold, leaseRefusal, leaseTerms, MAX_SKEW_MS } from './leaseHold';
import type { LeaseWrite } from './leaseHold';
import type { SessionContext } from './sessionContext';

/** A lease not on the wire by then is dropped; the next decision brings a new one. */
const LEASE_SEND_MS = 2_000;
/** Of lease and clear only the newest may wait for its turn. */
const KEY = 'lease';

export type LeasePurpose =
  | { readonly kind: 'lease'; readonly write: LeaseWrite }
  | { readonly kind: 'clear' }
  | { readonly kind: 'other' };

/** What the lease needs from its session. */
export interface LeaseHost {
  station(): StationConfig;
  dialect(): Dialect;
  connected(): boolean;
  floorVerified(): boolean;
  /** The most that may be leased now, A. */
  ceiling_A(): number;
  clockError_ms(): number;
  forgetClock(): void;
  ask(
    request: Request,
    purpose: LeasePurpose,
    priority: 'safety' | 'normal',
    now: Instant,
    key: string,
    sendBy?: Instant,
  ): void;
  /** Takes back what was asked under this key and is not on the wire yet. */
  withdraw(key: string): void;
  tell(code: FleetEventCode, text: string, now: Instant, hint?: string): void;
  changed(): void;
}

/** Writes one station's lease profile, when a decision says so and only then. */
export class StationLease {
  readonly hold = new LeaseHold();
  /** Nothing above the floor is written. */
  heldAtFloor = false;
  private readonly context: SessionContext;
  private readonly host: LeaseHost;
  /** Told once, so that their end can be told too. */
  private rejected = false;
  private skewed = false;

  constructor(context: SessionContext, host: LeaseHost) {
    this.context = context;
    this.host = host;
  }

  /** One station's part of a decision. The only way by which a lease profile is ever written. */
  order(lease: LeaseOrder, batch: LeaseBatch, now: Instant): void {
    if (lease.action === 'keep') return;
    const station = this.host.station();
    if (lease.action === 'clear' || lease.limit_A === station.floor_A) {
      this.revoke(now);
      return;
    }
    // A decision replaces the one before it, whether or not its own lease may be written.
    this.host.withdraw(KEY);
    if (!this.permitted(lease, station, now)) return;
    const limit_A = amps(Math.min(lease.limit_A, station.max_A, this.host.ceiling_A()));
    const ttl_ms = Math.min(lease.ttl_ms, station.ttl_ms);
    const decided = this.context.config.wall_ms(batch.decided_at);
    const terms = leaseTerms(limit_A, ttl_ms, decided, this.host.clockError_ms());
    const write = { limit_A, cycle: batch.cycle, ends_at: later(batch.decided_at, ttl_ms) };
    this.host.ask(
      this.host.dialect().lease(station, terms, this.context.nominal_V),
      { kind: 'lease', write },
      'safety',
      now,
      KEY,
      later(batch.decided_at, LEASE_SEND_MS),
    );
  }

  private permitted(lease: LeaseOrder, station: StationConfig, now: Instant): boolean {
    const clockError_ms = this.host.clockError_ms();
    const most_A = this.hold.most_A(now);
    const refusal = leaseRefusal(station, lease, {
      connected: this.host.connected(),
      floorVerified: this.host.floorVerified(),
      heldAtFloor: this.heldAtFloor,
      clockError_ms,
      mayRenew: this.hold.mayRenew(station, now),
      ...(most_A !== undefined && { most_A }),
    });
    if (refusal === undefined) {
      if (this.skewed) this.host.tell('clock-good', 'station clock is right again', now);
      this.skewed = false;
      return true;
    }
    this.context.counts.leasesRefused += 1;
    this.host.tell('lease-refused', `lease of ${lease.limit_A} A not written: ${refusal}`, now);
    if (refusal === 'clock-skew') this.askClock(clockError_ms, now);
    // What cannot be lowered to the wish is lowered to the floor.
    if (most_A !== undefined && most_A > Math.max(lease.limit_A, station.floor_A)) this.revoke(now);
    return false;
  }

  /** Nothing above the floor any more, whether it was sent, acknowledged or only waits. */
  revoke(now: Instant): void {
    this.host.withdraw(KEY);
    if (this.hold.possible(now)) this.clear(now);
  }

  clear(now: Instant): void {
    const request = this.host.dialect().clearLease(this.host.station(), this.context.nominal_V);
    this.host.ask(request, { kind: 'clear' }, 'safety', now, KEY);
  }

  /** The socket is gone, and with it what was told about it. */
  forget(): void {
    this.rejected = false;
    this.skewed = false;
  }

  /** The station's answer; `answered` = any answer at all. */
  reply(
    purpose: LeasePurpose,
    action: string,
    accepted: boolean,
    answered: boolean,
    now: Instant,
  ): void {
    if (purpose.kind === 'lease') this.written(purpose.write, accepted, now);
    // ClearChargingProfile: "Unknown" says that there is none, as good as cleared.
    if (purpose.kind === 'clear' && (accepted || (answered && action === 'ClearChargingProfile'))) {
      this.hold.cleared();
    }
    this.host.changed();
  }

  private written(write: LeaseWrite, accepted: boolean, now: Instant): void {
    if (accepted) {
      this.hold.acknowledged(write, now);
      this.context.counts.leasesAcknowledged += 1;
      if (this.rejected) this.host.tell('lease-accepted', 'station takes limits again', now);
      this.rejected = false;
      return;
    }
    this.rejected = true;
    this.context.counts.leasesRejected += 1;
    this.host.tell(
      'lease-rejected',
      `station refused ${write.limit_A} A`,
      now,
      'run the commissioning self-test: unit, stack levels or smart charging may be off',
    );
  }

  private askClock(error_ms: number, now: Instant): void {
    this.skewed = true;
    this.host.tell(
      'clock-skew',
      `station clock is ${Math.round(error_ms / 1000)} s off (allowed ${MAX_SKEW_MS / 1000} s)`,
      now,
      'the station must take its time from this controller; check its time source',
    );
    this.host.forgetClock();
    this.host.ask(this.host.dialect().askClock(), { kind: 'other' }, 'normal', now, 'clock');
  }
}
