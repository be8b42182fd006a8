/**
 * Exact weighted lexicographic max-min over linear bounds: progressive filling.
 *
 * One level rises; every station of the current rank holds `level * weight`, clamped to its own
 * [low, high]. Three things can happen next, and the earliest is taken: a station passes its low
 * and starts to move, a station reaches its high and stops, a row gets tight and freezes all
 * stations in it for good. Each happens at most once a station or row, each costs the logarithm of
 * the number of rows, so the whole is O((stations * depth + rows) * log).
 */
import { RowHeap } from './rowHeap';
import { addUse, type Rows } from './rows';

export interface FillProblem {
  readonly rows: Rows;
  /** Room of each row for all stations together; `low` may exceed it: then nothing rises there. */
  readonly bound: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly weight: Float64Array;
  /** Smaller is filled first, to the end. */
  readonly rank: Float64Array;
}

export interface FillResult {
  readonly x: Float64Array;
  /** Row that stopped the station; -1: its own `high`. */
  readonly binding: Int32Array;
}

const WAITS = 0;
const MOVES = 1;
const DONE = 2;

/** Shares the room of the rows. Pure. */
export function fill(problem: FillProblem): FillResult {
  const filling = new Filling(problem);
  const open: number[] = [];
  const ranks = new Set<number>();
  for (let i = 0; i < problem.rows.stations; i += 1) {
    if ((problem.high[i] ?? 0) <= (problem.low[i] ?? 0)) continue;
    open.push(i);
    ranks.add(problem.rank[i] ?? 0);
  }
  if (ranks.size < 2) filling.run(open);
  else {
    for (const rank of [...ranks].sort((a, b) => a - b)) {
      filling.run(open.filter((i) => problem.rank[i] === rank));
    }
  }
  return { x: filling.x, binding: filling.binding };
}

class Filling {
  readonly x: Float64Array;
  readonly binding: Int32Array;
  private readonly p: FillProblem;
  private readonly state: Uint8Array;
  /** By row: what does not move with the level, and how fast the rest moves. */
  private readonly fixed: Float64Array;
  private readonly slope: Float64Array;
  private readonly moving: Int32Array;
  private readonly heap: RowHeap;
  private level = 0;

  constructor(p: FillProblem) {
    this.p = p;
    this.x = p.low.slice();
    this.binding = new Int32Array(p.rows.stations).fill(-1);
    this.state = new Uint8Array(p.rows.stations).fill(DONE);
    this.fixed = new Float64Array(p.rows.count);
    this.slope = new Float64Array(p.rows.count);
    this.moving = new Int32Array(p.rows.count);
    this.heap = new RowHeap(p.rows.count);
    addUse(p.rows, p.low, this.fixed);
  }

  /** Fills the given stations; what others hold stays. */
  run(stations: readonly number[]): void {
    const { low, high, weight } = this.p;
    const n = stations.length;
    const enters = (i: number): number => (low[i] ?? 0) / (weight[i] ?? 1);
    const leaves = (i: number): number => (high[i] ?? 0) / (weight[i] ?? 1);
    const entering = [...stations].sort((a, b) => enters(a) - enters(b));
    const leaving = [...stations].sort((a, b) => leaves(a) - leaves(b));
    for (const i of stations) this.state[i] = WAITS;
    this.level = 0;
    let e = 0;
    let l = 0;
    while (l < n) {
      const stop = leaving[l] ?? 0;
      if (this.state[stop] === DONE) {
        l += 1;
        continue;
      }
      const start = e < n ? (entering[e] ?? 0) : -1;
      const startAt = start < 0 ? Infinity : enters(start);
      const stopAt = leaves(stop);
      const tightAt = this.heap.firstKey();
      if (tightAt <= startAt && tightAt <= stopAt) {
        this.level = Math.max(this.level, tightAt);
        this.freeze(this.heap.first());
      } else if (startAt <= stopAt) {
        this.level = startAt;
        e += 1;
        if (this.state[start] === WAITS) this.enter(start);
      } else {
        this.level = stopAt;
        this.settle(stop, high[stop] ?? 0, -1);
      }
    }
  }

  private enter(i: number): void {
    this.state[i] = MOVES;
    this.shift(i, -(this.p.low[i] ?? 0), this.p.weight[i] ?? 1, 1);
  }

  /** Fixes a station for good at `value`. */
  private settle(i: number, value: number, row: number): void {
    const low = this.p.low[i] ?? 0;
    if (this.state[i] === MOVES) {
      this.x[i] = Math.max(low, Math.min(value, this.p.high[i] ?? 0));
      this.shift(i, this.x[i] ?? 0, -(this.p.weight[i] ?? 1), -1);
    }
    this.state[i] = DONE;
    this.binding[i] = row;
  }

  private freeze(row: number): void {
    const end = this.p.rows.memberStart[row + 1] ?? 0;
    for (let m = this.p.rows.memberStart[row] ?? 0; m < end; m += 1) {
      const i = this.p.rows.member[m] ?? 0;
      if (this.state[i] !== DONE) this.settle(i, this.level * (this.p.weight[i] ?? 1), row);
    }
    this.heap.remove(row);
  }

  private shift(i: number, fixed: number, slope: number, moving: 1 | -1): void {
    const { start, row, coefficient } = this.p.rows;
    const end = start[i + 1] ?? 0;
    for (let e = start[i] ?? 0; e < end; e += 1) {
      const r = row[e] ?? 0;
      const c = coefficient[e] ?? 0;
      const base = (this.fixed[r] ?? 0) + c * fixed;
      const rises = (this.slope[r] ?? 0) + c * slope;
      const count = (this.moving[r] ?? 0) + moving;
      this.fixed[r] = base;
      this.slope[r] = count === 0 ? 0 : rises;
      this.moving[r] = count;
      if (count === 0) this.heap.remove(r);
      else this.heap.set(r, ((this.p.bound[r] ?? 0) - base) / rises);
    }
  }
}
