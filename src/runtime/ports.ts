import type { Bus } from '../modbus';
import type { CycleRecord, LeaseBatch, Links, Mode, StationImage } from '../model';
import type { DigestedEvent, StationCondition } from '../ocpp';
import type { Clock, Timers } from '../time';
import type { Contact } from './siteLimits';
import type { DrillBook } from './drillBook';
import type { SiteSnapshot } from './snapshot';

/** Where stations are reached: in this process, or in another one behind IPC. */
export interface StationsPort {
  /** Newest image of each station; empty when the process is silent. */
  images(): readonly StationImage[];
  /** The process ended: told at once, while its last images still count until they are too old. */
  gone?(): boolean;
  /** Latest wins; never blocks. */
  apply(batch: LeaseBatch): void;
  /** Whether at least one station is attached to its CPMS; down where there is none. */
  cpms(): 'up' | 'down';
  /** Acknowledged lease writes since the start. */
  leasesAcknowledged(): number;
  modeAndLinks(mode: Mode, links: Links): void;
  /** What is wrong at gate and sessions now; each becomes an alarm of the same name. */
  conditions(): readonly StationCondition[];
  /** Newest events for the audit; the same ones may be given again, by their sequence. */
  events(): readonly DigestedEvent[];
}

/** Where the supervisor is, and what it said last. */
export interface SupervisorPort {
  send(record: CycleRecord): void;
  status(): SupervisorStatus;
  /** Asks it to give no edges until the relay has dropped. */
  lineDrill(line: string): void;
  /** A person releases the latch of returns. */
  release(): void;
}

export interface SupervisorStatus {
  readonly answers: boolean;
  readonly line: 'energised' | 'dropped' | 'unknown';
  readonly latched: boolean;
  /** "Why not fed", or "fed". */
  readonly text: string;
  readonly acceptedRecords: number;
  /** Each line by its feedback contact; absent where there is only one. */
  readonly lines?: readonly {
    readonly id: string;
    readonly state: 'energised' | 'dropped' | 'unknown';
    /** On purpose: isolated or drilled. */
    readonly leftOut: boolean;
    /** Its relay must have dropped by now and has not. */
    readonly stuck: boolean;
  }[];
}

/** State and alarms to the CPO; losing it changes nothing here. */
export interface UplinkPort {
  publish(snapshot: SiteSnapshot): void;
  readonly connected: () => boolean;
}

/** Append-only record of what happened; a failure to write never stops a cycle. */
export interface AuditPort {
  append(entry: AuditEntry): void;
}

export interface AuditEntry {
  readonly kind: 'mode' | 'alarm' | 'denial' | 'limit' | 'human' | 'start' | 'stop' | 'note';
  readonly text: string;
  readonly subject: string;
}

/** Potential-free contacts by name: grid operator, emergency stop. */
export interface InputsPort {
  /** A contact that is not declared or cannot be read is unknown. */
  contact(name: string): Contact;
}

/** Where the results of drills are kept for good; absent: nowhere, as in a simulation. */
export interface DrillBookPort {
  /** What was kept; what cannot be read or verified is a book that says nothing good. */
  load(): DrillBook;
  /** Never waits for a disk. */
  save(book: DrillBook): void;
}

/** Everything the site process is given; nothing is looked up. */
export interface RuntimePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly buses: ReadonlyMap<string, Bus>;
  readonly stations: StationsPort;
  readonly supervisor: SupervisorPort;
  readonly uplink: UplinkPort;
  readonly drillBook?: DrillBookPort;
  readonly audit: AuditPort;
  /** Absent: the board has none; every contact is unknown. */
  readonly inputs?: InputsPort;
}
