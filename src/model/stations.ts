import type { Instant } from '../time';
import type { Amps, ThreePhase, Watts } from '../units';

/** Connector status in the words of OCPP 1.6, section 7.7 (2.0.1 maps onto it). */
export type ConnectorStatus =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEVSE'
  | 'SuspendedEV'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable'
  | 'Faulted';

/** What `stations` tells `site` about one station. Observations only: they may take headroom away. */
export interface StationImage {
  readonly station: string;
  readonly connected: boolean;
  /** The floor profile was read back or accepted since the last (re)connect. */
  readonly floorVerified: boolean;
  readonly status: ConnectorStatus;
  /** A vehicle wants energy: plugged, authorised, not full. */
  readonly wantsEnergy: boolean;
  /** Power reported by the station's own meter, W; absent when it reports none. */
  readonly power_W?: Watts;
  readonly current_A?: ThreePhase<Amps>;
  /** When the meter values above were measured here (monotonic), not when they were relayed. */
  readonly metered_at?: Instant;
  readonly energy_Wh?: number;
  /** Last lease the station acknowledged. */
  readonly lease?: AcknowledgedLease;
  /** Lowest limit another party (CPMS) asks for, in A per phase; absent = none. */
  readonly requested_A?: Amps;
  /** Departure the vehicle told (ISO 15118 through OCPP 2.0.1, use case K15). */
  readonly departs_at?: Instant;
  /** What the vehicle still needs until then, Wh: told, less what its meter has counted since. */
  readonly energyNeed_Wh?: number;
  readonly lastSeen_at: Instant;
}

export interface AcknowledgedLease {
  readonly limit_A: Amps;
  /** Number of the cycle that decided it. */
  readonly cycle: number;
  readonly acknowledged_at: Instant;
  /** Instant at which the station falls back by itself, counted from when we sent it. */
  readonly ends_at: Instant;
}

/** site -> stations, each cycle. A station that is not named gets nothing and falls to its floor. */
export interface LeaseBatch {
  readonly bootId: string;
  readonly cycle: number;
  readonly decided_at: Instant;
  readonly leases: readonly StationLease[];
}

/**
 * One station's limit. `renew` is decided by the lease rules in the decision step; `stations` never
 * repeats a batch. A limit equal to the safe static limit means: revoke the lease, the floor holds.
 */
export interface StationLease {
  readonly station: string;
  readonly limit_A: Amps;
  readonly action: 'grant' | 'renew' | 'lower' | 'clear' | 'keep';
  readonly ttl_ms: number;
}
