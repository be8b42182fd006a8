import type { Instant } from '../time';
import { admit, type Admission } from './admission';
import { type BoundRows, boundRows, roomOf, takeExcess } from './bounds';
import { type Circuit, circuitOf } from './circuit';
import { curtail } from './curtailment';
import { demand_A } from './demand';
import { fill, type FillResult } from './fill';
import { grantsOf } from './grants';
import { type Loads, loadsOf } from './loads';
import type { AllocationMemory, StationMemory } from './memory';
import { nodeUses, supportCap_W, untilOf } from './nodeUse';
import { stationReasons } from './reasons';
import { addUse } from './rows';
import { type BessView, bessView, type PvView, pvView, type Support, supportOf } from './sources';
import { CLAIMS, IDLE, RESERVED, type StationTable, stationTable } from './stationTable';
import { storageWishes } from './storage';
import type { AllocationInput, AllocationResult, StationGrant } from './types';

/** Everything that is worked out on the way, for the reasons. */
export interface Working {
  readonly circuit: Circuit;
  readonly table: StationTable;
  readonly loads: Loads;
  readonly support: Support;
  readonly bounds: BoundRows;
  /** Room for targets, with everything as it is now, and without battery support, by row. */
  readonly planRoom: Float64Array;
  readonly nowRoom: Float64Array;
  readonly bareRoom: Float64Array;
  readonly admission: Admission;
  readonly target: FillResult;
  readonly grant: Float64Array;
  readonly held: Uint8Array;
}

/**
 * Decides every grant, battery wish and curtailment of one cycle. Impossible numbers count at their
 * worst; nothing throws on them. Pure: the result carries the memory for the next call.
 */
export function allocate(
  input: AllocationInput,
  memory: AllocationMemory,
  now: Instant,
): AllocationResult<AllocationMemory> {
  const past = usable(memory, input, now);
  const circuit = circuitOf(input.nodes, input.nominal_V);
  const table = stationTable(input.stations, circuit);
  const bess = input.bess.map((b) => bessView(b, circuit, input.reaction_ms, now));
  const pv = input.pv.map((p) => pvView(p, circuit, past, now));
  const loads = loadsOf(circuit, table, { bess, pv }, past, now);
  const support = supportOf(circuit, input, bess, pv, loads.least_W);
  const working = stationsOf(input, { circuit, table, loads, support }, past, now);
  const until = untilOf(working);
  const claim = demand_A(circuit, table, loads);
  const cap_W = supportCap_W(circuit, 0);
  const storage = storageWishes({
    circuit,
    input,
    bess,
    pv,
    support,
    loads,
    demand_A: claim,
    cap_W,
    memory: past,
    now,
  });
  const curtailed = curtail(input, pv, loads, past, now);
  const stations = input.stations.map((_, i) => grantOf(working, i, until[i] ?? Infinity));
  return {
    stations,
    bess: storage.wishes,
    pv: curtailed.wishes,
    nodes: nodeUses(working, claim, potential_W(bess, pv)),
    memory: {
      at: now,
      nodes: input.nodes.map((n) => n.id),
      samples: loads.samples,
      stations: stationMemory(working, past, now),
      bess: storage.memory,
      pv: curtailed.memory,
    },
  };
}

/** Memory of another tree or from the future is none. */
function usable(memory: AllocationMemory, input: AllocationInput, now: Instant): AllocationMemory {
  const same =
    memory.nodes.length === input.nodes.length &&
    input.nodes.every((n, k) => n.id === memory.nodes[k]);
  if (same && (memory.at === undefined || memory.at <= now)) return memory;
  return { nodes: [], samples: [], stations: memory.stations, bess: new Map(), pv: new Map() };
}

function potential_W(bess: readonly BessView[], pv: readonly PvView[]): number {
  const battery = bess.reduce((s, b) => s + (b.source.supports ? b.dischargeMax_W : 0), 0);
  return battery + pv.reduce((s, p) => s + p.relief_W, 0);
}

