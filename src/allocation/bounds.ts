/** Which rows bind which station, and how much room each row has for all stations together. */
import type { Circuit } from './circuit';
import type { Loads } from './loads';
import { type Rows, RowsBuilder } from './rows';
import { positiveOr } from './sane';
import type { StationTable } from './stationTable';

/** Ordered pairs of phases for the difference rows. */
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 1],
] as const;

export interface BoundRows {
  readonly rows: Rows;
  /** By node: its row over all phases in W, and the first of its six difference rows; -1: none. */
  readonly totalRow: Int32Array;
  readonly pairRow: Int32Array;
  /** By row: its node. */
  readonly node: Int32Array;
}

/** Rows 3k..3k+2 are the phases of node k in A; further rows exist where a bound exists. Pure. */
export function boundRows(circuit: Circuit, table: StationTable): BoundRows {
  const n = circuit.count;
  const totalRow = new Int32Array(n).fill(-1);
  const pairRow = new Int32Array(n).fill(-1);
  let count = 3 * n;
  for (let k = 0; k < n; k += 1) {
    if (Number.isFinite(circuit.total_W[k] ?? Infinity)) totalRow[k] = count++;
    if (Number.isFinite(difference_A(circuit, k))) {
      pairRow[k] = count;
      count += PAIRS.length;
    }
  }
  const builder = new RowsBuilder(count);
  for (let i = 0; i < table.count; i += 1) {
    addRows(circuit, table, i, totalRow, pairRow, builder);
    builder.endStation();
  }
  return { rows: builder.build(), totalRow, pairRow, node: nodesOf(count, n, totalRow, pairRow) };
}

function addRows(
  circuit: Circuit,
  table: StationTable,
  i: number,
  totalRow: Int32Array,
  pairRow: Int32Array,
  builder: RowsBuilder,
): void {
  const mask = table.mask[i] ?? 7;
  for (let k = table.node[i] ?? 0; k >= 0; k = circuit.parent[k] ?? -1) {
    let volts = 0;
    for (let p = 0; p < 3; p += 1) {
      if ((mask & (1 << p)) === 0) continue;
      builder.add(3 * k + p, 1);
      volts += circuit.volts[3 * k + p] ?? 0;
    }
    const total = totalRow[k] ?? -1;
    if (total >= 0) builder.add(total, volts);
    const pair = pairRow[k] ?? -1;
    if (pair < 0) continue;
    PAIRS.forEach(([p, q], j) => {
      // What is drawn on both phases alike adds nothing to their difference.
      if ((mask & (1 << p)) !== 0 && (mask & (1 << q)) === 0) builder.add(pair + j, 1);
    });
  }
}

function nodesOf(count: number, n: number, totalRow: Int32Array, pairRow: Int32Array): Int32Array {
  const node = new Int32Array(count);
  for (let k = 0; k < n; k += 1) {
    for (let p = 0; p < 3; p += 1) node[3 * k + p] = k;
    const total = totalRow[k] ?? -1;
    if (total >= 0) node[total] = k;
    const pair = pairRow[k] ?? -1;
    for (let j = 0; pair >= 0 && j < PAIRS.length; j += 1) node[pair + j] = k;
  }
  return node;
}

/**
 * Greatest difference between two phases, A; Infinity: none declared. The neutral current of three
 * loads in phase with their voltages is never above the greatest difference of the phases.
 */
function difference_A(circuit: Circuit, k: number): number {
  const node = circuit.source[k];
  const read = (a: number | undefined): number => (a === undefined ? Infinity : positiveOr(a, 0));
  return Math.min(read(node?.unbalance_A), read(node?.neutral_A));
}

export interface RowRoom {
  /** Relief of sources and load of batteries by node, W. */
  readonly relief_W: Float64Array;
  readonly load_W: Float64Array;
}

/** Room for the stations by row: limit and relief, at most the N-1 bound, less what is there. Pure. */
export function roomOf(
  bounds: BoundRows,
  circuit: Circuit,
  table: StationTable,
  loads: Loads,
  { relief_W, load_W }: RowRoom,
): Float64Array {
  const room = new Float64Array(bounds.rows.count);
  for (let k = 0; k < circuit.count; k += 1) {
    for (let p = 0; p < 3; p += 1) {
      const at = 3 * k + p;
      const v3 = 3 * (circuit.volts[at] ?? 1);
      const lifted = (circuit.limit_A[at] ?? 0) + (relief_W[k] ?? 0) / v3;
      const bound = Math.min(lifted, circuit.contingency_A[at] ?? 0);
      room[at] = bound - (loads.base_A[at] ?? 0) - (load_W[k] ?? 0) / v3;
    }
    const total = bounds.totalRow[k] ?? -1;
    if (total >= 0) {
      const bound = (circuit.total_W[k] ?? 0) + (relief_W[k] ?? 0);
      room[total] = bound - (loads.base_W[k] ?? 0) - (load_W[k] ?? 0);
    }
  }
  addDifferences(bounds, circuit, table, loads, room);
  return room;
}

function addDifferences(
  bounds: BoundRows,
  circuit: Circuit,
  table: StationTable,
  loads: Loads,
  room: Float64Array,
): void {
  for (let k = 0; k < circuit.count; k += 1) {
    const pair = bounds.pairRow[k] ?? -1;
    if (pair < 0) continue;
    PAIRS.forEach(([p, q], j) => {
      const base = (loads.base_A[3 * k + p] ?? 0) - (loads.base_A[3 * k + q] ?? 0);
      room[pair + j] = difference_A(circuit, k) - base;
    });
  }
  // What stations surely draw on the other phase only makes the difference smaller.
  for (let i = 0; i < table.count; i += 1) {
    const mask = table.mask[i] ?? 7;
    if (mask === 7) continue;
    for (let k = table.node[i] ?? 0; k >= 0; k = circuit.parent[k] ?? -1) {
      const pair = bounds.pairRow[k] ?? -1;
      if (pair < 0) continue;
      PAIRS.forEach(([p, q], j) => {
        if ((mask & (1 << p)) !== 0 || (mask & (1 << q)) === 0) return;
        room[pair + j] = (room[pair + j] ?? 0) + (table.surely[3 * i + q] ?? 0);
      });
    }
  }
}

/** Takes currents by station and grid phase (3 * i + p) out of the phase and total rows. */
export function takeExcess(
  bounds: BoundRows,
  circuit: Circuit,
  table: StationTable,
  which: (i: number) => boolean,
  room: Float64Array,
): void {
  for (let i = 0; i < table.count; i += 1) {
    for (let p = 0; p < 3; p += 1) {
      const a = table.excess[3 * i + p] ?? 0;
      if (a === 0 || !which(i)) continue;
      for (let k = table.node[i] ?? 0; k >= 0; k = circuit.parent[k] ?? -1) {
        room[3 * k + p] = (room[3 * k + p] ?? 0) - a;
        const total = bounds.totalRow[k] ?? -1;
        if (total < 0) continue;
        room[total] = (room[total] ?? 0) - a * (circuit.volts[3 * k + p] ?? 0);
      }
    }
  }
}
