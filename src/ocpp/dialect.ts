import type { AuthorisationStatus, StationConfig } from './config';
import type { CallFrame, JsonObject } from './frame';
import type { Observation } from './observation';

/** A CALL of our own before it has an id. */
export interface Request {
  readonly action: string;
  readonly payload: JsonObject;
}

/** What the local controller answers when no CPMS does. */
export type Answer =
  | { readonly ok: true; readonly payload: JsonObject; readonly seen?: readonly Observation[] }
  | { readonly ok: false; readonly code: string; readonly description: string };

export interface AnswerContext {
  readonly wall_ms: number;
  readonly authorise: (idTag: string) => AuthorisationStatus;
  /** The next transaction id; called only when a transaction really begins. */
  readonly newTransaction: () => number;
}

/** A lease before it is put into words of a protocol version. */
export interface LeaseTerms {
  readonly limit_A: number;
  /** Start and end in the station's own wall time, ms. */
  readonly start_ms: number;
  readonly duration_s: number;
}

/** What a limit profile read back from a station says: the steps of its limit in A per phase. */
export interface CompositeSteps {
  readonly steps_A: readonly number[];
}

/** One protocol version: how to say what the controller wants, and how to read what it hears. */
export interface Dialect {
  /** What a CALL of the station tells about it. */
  observe(call: CallFrame): readonly Observation[];
  answer(call: CallFrame, context: AnswerContext): Answer;
  floor(station: StationConfig, nominal_V: number): Request;
  lease(station: StationConfig, terms: LeaseTerms, nominal_V: number): Request;
  /** A lasting limit of one connector, below which the station maximum still holds. */
  connectorCap(
    station: StationConfig,
    connector: number,
    limit_A: number,
    nominal_V: number,
  ): Request;
  clearLease(station: StationConfig, nominal_V: number): Request;
  composite(station: StationConfig, duration_s: number): Request;
  /** Absent when the station gave no usable schedule. */
  readComposite(
    station: StationConfig,
    payload: JsonObject,
    nominal_V: number,
  ): CompositeSteps | undefined;
  /** Whether the answer to a profile write says that the station took it. */
  accepted(payload: JsonObject): boolean;
  readSettings(): Request;
  /** Unit, levels and meter interval as the station reports them; absent = not reported. */
  settingsOf(payload: JsonObject): ReportedSettings;
  writeMeterInterval(interval_s: number): Request;
  askClock(): Request;
  /** What makes the station tell how a connector stands. */
  askStatus(connector: number): readonly Request[];
  /** Restart of the whole station, at once. */
  reset(): Request;
  /** Ends a transaction from here; `transaction` as the station numbers it. */
  stopTransaction(transaction: string): Request;
}

export interface ReportedSettings {
  readonly units?: readonly ('A' | 'W')[];
  readonly maxStackLevel?: number;
  readonly meterInterval_s?: number;
}
