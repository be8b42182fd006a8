import type { LeaseBatch, StationImage } from '../model';
import type { Instant } from '../time';
import type { FoundAbilities } from './abilityBook';
import type { OcppProtocol, StationAbilities, StationLink } from './config';
import type { SelfTestReport } from './selfTest';
import type { SelfTestOptions } from './selfTestScript';
import type { Frame } from './frame';
import type { RelayStats } from './relayTypes';

/** One station for a technician's list. */
export interface StationAbilityRow {
  readonly station: string;
  readonly connected: boolean;
  readonly protocol: OcppProtocol;
  readonly floorVerified: boolean;
  /** `vendor / model / firmware`; absent until it booted once. */
  readonly model?: string;
  readonly declared: StationAbilities;
  readonly found?: FoundAbilities;
  /** What is used: the stricter of both. */
  readonly used: StationAbilities;
}

/** The fleet's end of one socket. After `closed`, or once replaced, its calls do nothing. */
export interface StationPort {
  /** A message already decoded (in-memory transport). */
  receive(frame: Frame, now: Instant): void;
  /** A text message off the wire; malformed text is answered or counted, never thrown. */
  receiveText(text: string, now: Instant): void;
  closed(now: Instant): void;
}

export type ConnectOutcome =
  | { readonly accepted: true; readonly port: StationPort }
  | { readonly accepted: false; readonly reason: 'unknown-station' | 'site-silent' };

export type BatchOutcome =
  | { readonly accepted: true }
  | {
      readonly accepted: false;
      readonly reason: 'old-boot' | 'out-of-order' | 'stale' | 'from-the-future';
    };

export interface FleetStats {
  readonly connected: number;
  /** Lease writes a station acknowledged, first grants included. */
  readonly leasesAcknowledged: number;
  readonly leasesRejected: number;
  readonly leasesRefused: number;
  readonly batchesRefused: number;
  readonly callsTimedOut: number;
  readonly badFrames: number;
}

/**
 * All stations of a site. `apply` is the only place where a lease is written; `tick` (each second)
 * only times out, clears and closes.
 */
export interface StationFleet {
  /** A station's socket is open and authenticated. An earlier link of the same station is closed. */
  connect(station: string, link: StationLink, protocol: OcppProtocol, now: Instant): ConnectOutcome;
  /** One decision of `site`. Old or out-of-order batches change nothing. */
  apply(batch: LeaseBatch, now: Instant): BatchOutcome;
  tick(now: Instant): void;
  /** One image per configured station, in the order of the configuration. */
  images(now: Instant): readonly StationImage[];
  /** Whether an image changed since the last call of `images`. */
  changed(): boolean;
  stats(): FleetStats;
  /** Starts the self-test of one station; at most one runs. The result says why not. */
  startSelfTest(station: string, options: SelfTestOptions, now: Instant): string | undefined;
  /** The running self-test, or the last one. */
  selfTest(): SelfTestReport | undefined;
  abortSelfTest(why: string, now: Instant): void;
  /** A station whose certificate ran out is not raised above its safe static limit. */
  holdAtFloor(station: string, held: boolean, now: Instant): void;
  /** Something at the gate; the CPMS is told when the controller has an identity there. */
  noteSecurity(code: string, text: string, now: Instant): void;
  /** What each station is and can do, declared and found. */
  abilities(): readonly StationAbilityRow[];
  /** Undefined where there is no CPMS in the configuration. */
  relayStats(): RelayStats | undefined;
}
