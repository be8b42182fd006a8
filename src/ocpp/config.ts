import type { Instant } from '../time';
import type { AbilityBook } from './abilityBook';
import type { CallFrame, Frame } from './frame';
import type { RelayConfig } from './relayTypes';
import type { StationConfig } from './stationConfig';

export type { OcppProtocol, StationAbilities, StationConfig } from './stationConfig';

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
  /** What self-tests found, and what stations said they are. Absent: nothing is remembered. */
  readonly abilities?: AbilityBook;
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

export type FleetEventCode =
  | 'connected'
  | 'disconnected'
  | 'booted'
  | 'floor-verified'
  | 'floor-failed'
  | 'connector-limit-failed'
  | 'lease-refused'
  | 'lease-rejected'
  | 'lease-cleared-site-silent'
  | 'closed-site-silent'
  | 'batch-refused'
  | 'call-timeout'
  | 'queue-full'
  | 'clock-skew'
  | 'clock-good'
  | 'lease-accepted'
  | 'limit-not-applied'
  | 'limit-applied'
  | 'bad-frame'
  | 'denied'
  | 'cpms-connected'
  | 'cpms-lost'
  | 'cpms-timeout'
  | 'cpms-clock'
  | 'cpms-control'
  | 'cpms-limit'
  | 'cpms-profile-rewritten'
  | 'password-changed'
  | 'boot-not-accepted'
  | 'record-refused'
  | 'backlog-full'
  | 'session-stopped'
  | 'self-test-started'
  | 'self-test-ended';

/** Port: the way to one connected station. Never calls back synchronously. */
export interface StationLink {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}
