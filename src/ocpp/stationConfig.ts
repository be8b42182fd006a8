import type { Amps, Watts } from '../units';

/** 2.1 is negotiated only with models that the site file names. */
export type OcppProtocol = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1';

/** What a station model can do, from its data sheet or the commissioning self-test. */
export interface StationAbilities {
  /** Where the station keeps a charging profile; `flash` counts against the write budget. */
  readonly leaseStorage: 'ram' | 'flash';
  /** The station ends a profile by itself after `duration`. If not, it is never raised by OCPP. */
  readonly honoursDuration: boolean;
  /** Highest stackLevel. 0: the lease is one schedule (floor, lease, floor) and no second level. */
  readonly maxStackLevel: number;
  /** Shortest time between two profile writes, except those that lower or clear. */
  readonly minRenew_s: number;
  /** A limit of 0 A is accepted and pauses the session. */
  readonly zeroAllowed: boolean;
  /** ChargingScheduleAllowedChargingRateUnit: profiles in the other unit are rejected. */
  readonly unit: 'A' | 'W';
  /** Measured draw between power-on and floor; absent: counted at rated power. */
  readonly preBootPower_W?: Watts;
}

export interface StationConfig {
  /** OCPP identity, `[A-Za-z0-9._:-]{1,48}`. */
  readonly id: string;
  readonly connectors: number;
  readonly phases: 1 | 2 | 3;
  /** Safe static limit per phase; the floor profile carries it. */
  readonly floor_A: Amps;
  /** Rated current per phase; no lease goes above it. */
  readonly max_A: Amps;
  /** Rated current of one connector where it is less than the station's; per phase. */
  readonly connectorMax_A?: Amps;
  /** Station TTL: longest lease, and the site silence after which the socket is closed. */
  readonly ttl_ms: number;
  readonly abilities: StationAbilities;
}
