import type { Instant } from '../time';

/** `normal | blind | static | cut | service`, see SAFETY.md "Modes". */
export type Mode = 'normal' | 'blind' | 'static' | 'cut' | 'service';

/** Upstream links; they never change what may be raised. */
export interface Links {
  readonly uplink: 'up' | 'down';
  readonly cpms: 'up' | 'down';
}

/** What one device was told and what of it is proved, as the supervisor sees it. */
export interface RecordEntry {
  readonly id: string;
  readonly kind: 'station' | 'bess' | 'pv';
  /** Commanded by this cycle: A per phase for stations, W otherwise. */
  readonly commanded: number;
  /** Acknowledged and read back, or its worst case is already taken from the headroom. */
  readonly proved: 'acknowledged' | 'reserved' | 'pending';
  /** Value counted against the limits (commanded, expiry or measured, whichever is worst). */
  readonly counted: number;
  /** When the lease behind it ends; absent when at the safe static limit. */
  readonly ends_at?: Instant;
}

/** The proof of one cycle, sent to the supervisor. It feeds the line only on evidence in here. */
export interface CycleRecord {
  readonly bootId: string;
  readonly cycle: number;
  /** Monotonic instants of the latch and of the end of the decision. */
  readonly latched_at: Instant;
  readonly decided_at: Instant;
  readonly wall_ms: number;
  readonly mode: Mode;
  readonly links: Links;
  /** Raw register words of the grid meter with the instant of reception; the supervisor decodes it. */
  readonly gridFrame?: { readonly device: string; readonly at: Instant; readonly frame: string };
  /** The same for the read that brings its energy registers; absent where it has none. */
  readonly energyFrame?: { readonly device: string; readonly at: Instant; readonly frame: string };
  readonly entries: readonly RecordEntry[];
  /** Oldest write still without acknowledgement, ms; 0 when none. */
  readonly oldestUnacknowledged_ms: number;
  readonly decisionDone: boolean;
  /** Lines to be left out: a station on them does not obey. It can only take edges away. */
  readonly isolate?: readonly string[];
}
