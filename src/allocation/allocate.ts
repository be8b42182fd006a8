import type { Instant } from '../time';
import { roomOf, takeExcess } from './bounds';
import { circuitOf } from './circuit';
import { curtail } from './curtailment';
import { demand_A } from './demand';
import { grantsOf } from './grants';
import { type Layout, layoutOf } from './layout';
import { loadsOf } from './loads';
import { type AllocationMemory, NO_ALLOCATION_MEMORY, type StationMemory } from './memory';
import { counted, nodeUses, supportCap_W, untilOf } from './nodeUse';
import { stationReasons } from './reasons';
import { positiveOr } from './sane';
import { type BessView, bessView, type PvView, pvView, supportOf } from './sources';
import { CLAIMS, IDLE, RESERVED, stationTable } from './stationTable';
import { storageWishes } from './storage';
import { targetsOf } from './targets';
import type { AllocationInput, AllocationResult, StationGrant } from './types';
import { urgencyOf } from './urgency';
import type { Working } from './working';

/**
 * Decides every grant, battery wish and curtailment of one cycle. Impossible numbers count at their
 * worst; nothing throws on them. Pure: the result carries the memory for the next call.
 */
export function allocate(
  input: AllocationInput,
  memory: AllocationMemory,
  now: Instant,
): AllocationResult<AllocationMemory> {
  const layout = layoutOf(input, memory.layout);
  const past = usable(memory, layout, now);
  const circuit = circuitOf(input.nodes, layout, input.nominal_V);
  const urgency = urgencyOf(input.stations, input.nominal_V, now);
  const table = stationTable(input.stations, layout, urgency, past, now);
  const bess = input.bess.map((b) => bessView(b, circuit, input.reaction_ms, now));
  const pv = input.pv.map((p) => pvView(p, circuit, past, now));
  const loads = loadsOf(circuit, table, { bess, pv }, past, now);
  const support = supportOf(circuit, input, bess, pv, loads.least_W);
  const known = { circuit, layout, urgency, table, loads, support };
  const working = stationsOf(input, known, past, now);
  const use = counted(working);
  const until = untilOf(working, use);
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
    counted_A: use,
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
    nodes: nodeUses(working, use, claim, potential_W(bess, pv)),
    memory: {
      at: now,
      layout,
      samples: loads.samples,
      stations: stationMemory(working, past, now),
      bess: storage.memory,
      pv: curtailed.memory,
    },
  };
}

/** Samples of another tree, and anything from the future, are none. */
function usable(memory: AllocationMemory, layout: Layout, now: Instant): AllocationMemory {
  const future = memory.at !== undefined && memory.at > now;
  if (future) return NO_ALLOCATION_MEMORY;
  const same = memory.layout === undefined || memory.layout === layout;
  return same || sameNodes(memory.layout, layout) ? memory : { ...memory, samples: [] };
}

const sameNodes = (a: Layout, b: Layout): boolean =>
  a.nodeIds.length === b.nodeIds.length && a.nodeIds.every((id, k) => id === b.nodeIds[k]);

function potential_W(bess: readonly BessView[], pv: readonly PvView[]): number {
  const battery = bess.reduce((s, b) => s + (b.source.supports ? b.dischargeMax_W : 0), 0);
  return battery + pv.reduce((s, p) => s + p.relief_W, 0);
}

function stationsOf(
  input: AllocationInput,
  known: Pick<Working, 'circuit' | 'layout' | 'urgency' | 'table' | 'loads' | 'support'>,
  memory: AllocationMemory,
  now: Instant,
): Working {
  const { circuit, layout, urgency, table, loads, support } = known;
  const room = (relief_W: Float64Array, load_W: Float64Array): Float64Array =>
    roomOf(layout, circuit, table, loads, { relief_W, load_W });
  const planRoom = room(support.all_W, support.loadPlanned_W);
  takeExcess(layout, circuit, table, (i) => table.state[i] === RESERVED, planRoom);
  const nowRoom = room(support.raising_W, support.loadNow_W);
  takeExcess(layout, circuit, table, () => true, nowRoom);
  const target = targetsOf({ table, layout, room: planRoom, urgency, memory, now });
  const { grant, held } = grantsOf({
    circuit,
    table,
    rows: layout.rows,
    room: nowRoom,
    target: target.x,
    risePerSecond: input.risePerSecond,
    memory,
    now,
  });
  // Field by field: a spread that is added to afterwards is slow, and this runs every cycle.
  return {
    circuit,
    layout,
    urgency,
    table,
    loads,
    support,
    planRoom,
    nowRoom,
    bareRoom: room(support.pv_W, support.loadExpiry_W),
    admission: target.admission,
    target,
    grant,
    held,
  };
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

/**
 * A reserved station gets nothing but its safe static limit; below its minimum nobody is started.
 */
function shown_A(w: Working, i: number): number {
  const { table } = w;
  const floor = table.floor[i] ?? 0;
  const grant = w.grant[i] ?? 0;
  if (table.fault.has(i)) return Math.min(floor, positiveOr(table.source[i]?.max_A, 0));
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
    next.set(id, { ...w.table.vehicle[i], grant_A: w.grant[i] ?? 0, runs, since });
  }
  return next;
}
