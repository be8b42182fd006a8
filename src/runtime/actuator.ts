import {
  clearSetpoint,
  type EncodedSetpoint,
  encodeSetpoint,
  type Quantity,
  type RegisterWrite,
} from '../device';
import type { Bus, BusPriority, BusResult } from '../modbus';
import type { DeviceLease, Setpoint } from '../model';
import { type Instant, later } from '../time';
import { watts } from '../units';
import type { PolledDevice } from './polledDevice';

/**
 * A setpoint must be on the wire within this time, or it is dropped: the next cycle decides anew.
 */
const WRITE_DEADLINE_ms = 900;

/** What is known about the last write, for records and alarms. */
export interface ActuatorState {
  readonly lease?: DeviceLease;
  /** Last value that may be in force: sent, acknowledged or not, W. */
  readonly commanded_W?: number;
  /** Last value that was sent and whose taking back is not proved, W; absent: none. */
  readonly held_W?: number;
  /** Until then the device may hold a value above 0 that it was sent; absent: none is in force. */
  readonly holdsUntil?: Instant;
  /** Since when a write has been waiting for its proof. */
  readonly pendingSince?: Instant;
  /** Why the last write failed; absent after a success. */
  readonly failure?: string;
  readonly acknowledged: number;
}

/**
 * Writes setpoints to one device and proves them: each frame echoed, then read back. A setpoint
 * counts only after that (verified actuation); until then the caller reserves its worst case.
 */
export class Actuator {
  private readonly device: PolledDevice;
  private readonly bus: Bus;
  private state: ActuatorState = { acknowledged: 0 };
  private sequence = 0;

  constructor(device: PolledDevice, bus: Bus) {
    this.device = device;
    this.bus = bus;
  }

  current(): ActuatorState {
    return this.state;
  }

  /** Starts one decided setpoint; a newer one supersedes an older one that still waits. */
  apply(setpoint: Setpoint, now: Instant): void {
    const quantity: Quantity = setpoint.quantity;
    const wish = {
      quantity,
      value_W: setpoint.value,
      ttl_ms: setpoint.ttl_ms,
      tag: this.sequence + 1,
    };
    const clearing = setpoint.action === 'clear';
    const encoded = clearing
      ? clearSetpoint(this.device.profile, quantity)
      : encodeSetpoint(this.device.profile, wish, this.device.image());
    this.sequence += 1;
    if (!this.device.mayWrite()) {
      const conflict = this.device.identityConflict()?.join('; ');
      const failure = conflict ?? 'not written: the device has not shown its identity yet';
      this.state = { ...this.state, failure, pendingSince: this.state.pendingSince ?? now };
      return;
    }
    if (!encoded.ok) {
      this.state = { ...this.state, failure: encoded.why };
      return;
    }
    this.state = { ...this.state, pendingSince: this.state.pendingSince ?? now };
    const priority: BusPriority = clearing ? 0 : 1;
    this.write(encoded, 0, { sequence: this.sequence, priority, clearing }, now);
  }

  private write(
    encoded: EncodedSetpoint & { ok: true },
    step: number,
    job: { sequence: number; priority: BusPriority; clearing: boolean },
    now: Instant,
  ): void {
    const request: RegisterWrite | undefined = encoded.writes[step];
    if (request === undefined) return;
    const last = step === encoded.writes.length - 1;
    this.bus.submit({
      device: this.device.id,
      request,
      priority: job.priority,
      deadline: later(now, WRITE_DEADLINE_ms),
      group: `setpoint-${step}`,
      onDone: (result, at) => {
        if ((result.ok || result.sent) && !job.clearing) this.holds(encoded.ttl_s, at);
        if (job.sequence !== this.sequence && !result.ok) return;
        if (result.ok || result.sent) this.inForce(encoded.value_W, job.clearing);
        if (!result.ok) return this.failed(result);
        if (last) this.readBack(encoded, 0, job, result.sent_at, at);
        else if (job.sequence === this.sequence) this.write(encoded, step + 1, job, at);
      },
    });
  }

  /** Nothing is asked of the device now: what it can no longer hold needs no proof any more. */
  rest(now: Instant): void {
    if (this.state.pendingSince === undefined || this.holding(now)) return;
    this.state = { acknowledged: this.state.acknowledged };
  }

  /** Whether the device may still act on something it was sent. */
  holding(now: Instant): boolean {
    const { lease, held_W, holdsUntil } = this.state;
    if (lease !== undefined && lease.ends_at > now) return true;
    const terms = this.device.profile.data.lease;
    const ends = terms.mechanism !== 'none' && !terms.fedByReads;
    if (ends) return holdsUntil !== undefined && holdsUntil > now;
    return held_W !== undefined && held_W !== 0;
  }

  /** From the moment a frame may have arrived, the greater of both values counts. */
  private inForce(value_W: number, clearing: boolean): void {
    const commanded_W = clearing ? 0 : value_W;
    this.state = { ...this.state, commanded_W, ...(clearing ? {} : { held_W: value_W }) };
  }

  private holds(ttl_s: number, at: Instant): void {
    const until = later(at, ttl_s * 1000);
    const { holdsUntil } = this.state;
    if (holdsUntil === undefined || until > holdsUntil)
      this.state = { ...this.state, holdsUntil: until };
  }

  private failed(result: BusResult & { ok: false }): void {
    this.state = { ...this.state, failure: result.text };
  }

  private readBack(
    encoded: EncodedSetpoint & { ok: true },
    step: number,
    job: { sequence: number; priority: BusPriority; clearing: boolean },
    sent_at: Instant,
    now: Instant,
  ): void {
    const proof = encoded.readBack[step];
    if (proof === undefined) return;
    this.bus.submit({
      device: this.device.id,
      request: proof.read,
      priority: job.priority,
      deadline: later(now, WRITE_DEADLINE_ms),
      group: `read-back-${step}`,
      onDone: (result, at) => {
        if (job.sequence !== this.sequence) return;
        if (!result.ok) return this.failed(result);
        const verdict = proof.expect(result.registers);
        if (!verdict.ok) {
          this.state = { ...this.state, failure: verdict.why };
          return;
        }
        if (step < encoded.readBack.length - 1)
          return this.readBack(encoded, step + 1, job, sent_at, at);
        const lease: DeviceLease = {
          value: watts(encoded.value_W),
          acknowledged_at: at,
          // Counted from sending: the device started its timer no earlier, we expect it no later.
          ends_at: later(sent_at, encoded.ttl_s * 1000),
        };
        const proved: ActuatorState = {
          commanded_W: job.clearing ? encoded.value_W : (this.state.commanded_W ?? encoded.value_W),
          acknowledged: this.state.acknowledged + 1,
        };
        const held = this.state.holdsUntil;
        const holding = held === undefined ? {} : { holdsUntil: held };
        const held_W = encoded.value_W;
        this.state = job.clearing ? proved : { ...proved, ...holding, held_W, lease };
      },
    });
  }
}
