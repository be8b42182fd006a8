import type { Instant } from '../time';
import type { AbilityBook } from './abilityBook';
import type { FleetConfig, FleetEventCode } from './config';
import type { RelayShared } from './relayServices';

/** What the sessions of a fleet share. */
export interface SessionContext {
  readonly config: FleetConfig;
  readonly nominal_V: number;
  readonly counts: Counts;
  readonly book: AbilityBook;
  /** Absent without a CPMS. */
  readonly shared?: RelayShared;
  newId(): string;
  newTransaction(): number;
  event(station: string, code: FleetEventCode, text: string, now: Instant, hint?: string): void;
}

/** Counters behind FleetStats. */
export interface Counts {
  leasesAcknowledged: number;
  leasesRejected: number;
  leasesRefused: number;
  batchesRefused: number;
  callsTimedOut: number;
  badFrames: number;
}
