/** How much room each row has for all stations together. */
import type { Circuit } from './circuit';
import { difference_A, type Layout, PAIRS } from './layout';
import type { Loads } from './loads';
import { positiveOr } from './sane';
import type { StationTable } from './stationTable';

export interface RowRoom {
  /** Relief of sources and load of batteries by node, W. */
  readonly relief_W: Float64Array;
  readonly load_W: Float64Array;
}

/**
 * Room for the stations by row: limit and relief, at most the N-1 bound, less what is there. Pure.
 */
export function roomOf(
  layout: Layout,
  circuit: Circuit,
  table: StationTable,
  loads: Loads,
  { relief_W, load_W }: RowRoom,
): Float64Array {
  const room = new Float64Array(layout.rows.count);
  for (let k = 0; k < circuit.count; k += 1) {
    for (let p = 0; p < 3; p += 1) {
      const at = 3 * k + p;
      const v3 = 3 * (circuit.volts[at] ?? 1);
      const lifted = (circuit.limit_A[at] ?? 0) + (relief_W[k] ?? 0) / v3;
      const bound = Math.min(lifted, circuit.contingency_A[at] ?? 0);
      room[at] = bound - (loads.base_A[at] ?? 0) - (load_W[k] ?? 0) / v3;
    }
    const total = layout.totalRow[k] ?? -1;
    if (total >= 0) {
      const bound = (circuit.total_W[k] ?? 0) + (relief_W[k] ?? 0);
      const left = bound - (loads.base_W[k] ?? 0) - (load_W[k] ?? 0);
      // Counted in A at the highest of the three voltages.
      room[total] = left / highest_V(circuit, k);
    }
  }
  layout.bounds?.forEach((b, j) => (room[layout.boundRow + j] = positiveOr(b.limit_A, 0)));
  addDifferences(layout, circuit, table, loads, room);
  return room;
}

/** Pure. */
export const highest_V = (circuit: Circuit, k: number): number =>
  Math.max(circuit.volts[3 * k] ?? 1, circuit.volts[3 * k + 1] ?? 1, circuit.volts[3 * k + 2] ?? 1);

function addDifferences(
  layout: Layout,
  circuit: Circuit,
  table: StationTable,
  loads: Loads,
  room: Float64Array,
): void {
  for (let k = 0; k < circuit.count; k += 1) {
    const pair = layout.pairRow[k] ?? -1;
    if (pair < 0) continue;
    PAIRS.forEach(([p, q], j) => {
      const base = (loads.base_A[3 * k + p] ?? 0) - (loads.base_A[3 * k + q] ?? 0);
      room[pair + j] = difference_A(circuit.source[k]) - base;
    });
  }
  // What stations surely draw on the other phase only makes the difference smaller.
  for (let i = 0; i < table.count; i += 1) {
    const mask = table.mask[i] ?? 7;
    if (mask === 7) continue;
    for (let k = table.node[i] ?? 0; k >= 0; k = circuit.parent[k] ?? -1) {
      const pair = layout.pairRow[k] ?? -1;
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
  layout: Layout,
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
        const total = layout.totalRow[k] ?? -1;
        if (total < 0) continue;
        room[total] = (room[total] ?? 0) - a;
      }
    }
  }
}
