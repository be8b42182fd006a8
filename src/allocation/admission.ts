/**
 * Which stations may charge when not all minima fit (IEC 61851-1: nothing below 6 A), and the dwell
 * times that keep contactors from chattering: a session runs at least so long, waits at least so
 * long, and the least served comes first. DC sessions are never paused, only not admitted.
 */
import { between, type Instant } from '../time';
import { fill } from './fill';
import type { AllocationMemory } from './memory';
import { addStation, type Rows, stepWithin } from './rows';
import { positiveOr } from './sane';
import { CLAIMS, type StationTable } from './stationTable';
import type { Urgency } from './urgency';

/** Shortest time a session charges before it is paused for another, ms. */
export const MIN_ON_ms = 12 * 60_000;
/** Shortest pause, ms. */
export const MIN_OFF_ms = 5 * 60_000;
/** A session with known departure is paused only for one that can spare this much less, h. */
const RUNS_ON_h = 12;
const EPSILON_A = 1e-6;

export interface Admission {
  /** By station: 1 where it may charge. */
  readonly admitted: Uint8Array;
  /** 1 where its minimum fits and is its lower bound. */
  readonly assured: Uint8Array;
  /** How many may charge. */
  readonly count: number;
}

interface Candidate {
  readonly i: number;
  readonly order: number;
  readonly rank: number;
  readonly spare_h: number;
  readonly served_Wh: number;
  readonly starts: boolean;
  readonly plugged: number;
  readonly id: string;
}

export interface AdmissionProblem {
  readonly table: StationTable;
  readonly rows: Rows;
  /** Room by row for all stations together; `low` is part of it. */
  readonly room: Float64Array;
  readonly low: Float64Array;
  /** Most that each may get. */
  readonly most: Float64Array;
  readonly urgency: Urgency;
  readonly memory: AllocationMemory;
  readonly now: Instant;
}

/**
 * Admits minima one after the other. A session with known departure takes the room of its whole
 * fair share, so that sessions with time to spare do not hold a minimum which urgent ones need.
 * Pure.
 */
export function admit(problem: AdmissionProblem): Admission {
  const { table, rows, room, low, most, urgency, memory, now } = problem;
  const admitted = new Uint8Array(table.count);
  const assured = new Uint8Array(table.count);
  const candidates: Candidate[] = [];
  for (let i = 0; i < table.count; i += 1) {
    if (table.state[i] !== CLAIMS) continue;
    if ((low[i] ?? 0) >= (table.minStart[i] ?? 0)) admitted[i] = 1;
    else if ((most[i] ?? 0) >= (table.minStart[i] ?? 0)) {
      candidates.push(candidate(table, i, urgency, memory, now));
    }
  }
  if (candidates.length === 0) return { admitted, assured, count: sum(admitted) };
  const left = room.slice();
  for (let i = 0; i < table.count; i += 1) addStation(rows, i, -(low[i] ?? 0), left);
  const fair = urgency.any ? fairShares(problem) : undefined;
  candidates.sort(byTurn);
  for (const c of candidates) {
    const step = (table.minStart[c.i] ?? 0) - (low[c.i] ?? 0);
    const within = c.order < 3 ? stepWithin(rows, c.i, left) : 0;
    if (c.order < 3 && within >= step - EPSILON_A) {
      admitted[c.i] = 1;
      assured[c.i] = 1;
      const whole = urgency.known[c.i] === 1 ? (fair?.[c.i] ?? 0) - (low[c.i] ?? 0) : 0;
      addStation(rows, c.i, -Math.max(step, Math.min(whole, within)), left);
    } else if (c.order === 0) admitted[c.i] = 1;
  }
  return { admitted, assured, count: sum(admitted) };
}

function sum(flags: Uint8Array): number {
  let count = 0;
  for (const f of flags) count += f;
  return count;
}

/** The shares if there were no minima. */
function fairShares({ table, rows, room, low, most }: AdmissionProblem): Float64Array {
  const high = low.slice();
  for (let i = 0; i < table.count; i += 1) {
    if (table.state[i] === CLAIMS) high[i] = Math.max(low[i] ?? 0, most[i] ?? 0);
  }
  return fill({ rows, bound: room, low, high, weight: table.weight, rank: table.rank }).x;
}

/** Order: running DC, then those within their shortest run, then by turn; 3 = still has to wait. */
function candidate(
  table: StationTable,
  i: number,
  urgency: Urgency,
  memory: AllocationMemory,
  now: Instant,
): Candidate {
  const s = table.source[i];
  const id = s?.id ?? '';
  const before = memory.stations.get(id);
  const runs = before?.runs ?? (table.commanded[i] ?? 0) >= (table.minStart[i] ?? 0);
  const for_ms = before === undefined ? Infinity : between(before.since, now);
  let order = 2;
  if (runs && s?.kind === 'dc') order = 0;
  else if (runs && for_ms < MIN_ON_ms && before !== undefined) order = 1;
  else if (!runs && before !== undefined && for_ms < MIN_OFF_ms) order = 3;
  return {
    i,
    order,
    rank: table.rank[i] ?? 0,
    spare_h: (urgency.laxity_h[i] ?? 0) - (runs && urgency.known[i] === 1 ? RUNS_ON_h : 0),
    served_Wh: positiveOr(s?.delivered_Wh, 0),
    starts: !runs,
    plugged: s?.plugged_at ?? 0,
    id,
  };
}

function byTurn(a: Candidate, b: Candidate): number {
  if (a.order !== b.order) return a.order - b.order;
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.spare_h !== b.spare_h) return a.spare_h - b.spare_h;
  if (a.served_Wh !== b.served_Wh) return a.served_Wh - b.served_Wh;
  if (a.starts !== b.starts) return a.starts ? 1 : -1;
  if (a.plugged !== b.plugged) return a.plugged - b.plugged;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
