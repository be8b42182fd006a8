import type { Instant } from '../time';
import type { Amps, Watts } from '../units';
import type { CallFrame, Frame } from './frame';
import type { RelayConfig } from './relayTypes';

export type OcppProtocol = 'ocpp1.6' | 'ocpp2.0.1';

/** What a station model can do, from its data sheet or the commissioning self-test. */
export interface StationAbilities {
  /** Where the station keeps a charging profile; `flash` counts against the write budget. */
  readonly leaseStorage: 'ram' | 'flash';
  /** The station ends a profile by itself after `duration`. If not, it is never raised by OCPP. */
  readonly honoursDuration: boolean;
  /** Highest stackLevel. 0: the lease is one schedule with two periods instead of a second level. */
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
  /** Station TTL: longest lease, and the site silence after which the socket is closed. */
  readonly ttl_ms: number;
  readonly abilities: StationAbilities;
}

export type AuthorisationStatus = 'Accepted' | 'Blocked' | 'Expired' | 'Invalid' | 'ConcurrentTx';

export interface FleetConfig {
  readonly stations: readonly StationConfig[];
  /** Starts every message id of our own; unique per process start (<= 12 characters). */
  readonly idPrefix: string;
  /** Wall clock at a monotonic instant, ms since 1970 UTC: OCPP schedules are in wall time. */
  readonly wall_ms: (now: Instant) => number;
  /** Local answer to Authorize and StartTransaction while there is no CPMS. */
  readonly authorise: (station: string, idTag: string) => AuthorisationStatus;
  /** Wanted MeterValueSampleInterval in s; 0 leaves the station as it is. Default 5. */
  readonly meterInterval_s?: number;
  /** Nominal phase voltage for A to W in profiles. Default 230 V. */
  readonly nominal_V?: number;
  /** Last check before the wire: the OCPP part of `guard`. Absent: none (tests only). */
  readonly guard?: OutgoingGuard;
  readonly onEvent?: (event: FleetEvent) => void;
  /** The way to the CPMS; absent: the controller is alone. */
  readonly relay?: RelayConfig;
}

/** Port towards `guard`: may this CALL of our own be sent to this station? */
export type OutgoingGuard = (
  station: StationConfig,
  call: CallFrame,
  now: Instant,
) => { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** What happened, for alarms and log; `hint` says to a technician what to do. */
export interface FleetEvent {
  readonly at: Instant;
  readonly station: string;
  readonly code: FleetEventCode;
  readonly text: string;
  readonly hint?: string;
}

export const FLEET_EVENT_CODES = [
  'connected',
  'disconnected',
  'booted',
  'floor-verified',
  'floor-failed',
  'lease-refused',
  'lease-rejected',
  'lease-cleared-site-silent',
  'closed-site-silent',
  'batch-refused',
  'call-timeout',
  'queue-full',
  'clock-skew',
  'bad-frame',
  'denied',
  'cpms-connected',
  'cpms-lost',
  'cpms-timeout',
  'cpms-limit',
  'boot-not-accepted',
  'record-refused',
  'backlog-full',
  'session-stopped',
] as const;
export type FleetEventCode = (typeof FLEET_EVENT_CODES)[number];

/** Port: the way to one connected station. Never calls back synchronously. */
export interface StationLink {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}