function stationsOf(
  input: AllocationInput,
  known: Pick<Working, 'circuit' | 'table' | 'loads' | 'support'>,
  memory: AllocationMemory,
  now: Instant,
): Working {
  const { circuit, table, loads, support } = known;
  const bounds = boundRows(circuit, table);
  const { rows } = bounds;
  const room = (relief_W: Float64Array, load_W: Float64Array): Float64Array =>
    roomOf(bounds, circuit, table, loads, { relief_W, load_W });
  const planRoom = room(support.all_W, support.loadPlanned_W);
  takeExcess(bounds, circuit, table, (i) => table.state[i] === RESERVED, planRoom);
  const nowRoom = room(support.raising_W, support.loadNow_W);
  takeExcess(bounds, circuit, table, () => true, nowRoom);
  const low = lowest(table, bounds, planRoom);
  const admission = admit(table, rows, planRoom, low, memory, now);
  const high = low.slice();
  for (let i = 0; i < table.count; i += 1) {
    if (admission.admitted[i] !== 1) continue;
    if (admission.assured[i] === 1) low[i] = Math.max(low[i] ?? 0, table.minStart[i] ?? 0);
    high[i] = Math.max(low[i] ?? 0, table.cap[i] ?? 0);
  }
  const { weight, rank } = table;
  const target = fill({ rows, bound: planRoom, low, high, weight, rank });
  const { grant, held } = grantsOf({
    circuit,
    table,
    rows,
    room: nowRoom,
    target: target.x,
    risePerSecond: input.risePerSecond,
    memory,
    now,
  });
  return {
    ...known,
    bounds,
    planRoom,
    nowRoom,
    bareRoom: room(support.pv_W, support.loadExpiry_W),
    admission,
    target,
    grant,
    held,
  };
}

/**
 * The safe static limits, which hold by themselves. Where a limit from outside is too low even for
 * them they are shared like everything else, those that charge first; the rest counts as it is.
 */
function lowest(table: StationTable, bounds: BoundRows, room: Float64Array): Float64Array {
  const { rows } = bounds;
  const floors = new Float64Array(table.count);
  for (let i = 0; i < table.count; i += 1) {
    const reserved = table.state[i] === RESERVED;
    const floor = table.floor[i] ?? 0;
    const most = table.state[i] === CLAIMS ? Math.min(floor, table.cap[i] ?? 0) : floor;
    floors[i] = reserved ? (table.counted[i] ?? 0) : most;
  }
  const use = new Float64Array(rows.count);
  addUse(rows, floors, use);
  let fits = true;
  for (let r = 0; r < rows.count; r += 1) if ((use[r] ?? 0) > (room[r] ?? 0) + 1e-9) fits = false;
  if (fits) return floors;
  const low = floors.map((f, i) => (table.state[i] === RESERVED ? f : 0));
  const rank = table.rank.map((r, i) => (table.state[i] === IDLE ? 100 + r : r));
  return fill({ rows, bound: room, low, high: floors, weight: table.weight, rank }).x;
}

function grantOf(w: Working, i: number, until: number): StationGrant {
  const { table } = w;
  const id = table.source[i]?.id ?? '';
  const limit_A = shown_A(w, i);
  const raised = limit_A > (table.floor[i] ?? 0) + 1e-9;
  const paused = table.state[i] === CLAIMS && w.admission.admitted[i] !== 1;
  const reasons = stationReasons(w, i, limit_A);
  if (!raised || !Number.isFinite(until)) return { id, limit_A, reasons, paused };
  const rests = until as Instant;
  return { id, limit_A, reasons, paused, until: rests };
}

/** A reserved station gets nothing but its safe static limit; below its minimum nobody is started. */
function shown_A(w: Working, i: number): number {
  const { table } = w;
  const floor = table.floor[i] ?? 0;
  const grant = w.grant[i] ?? 0;
  if (table.state[i] === RESERVED) return floor;
  if (table.state[i] === IDLE) return Math.min(floor, grant);
  const starting = w.admission.assured[i] === 1 && grant < (table.minStart[i] ?? 0) - 1e-9;
  return starting ? Math.min(floor, grant) : grant;
}

function stationMemory(
  w: Working,
  past: AllocationMemory,
  now: Instant,
): ReadonlyMap<string, StationMemory> {
  const next = new Map<string, StationMemory>();
  for (let i = 0; i < w.table.count; i += 1) {
    if (w.table.state[i] !== CLAIMS) continue;
    const id = w.table.source[i]?.id ?? '';
    const before = past.stations.get(id);
    const runs = w.admission.admitted[i] === 1;
    const since = before?.runs === runs ? before.since : now;
    next.set(id, { grant_A: w.grant[i] ?? 0, runs, since });
  }
  return next;
}
