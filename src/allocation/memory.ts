import type { Instant } from '../time';
import type { Layout } from './layout';

/** What the allocation carries from one call to the next. Opaque to callers; never mutated. */
export interface AllocationMemory {
  readonly at?: Instant;
  /** What the samples belong to; another tree starts afresh. */
  readonly layout?: Layout;
  readonly samples: readonly LoadSample[];
  readonly stations: ReadonlyMap<string, StationMemory>;
  readonly bess: ReadonlyMap<string, BessMemory>;
  readonly pv: ReadonlyMap<string, PvMemory>;
}

/** One second of load estimates. */
export interface LoadSample {
  readonly at: Instant;
  /** Base load by node and phase, A, and by node over all phases, W; NaN: nothing measures it. */
  readonly base_A: Float64Array;
  readonly base_W: Float64Array;
  /** All loads at the connection point, W: the smallest of the second. */
  readonly load_W: number;
}

export interface StationMemory {
  readonly grant_A: number;
  /** Allowed to charge, or waiting; and since when. */
  readonly runs: boolean;
  readonly since: Instant;
  /** What the vehicle was seen to take at most, A, and since when it takes less than it may. */
  readonly learned_A?: number;
  readonly slackSince?: Instant;
}

export interface BessMemory {
  readonly wish_W: number;
  /** Last sign that was not 0, and when it was last asked for. */
  readonly turned: -1 | 0 | 1;
  readonly turned_at: Instant;
  /** Recharging from free headroom is under way (hysteresis). */
  readonly recharging: boolean;
}

export interface PvMemory {
  /** Smallest of the recent measured powers is what counts, W. */
  readonly recent: readonly { readonly at: Instant; readonly power_W: number }[];
  readonly last_W?: number;
  readonly limit_W?: number;
}

/** Nothing is remembered: the state at start. */
export const NO_ALLOCATION_MEMORY: AllocationMemory = {
  samples: [],
  stations: new Map(),
  bess: new Map(),
  pv: new Map(),
};
