import type { Instant } from '../time';
import type { TagMemory } from './tagMemory';
import type { CallFrame, JsonObject } from './frame';
import type { OcppProtocol, StationConfig } from './stationConfig';

/** The controller's own identity at the CPMS (OCPP 2.0.1 part 4, 6: one socket for itself). */
export interface ControllerIdentity {
  readonly id: string;
  readonly protocol: OcppProtocol;
  readonly firmware: string;
}

/** Where a station stands with its CPMS, for the guard. */
export interface StationStanding {
  readonly protocol: OcppProtocol;
  /** BootNotification was accepted, or the station was never restarted. */
  readonly booted: boolean;
  /** It was answered `Pending`: the CPMS may ask for reports before it accepts. */
  readonly pending?: boolean;
}

/** A refusal is never silence: an answer in the action's own words, or an OCPP error. */
export type GuardVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string; readonly reply: Denial };

export type Denial =
  | { readonly kind: 'payload'; readonly payload: JsonObject }
  | { readonly kind: 'error'; readonly code: string; readonly description: string };

/** Port towards `guard`: may this CALL of another party pass? */
export type ForeignGuard = (
  station: StationConfig,
  standing: StationStanding,
  call: CallFrame,
  now: Instant,
) => GuardVerdict;

/** Port: is a payload what the schema of its action says? `conf` = the answer to the action. */
export type SchemaCheck = (
  protocol: OcppProtocol,
  action: string,
  kind: 'req' | 'conf',
  payload: JsonObject,
) => boolean;

/** Port: the socket to the CPMS for one station. Never calls back synchronously. */
export interface UpstreamLink {
  send(text: string): void;
  close(): void;
}

export interface UpstreamEvents {
  opened(now: Instant): void;
  received(text: string, now: Instant): void;
  /** Also when the connection could not be made. */
  closed(now: Instant): void;
}

/** Port: opens one socket to the CPMS, with the station's own path and sub-protocol. */
export type UpstreamConnector = (
  station: string,
  protocol: OcppProtocol,
  events: UpstreamEvents,
) => UpstreamLink;

/**
 * Port: durable records, in order. `durable` is called once the record and all before it have
 * reached the disk; nothing is acknowledged to a station before that.
 */
export interface RecordStore {
  append(record: string, durable: () => void): void;
  /** Replaces all records by these, atomically. Called when most are dead. */
  rewrite(records: readonly string[]): void;
}

/** Port: passwords that a CPMS rotates. Nothing is said to anybody before it is on disk. */
export interface RotationPort {
  /** From now on a station may log in with this one too; `stored` = it is on disk. */
  offer(station: string, secret: string, done: (stored: boolean) => void): void;
  /** The station took it; the CPMS now expects it of the gateway. */
  taken(station: string, secret: string): void;
  /** The station refused it. */
  refused(station: string, secret: string): void;
  /** The gateway's own password at the CPMS for this station; false when it cannot be stored. */
  own(station: string, secret: string): boolean;
}

export interface RelayConfig {
  /** What a password rotation by the CPMS changes. Absent: it is refused. */
  readonly rotation?: { readonly mode: 'follow' | 'gateway'; readonly port: RotationPort };
  readonly connect: UpstreamConnector;
  readonly store: RecordStore;
  /** What the store held at start, oldest first. */
  readonly recovered: readonly string[];
  readonly fromCpms: ForeignGuard;
  readonly fromStation: ForeignGuard;
  readonly schema?: SchemaCheck;
  /**
   * `detached` (default): with the CPMS away stations stay connected and are answered locally.
   * `strict-6.3`: their sockets are closed (OCPP 2.0.1 part 4, 6.3), they queue by themselves.
   */
  readonly whenDetached?: 'detached' | 'strict-6.3';
  /** Where answers about tags are remembered over a restart. */
  readonly tags?: TagMemory;
  /** The controller's own identity at the CPMS; absent: it has none. */
  readonly controller?: ControllerIdentity;
  /** 1.6: give transactions begun while detached an id of our own, mapped later. Default false. */
  readonly provisionalIds?: boolean;
}

/** What the relay has done, for status and alarms. */
export interface RelayStats {
  readonly attached: number;
  /** The CPMS accepted the boot of the controller itself. */
  readonly controller: boolean;
  readonly relayed: number;
  readonly denied: number;
  readonly backlog: number;
  /** Records sent to the CPMS more than once because its answer was lost. */
  readonly repeated: number;
  readonly dropped: number;
}
