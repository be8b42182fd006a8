/** Stations as arrays: what each counts, what it may get, and what is wrong with its numbers. */
import { PHASES } from '../units';
import type { Instant } from '../time';
import type { Layout } from './layout';
import type { AllocationMemory } from './memory';
import { positiveOr } from './sane';
import type { AllocationStation } from './types';
import { type Urgency, weightOf } from './urgency';
import { nextVehicleLimit, type VehicleLimit } from './vehicleLimit';

export const CLAIMS = 0;
export const IDLE = 1;
export const RESERVED = 2;

/** A reading above this multiple of the rating is a unit mix-up, not a current. */
const IMPLAUSIBLE = 3;
const WEIGHT_MIN = 0.01;
const WEIGHT_MAX = 1000;
const LAST_RANK = 9;
const PILOT_MIN_A = 6;

export interface StationTable {
  readonly count: number;
  readonly source: readonly AllocationStation[];
  readonly state: Uint8Array;
  readonly node: Int32Array;
  /** Bit p: draws on grid phase p. */
  readonly mask: Uint8Array;
  readonly floor: Float64Array;
  /** Greatest grant: rating and the limit another party asks for. */
  readonly cap: Float64Array;
  readonly minStart: Float64Array;
  readonly weight: Float64Array;
  readonly rank: Float64Array;
  readonly commanded: Float64Array;
  /** max(commanded, floor) or the reservation: what counts at least, A on each of its phases. */
  readonly counted: Float64Array;
  /** By station and grid phase: measured above `counted`, and what it surely draws, A. */
  readonly excess: Float64Array;
  readonly surely: Float64Array;
  /** Greatest own meter value, A; NaN: unknown. */
  readonly measured: Float64Array;
  /** Bound learned from what the vehicle takes, and its memory; by station. */
  readonly vehicle: readonly VehicleLimit[];
  /** What is wrong with its numbers; absent: nothing. */
  readonly fault: ReadonlyMap<number, string>;
}

/** Reads the stations; one with an impossible number is reserved at its worst. Pure. */
export function stationTable(
  stations: readonly AllocationStation[],
  layout: Layout,
  urgency: Urgency,
  memory: AllocationMemory,
  now: Instant,
): StationTable {
  const n = stations.length;
  const fault = new Map<number, string>();
  const vehicle: VehicleLimit[] = [];
  const t: StationTable = {
    count: n,
    source: stations,
    state: new Uint8Array(n),
    node: layout.node,
    mask: layout.mask,
    floor: new Float64Array(n),
    cap: new Float64Array(n),
    minStart: new Float64Array(n),
    weight: new Float64Array(n),
    rank: new Float64Array(n),
    commanded: new Float64Array(n),
    counted: new Float64Array(n),
    excess: new Float64Array(3 * n),
    surely: new Float64Array(3 * n),
    measured: new Float64Array(n).fill(NaN),
    vehicle,
    fault,
  };
  stations.forEach((s, i) => {
    read(t, s, i, layout.known[i] === 1, fault);
    if (urgency.any) t.weight[i] = (t.weight[i] ?? 1) * weightOf(urgency.laxity_h[i] ?? 0);
    const claims = t.state[i] === CLAIMS;
    const limit = claims ? nextVehicleLimit(memory.stations.get(s.id), factOf(t, i), now) : NONE;
    vehicle.push(limit);
    if (limit.learned_A !== undefined) t.cap[i] = Math.min(t.cap[i] ?? 0, limit.learned_A);
  });
  return t;
}

const NONE: VehicleLimit = {};

const factOf = (
  t: StationTable,
  i: number,
): { measured_A: number; commanded_A: number; minStart_A: number } => ({
  measured_A: t.measured[i] ?? NaN,
  commanded_A: t.commanded[i] ?? 0,
  minStart_A: t.minStart[i] ?? 0,
});

function read(
  t: StationTable,
  s: AllocationStation,
  i: number,
  known: boolean,
  fault: Map<number, string>,
): void {
  const rated = positiveOr(s.max_A, NaN);
  const floor = positiveOr(s.floor_A, NaN);
  const commanded = positiveOr(s.commanded_A, NaN);
  const wrong = !known ? 'its circuit is unknown' : faultOf(rated, floor, commanded);
  t.floor[i] = positiveOr(floor, 0);
  t.cap[i] = Math.min(
    positiveOr(rated, 0),
    positiveOr(s.requested_A, s.requested_A === undefined ? Infinity : 0),
  );
  t.minStart[i] = positiveOr(s.minStart_A, PILOT_MIN_A);
  t.weight[i] = Math.min(WEIGHT_MAX, Math.max(WEIGHT_MIN, positiveOr(s.weight, 1)));
  t.rank[i] = positiveOr(s.priority, LAST_RANK);
  t.commanded[i] = positiveOr(commanded, positiveOr(rated, 0));
  const worst = Math.max(positiveOr(rated, 0), t.commanded[i] ?? 0, t.floor[i] ?? 0);
  t.state[i] = s.state === 'claims' ? CLAIMS : s.state === 'idle' ? IDLE : RESERVED;
  let counted = Math.max(t.commanded[i] ?? 0, t.floor[i] ?? 0);
  if (s.state === 'reserved') {
    counted = Math.max(counted, positiveOr(s.reserved_A, worst));
  }
  if (wrong !== undefined) {
    fault.set(i, wrong);
    t.state[i] = RESERVED;
    counted = Math.max(worst, positiveOr(s.reserved_A, 0));
  }
  t.counted[i] = counted;
  readCurrents(t, s, i, worst);
}

function faultOf(rated: number, floor: number, commanded: number): string | undefined {
  if (Number.isNaN(rated)) return 'its rating is not a current';
  if (Number.isNaN(floor) || floor > IMPLAUSIBLE * rated) {
    return 'its safe static limit is not a current';
  }
  if (Number.isNaN(commanded)) return 'its value in force is not a current';
  return undefined;
}

/** Own meter values come in the order of the station's own phases; `wiring` turns them. */
function readCurrents(t: StationTable, s: AllocationStation, i: number, worst: number): void {
  const most = IMPLAUSIBLE * Math.max(worst, PILOT_MIN_A);
  const lines = s.wiring.length === 0 ? PHASES : s.wiring;
  for (let own = 0; own < lines.length && own < 3; own += 1) {
    const p = PHASES.indexOf(lines[own] ?? 'L1');
    const at = 3 * i + p;
    const surely = s.surely_A[own] ?? 0;
    t.surely[at] = surely >= 0 && surely <= most ? surely : 0;
    const value = s.measured_A?.[own];
    if (value === undefined || !Number.isFinite(value)) continue;
    // A negative value is a turned sensor: its magnitude flows.
    const measured = Math.abs(value);
    if (measured > most) continue;
    const before = t.measured[i] ?? NaN;
    t.measured[i] = Number.isNaN(before) ? measured : Math.max(before, measured);
    t.excess[at] = Math.max(0, measured - (t.counted[i] ?? 0));
  }
}
