/**
 * From targets to grants. A target is what the limits would allow if everybody had already obeyed;
 * a grant may only rise into room that is free now, while everything still counts at
 * max(commanded, safe static limit, measured) (INV-9 a), and only slowly. Falling is at once.
 */
import { between, type Instant } from '../time';
import type { Circuit } from './circuit';
import { fill } from './fill';
import type { AllocationMemory } from './memory';
import type { Rows } from './rows';
import { addUse } from './rows';
import { clamp, finiteOr } from './sane';
import { CLAIMS, type StationTable } from './stationTable';

/** From this share per second on the rise is not limited at all. */
const UNLIMITED = 1;
/**
 * Near the limit the rise fades: what rises unseen within the lag of the meters (13 s) stays
 * smaller than the room that is left, so no rise has to be taken back.
 */
const FADE_s = 15;
/** The fade never makes it slower than this share of the allowed rise. */
const FADE_LEAST = 0.1;
/** A grant may run ahead of what is in force by this time of rising, s (writes are spaced). */
const AHEAD_s = 10;
/** Memory older than this says nothing about now, ms. */
const MEMORY_MAX_ms = 3_000;
const STEP_MAX_s = 2;

export interface GrantProblem {
  readonly circuit: Circuit;
  readonly table: StationTable;
  readonly rows: Rows;
  /** Room by row with everything as it is now. */
  readonly room: Float64Array;
  readonly target: Float64Array;
  readonly risePerSecond: number;
  readonly memory: AllocationMemory;
  readonly now: Instant;
}

export interface Grants {
  readonly grant: Float64Array;
  /** 1 where the rise is held by the slew rate, 2 where by what others still have in force. */
  readonly held: Uint8Array;
}

const HELD_BY_RATE = 1;
const HELD_BY_OTHERS = 2;

/** Pure. */
export function grantsOf(p: GrantProblem): Grants {
  const { table, rows, target } = p;
  const n = table.count;
  const high = new Float64Array(n);
  const held = new Uint8Array(n);
  let rises = false;
  for (let i = 0; i < n; i += 1) {
    const c = table.counted[i] ?? 0;
    const t = table.state[i] === CLAIMS ? (target[i] ?? 0) : 0;
    high[i] = Math.max(c, t);
    if (t > c) rises = true;
  }
  const grant = target.slice();
  if (!rises) return { grant, held };
  const bound = p.room.slice();
  const rated = limitRise(p, high, bound);
  const rank = rated ? new Float64Array(n) : table.rank;
  const low = table.counted;
  const { x, binding } = fill({ rows, bound, low, high, weight: table.weight, rank });
  for (let i = 0; i < n; i += 1) {
    const t = target[i] ?? 0;
    if (table.state[i] !== CLAIMS || t <= (table.counted[i] ?? 0)) continue;
    grant[i] = Math.min(t, x[i] ?? 0);
    if ((grant[i] ?? 0) >= t - 1e-9) continue;
    const row = binding[i] ?? -1;
    const byOthers = row >= 0 && (bound[row] ?? 0) >= (p.room[row] ?? 0);
    held[i] = byOthers ? HELD_BY_OTHERS : HELD_BY_RATE;
  }
  return { grant, held };
}

/** Tightens the phase rows to the last grants and one step of rise; false: the rise is free. */
function limitRise(p: GrantProblem, high: Float64Array, bound: Float64Array): boolean {
  const rate = finiteOr(p.risePerSecond, 0);
  if (p.risePerSecond >= UNLIMITED) return false;
  const age_ms = p.memory.at === undefined ? Infinity : between(p.memory.at, p.now);
  const known = age_ms >= 0 && age_ms <= MEMORY_MAX_ms;
  const dt_s = known ? clamp(age_ms / 1000, 0, STEP_MAX_s) : 1;
  const used = new Float64Array(bound.length);
  addUse(p.rows, lastGrants(p, high, known), used);
  for (let at = 0; at < 3 * p.circuit.count; at += 1) {
    const most = Math.max(0, rate) * (p.circuit.limit_A[at] ?? 0) * dt_s;
    const room = (p.room[at] ?? 0) - (used[at] ?? 0);
    const faded = Math.max((room * dt_s) / FADE_s, most * FADE_LEAST);
    bound[at] = Math.min(bound[at] ?? 0, (used[at] ?? 0) + Math.min(most, faded));
  }
  return true;
}

/** What each station holds of earlier decisions, never below what counts. */
function lastGrants(p: GrantProblem, high: Float64Array, known: boolean): Float64Array {
  const { table } = p;
  const last = table.counted.slice();
  if (!known) return last;
  for (let i = 0; i < table.count; i += 1) {
    if (table.state[i] !== CLAIMS) continue;
    const before = p.memory.stations.get(table.source[i]?.id ?? '');
    if (before === undefined) continue;
    const step = AHEAD_s * Math.max(0, p.risePerSecond);
    const limit = p.circuit.limit_A[3 * (table.node[i] ?? 0)] ?? 0;
    const ahead = Math.max(table.minStart[i] ?? 0, step * limit);
    const kept = Math.min(before.grant_A, (table.commanded[i] ?? 0) + ahead, high[i] ?? 0);
    last[i] = Math.max(last[i] ?? 0, kept);
  }
  return last;
}
