import type { Instant } from '../time';
import type { BessReading, Measurement, MeterReading, PvReading } from './measurement';
import type { LimitRequest, NodeLimit } from './limits';
import type { AcknowledgedLease, StationImage } from './stations';
import type { Watts } from '../units';

/** A lease on a field device that was written, echoed and read back. */
export interface DeviceLease {
  readonly value: Watts;
  readonly acknowledged_at: Instant;
  /** Instant at which the device falls to its expiry range by itself, counted from sending. */
  readonly ends_at: Instant;
}

/** What is known about a controllable field device at the latch. */
export interface BessState {
  readonly id: string;
  readonly reading: Measurement<BessReading>;
  readonly lease?: DeviceLease;
  /** Last value commanded, acknowledged or not. */
  readonly commanded_W?: Watts;
  /** Echoed and read back but not executed within the profile's time. */
  readonly notResponding: boolean;
  /** It failed to execute a setpoint and has followed none since. */
  readonly unproved?: true;
}

export interface PvState {
  readonly id: string;
  readonly reading: Measurement<PvReading>;
  readonly lease?: DeviceLease;
  readonly commanded_W?: Watts;
  readonly notResponding: boolean;
  /** It failed to execute a setpoint and has followed none since. */
  readonly unproved?: true;
}

/** One station at the latch: its image or the reason why there is none. */
export interface StationState {
  readonly id: string;
  readonly image: Measurement<StationImage>;
  readonly lease?: AcknowledgedLease;
  /** Last value sent, acknowledged or not, in A. */
  readonly commanded_A?: number;
}

/** Everything a decision may look at; frozen at the latch of a cycle. */
export interface SiteState {
  readonly cycle: number;
  readonly at: Instant;
  readonly grid: Measurement<MeterReading>;
  readonly meters: ReadonlyMap<string, Measurement<MeterReading>>;
  readonly bess: readonly BessState[];
  readonly pv: readonly PvState[];
  readonly stations: readonly StationState[];
  readonly requests: readonly LimitRequest[];
  /** What site file and grid operator allow at this instant beside the rated limits. */
  readonly limits?: readonly NodeLimit[];
  readonly emergencyStop: boolean;
}
