/**
 * The fair shares if everybody had obeyed: minima by turn, then exact weighted max-min.
 *
 * A station counts at least at its safe static limit, whatever it is told, because that is where it
 * returns to by itself (INV-9 a). Where a limit from outside is too low even for these (an overfull
 * row), nobody is raised and everybody below it is told less: minima by turn, the rest nothing.
 */
import type { Instant } from '../time';
import { admit, type Admission } from './admission';
import { fill } from './fill';
import type { Layout } from './layout';
import type { AllocationMemory } from './memory';
import { addUse } from './rows';
import { CLAIMS, IDLE, RESERVED, type StationTable } from './stationTable';
import type { Urgency } from './urgency';

export interface TargetProblem {
  readonly table: StationTable;
  readonly layout: Layout;
  readonly room: Float64Array;
  readonly urgency: Urgency;
  readonly memory: AllocationMemory;
  readonly now: Instant;
}

export interface Targets {
  readonly x: Float64Array;
  /** Row that stops the station; -1: none. */
  readonly binding: Int32Array;
  readonly admission: Admission;
}

const FULL = 1e-9;
/** Idle stations come after all that charge. */
const IDLE_RANK = 100;

/** Pure. */
export function targetsOf(p: TargetProblem): Targets {
  const { table, layout, room, urgency, memory, now } = p;
  const { rows } = layout;
  const floors = table.floor.map((f, i) =>
    table.state[i] === RESERVED ? (table.counted[i] ?? 0) : f,
  );
  const use = new Float64Array(rows.count);
  addUse(rows, floors, use);
  let fits = true;
  for (let r = 0; r < rows.count; r += 1) if ((use[r] ?? 0) > (room[r] ?? 0) + FULL) fits = false;
  const admission = admit({
    table,
    rows,
    room,
    low: floors,
    most: table.cap,
    urgency,
    memory,
    now,
  });
  const low = floors.slice();
  const high = floors.slice();
  for (let i = 0; i < table.count; i += 1) {
    if (admission.admitted[i] !== 1) continue;
    if (admission.assured[i] === 1) low[i] = Math.max(low[i] ?? 0, table.minStart[i] ?? 0);
    high[i] = Math.max(low[i] ?? 0, table.cap[i] ?? 0);
  }
  const { weight, rank } = table;
  const { x, binding } = fill({ rows, bound: room, low, high, weight, rank });
  for (let i = 0; i < table.count; i += 1) {
    if (table.state[i] === CLAIMS) x[i] = Math.min(x[i] ?? 0, table.cap[i] ?? 0);
  }
  return fits ? { x, binding, admission } : squeezed(p, use, { x, binding, admission });
}

/** Replaces the shares below overfull rows by what fits there without counting on their end. */
function squeezed(p: TargetProblem, use: Float64Array, targets: Targets): Targets {
  const { table, layout, room, urgency, memory, now } = p;
  const { rows } = layout;
  const low = table.floor.map((_, i) =>
    table.state[i] === RESERVED ? (table.counted[i] ?? 0) : 0,
  );
  // Nobody is raised above what it returns to: a minimum above that waits.
  const most = table.cap.map((a, i) => Math.min(a, table.floor[i] ?? 0));
  const admission = admit({ table, rows, room, low, most, urgency, memory, now });
  const high = low.slice();
  for (let i = 0; i < table.count; i += 1) {
    if (table.state[i] === IDLE) high[i] = table.floor[i] ?? 0;
    if (admission.admitted[i] !== 1) continue;
    if (admission.assured[i] === 1) low[i] = table.minStart[i] ?? 0;
    high[i] = Math.max(low[i] ?? 0, most[i] ?? 0);
  }
  const rank = table.rank.map((r, i) => (table.state[i] === IDLE ? IDLE_RANK + r : r));
  const bare = fill({ rows, bound: room, low, high, weight: table.weight, rank });
  const merged = {
    admitted: targets.admission.admitted.slice(),
    assured: targets.admission.assured.slice(),
    count: admission.count,
  };
  for (let i = 0; i < table.count; i += 1) {
    const row = overfullRow(p, use, i);
    if (row < 0 || table.state[i] === RESERVED) continue;
    targets.x[i] = bare.x[i] ?? 0;
    targets.binding[i] = row;
    merged.admitted[i] = admission.admitted[i] ?? 0;
    // It is told at least its minimum, so nothing of a rise has to be waited for.
    merged.assured[i] = admission.assured[i] ?? 0;
  }
  return { x: targets.x, binding: targets.binding, admission: merged };
}

/** The first overfull row of station i; -1: none. */
function overfullRow(p: TargetProblem, use: Float64Array, i: number): number {
  const { rows } = p.layout;
  const end = rows.start[i + 1] ?? 0;
  for (let e = rows.start[i] ?? 0; e < end; e += 1) {
    const r = rows.row[e] ?? 0;
    if ((use[r] ?? 0) > (p.room[r] ?? 0) + FULL) return r;
  }
  return -1;
}
