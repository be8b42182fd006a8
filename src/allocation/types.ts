import type { Reason } from '../model';
import type { Instant } from '../time';
import type { Phase, ThreePhase } from '../units';

/**
 * Types of the door: what the allocation looks at and what it answers.
 */

/** A node as the allocation sees it; root first, parents before children. */
export interface AllocationNode {
  readonly id: string;
  readonly parent?: string;
  /** Composed import limit per phase, A (the minimum over all sources), and who set it. */
  readonly import_A: ThreePhase<number>;
  readonly limitReason: Reason;
  /** Composed active and apparent bounds over all phases, where there are any. */
  readonly import_W?: number;
  readonly import_VA?: number;
  readonly export_W?: number;
  readonly neutral_A?: number;
  /** Greatest difference between two phases, A. */
  readonly unbalance_A?: number;
  /** Kept below the limit, share 0..0.5. */
  readonly margin: number;
  /** Measured phase voltages, or 0.9 Un where none is measured. */
  readonly voltage_V: ThreePhase<number>;
  /** Fresh measurement at this node's meter; absent: no meter, or not fresh. */
  readonly measured?: NodeMeasurement;
  /**
   * Declared greatest base load directly at this node, A per phase; counts where nothing measures
   * it.
   */
  readonly baseWorst_A: number;
  /** Current that may flow for the declared reaction time when support is lost, A per phase. */
  readonly contingency_A: number;
  /**
   * All loads together stay below this whatever is fed in: rating of the busbar, or the limit less
   * the envelope that is kept free. Absent: no such bound.
   */
  readonly loadsMax_A?: number;
}

export interface NodeMeasurement {
  /** Active power through the node, positive = towards the loads (import), W. */
  readonly net_W: ThreePhase<number>;
  /** Magnitude of reactive power, var. */
  readonly reactive_var: ThreePhase<number>;
  readonly at: Instant;
}

/** A station that may be given current. Currents are A per wired phase. */
export interface AllocationStation {
  readonly id: string;
  readonly node: string;
  /** Grid phases of the station's own L1.. in order. */
  readonly wiring: readonly Phase[];
  readonly kind: 'ac' | 'dc';
  readonly floor_A: number;
  readonly max_A: number;
  readonly minStart_A: number;
  readonly weight: number;
  /** Smaller comes first. */
  readonly priority: number;
  /**
   * `claims`: a vehicle wants energy and the limit can be set. `idle`: nobody plugged, or full; it
   * keeps its floor. `reserved`: cannot be controlled now (silent, unverified floor, not
   * self-expiring, overdrawing); it counts with `reserved_A` and gets nothing.
   */
  readonly state: 'claims' | 'idle' | 'reserved';
  /** Counted while `reserved`: the largest of last commanded, expiry value and pre-boot current. */
  readonly reserved_A: number;
  /** Value in force or possibly in force (acknowledged or sent and not expired). */
  readonly commanded_A: number;
  /** Latest own meter values on L1, L2, L3; absent: unknown. */
  readonly measured_A?: ThreePhase<number>;
  /**
   * Smallest measured current within the grid meter's window: what surely is part of the measured
   * load. Unknown: 0.
   */
  readonly surely_A: ThreePhase<number>;
  /** Limit another party asks for (CPMS), A. */
  readonly requested_A?: number;
  readonly plugged_at?: Instant;
  readonly departs_at?: Instant;
  readonly energyNeed_Wh?: number;
  readonly delivered_Wh?: number;
}

export interface AllocationBess {
  readonly id: string;
  readonly node: string;
  readonly discharge_W: number;
  readonly charge_W: number;
  readonly capacity_Wh: number;
  readonly socMin: number;
  readonly socMax: number;
  readonly socReserve: number;
  /** Absent: no good reading; it gives nothing and its worst expiry value counts as load. */
  readonly reading?: {
    readonly power_W: number;
    readonly soc: number;
    readonly chargeMax_W: number;
    readonly dischargeMax_W: number;
  };
  /** Acknowledged and read back: value and end. */
  readonly lease?: { readonly value_W: number; readonly ends_at: Instant };
  readonly commanded_W: number;
  readonly expiryMin_W: number;
  readonly expiryMax_W: number;
  /** It follows setpoints and may be given some. */
  readonly usable: boolean;
  /** Lease order lets stations use its support (site.supportAllowed). */
  readonly supports: boolean;
  /**
   * A wired stop input ends its discharge when the line drops. Absent or false: its discharge may
   * never exceed what may be exported when all loads are lost at once.
   */
  readonly stopInput?: boolean;
}

export interface AllocationPv {
  readonly id: string;
  readonly node: string;
  readonly rated_W: number;
  readonly expiry_W: number;
  readonly measured_W?: number;
  readonly commanded_W?: number;
  readonly usable: boolean;
}

/** Advice of the slow loop; the fast loop may ignore it. */
export interface StorageAdvice {
  readonly mode: 'balance' | 'delay' | 'charge';
  /** Energy is used down to `socMin`, the sun is stored up to `socMax`. */
  readonly socMin: number;
  readonly socMax: number;
  /** In mode `charge`: state of charge up to which the grid fills; absent: `socMax`. */
  readonly chargeTo?: number;
  readonly peakTarget_W?: number;
  readonly expires_at: Instant;
}

/**
 * A further linear bound: the sum of `coefficient` (>= 0) times current over the named stations
 * stays within `limit_A`. For networks that are not a tree of phase-to-neutral loads, such as a
 * delta-wye transformer, whose phasor sums are covered by several such bounds.
 */
export interface AllocationBound {
  readonly id: string;
  readonly limit_A: number;
  readonly text: string;
  readonly shares: readonly { readonly station: string; readonly coefficient: number }[];
}

export interface AllocationInput {
  readonly nodes: readonly AllocationNode[];
  readonly stations: readonly AllocationStation[];
  readonly bess: readonly AllocationBess[];
  readonly pv: readonly AllocationPv[];
  readonly nominal_V: number;
  /** Declared reaction time of the loads at the connection point, ms. */
  readonly reaction_ms: number;
  /** Loads may rise by at most this share of a node's limit per second (INV-7: 0.01). */
  readonly risePerSecond: number;
  readonly advice?: StorageAdvice;
  /** The same array each cycle lets the layout be kept. */
  readonly bounds?: readonly AllocationBound[];
}

export interface StationGrant {
  readonly id: string;
  readonly limit_A: number;
  /** Present when BESS support is in it: the lease must end before this instant. */
  readonly until?: Instant;
  /** Why it is not higher, most binding first. */
  readonly reasons: readonly Reason[];
  readonly paused: boolean;
}

export interface StorageWish {
  readonly id: string;
  /** Positive = discharge. */
  readonly power_W: number;
  readonly reasons: readonly Reason[];
}

export interface PvWish {
  readonly id: string;
  /** Absent: no curtailment. */
  readonly limit_W?: number;
  readonly reasons: readonly Reason[];
}

export interface NodeUse {
  readonly id: string;
  /** What is counted against the limit, A per phase. */
  readonly counted_A: ThreePhase<number>;
  readonly limit_A: ThreePhase<number>;
  /** Support credited, its cap by N-1, and what the cap costs now, W. */
  readonly support_W: number;
  readonly supportCap_W: number;
  readonly capCost_W: number;
  readonly binding: string;
}

export interface AllocationResult<Memory> {
  readonly stations: readonly StationGrant[];
  readonly bess: readonly StorageWish[];
  readonly pv: readonly PvWish[];
  readonly nodes: readonly NodeUse[];
  readonly memory: Memory;
}
