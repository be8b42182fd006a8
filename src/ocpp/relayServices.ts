import type { Instant } from '../time';
import type { AuthorisationCache } from './authorisation';
import type { Backlog, BacklogRecord } from './backlog';
import type { AuthorisationStatus, FleetEventCode, OcppProtocol, StationConfig } from './config';
import type { Answer } from './dialect';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import type { LimitFacts } from './limitNotice';
import type { Observation } from './observation';
import type { RelayConfig, StationStanding } from './relayTypes';

/** What the relays of a fleet share. */
export interface RelayShared {
  readonly config: RelayConfig;
  readonly backlog: Backlog;
  readonly authorisations: AuthorisationCache;
  readonly idPrefix: string;
  readonly nominal_V: number;
  readonly wall_ms: (now: Instant) => number;
  readonly counts: RelayCounts;
}

export interface RelayCounts {
  relayed: number;
  denied: number;
  dropped: number;
}

/** What a relay needs from the session of its station. */
export interface RelayServices {
  station(): StationConfig;
  protocol(): OcppProtocol;
  standing(): StationStanding;
  /** Answers a CALL of the station, and remembers the answer for repetitions. */
  reply(call: CallFrame, reply: ResultFrame | ErrorFrame, now: Instant): void;
  /** A test that later says whether the station is still on the same socket. */
  sameLink(): () => boolean;
  /** Sends a CALL to the station when its socket is free; `done` gets undefined for no answer. */
  ask(
    call: CallFrame,
    now: Instant,
    done: (reply: ResultFrame | ErrorFrame | undefined, now: Instant) => void,
  ): void;
  /** The limits as they stand, for a notice to the CPMS. */
  limits(now: Instant): LimitFacts;
  /** The caps of the connectors may be gone: write them again. */
  recap(now: Instant): void;
  /** The next id for a CALL of our own. */
  newId(): string;
  /** The answer of the dialect without a CPMS. */
  answer(call: CallFrame, authorise: (tag: string) => AuthorisationStatus, now: Instant): Answer;
  /** Policy for a tag that the CPMS never spoke of. */
  unknownTag(tag: string): AuthorisationStatus;
  observe(seen: readonly Observation[], now: Instant): void;
  /** Takes what the CPMS's answer tells: transaction ids, authorisations. */
  learn(call: CallFrame, payload: JsonObject, now: Instant): void;
  /** The CPMS answered a kept record: ids to map, late refusals to act on. */
  recordAnswered(record: BacklogRecord, payload: JsonObject, now: Instant): void;
  closeStation(code: number, reason: string): void;
  event(code: FleetEventCode, text: string, now: Instant, hint?: string): void;
}
