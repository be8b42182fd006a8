/**
 * What of the input does not change from second to second: the tree, who hangs where, and the rows
 * that bind them. It travels in the memory and is built again when anything of it differs.
 */
import { type Phase, PHASES } from '../units';
import { type Rows, RowsBuilder } from './rows';
import { positiveOr } from './sane';
import type { AllocationBound, AllocationInput, AllocationNode, AllocationStation } from './types';

/** Ordered pairs of phases for the difference rows. */
export const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 1],
] as const;

export interface Layout {
  readonly nodeIds: readonly string[];
  readonly stationIds: readonly string[];
  readonly stationNodes: readonly string[];
  readonly wirings: readonly (readonly Phase[])[];
  readonly bounded: readonly number[];
  readonly bounds: readonly AllocationBound[] | undefined;
  readonly index: ReadonlyMap<string, number>;
  /** By node; -1 at the root. A parent comes before its children, whatever the input says. */
  readonly parent: Int32Array;
  /** By station: its node (an unknown one hangs at the root), and its grid phases (bit p). */
  readonly node: Int32Array;
  readonly known: Uint8Array;
  readonly mask: Uint8Array;
  readonly rows: Rows;
  /** By node: its row over all phases, and the first of its six difference rows; -1: none. */
  readonly totalRow: Int32Array;
  readonly pairRow: Int32Array;
  /** First row of the further bounds, in their order. */
  readonly boundRow: number;
  /** By row: its node. */
  readonly rowNode: Int32Array;
}

/** The layout of this input; `before` where it still fits. Pure. */
export function layoutOf(input: AllocationInput, before: Layout | undefined): Layout {
  return before !== undefined && fits(before, input) ? before : build(input);
}

function fits(l: Layout, input: AllocationInput): boolean {
  const { nodes, stations } = input;
  if (l.nodeIds.length !== nodes.length || l.stationIds.length !== stations.length) return false;
  if (l.bounds !== input.bounds) return false;
  for (let k = 0; k < nodes.length; k += 1) {
    const node = nodes[k];
    if (node === undefined || node.id !== l.nodeIds[k] || boundedBits(node) !== l.bounded[k])
      return false;
    const above = l.parent[k] ?? -1;
    if (k > 0 && node.parent !== l.nodeIds[above]) return false;
  }
  for (let i = 0; i < stations.length; i += 1) {
    const s = stations[i];
    if (s === undefined || s.id !== l.stationIds[i] || s.node !== l.stationNodes[i]) return false;
    if (!sameWiring(s.wiring, l.wirings[i] ?? [])) return false;
  }
  return true;
}

function sameWiring(a: readonly Phase[], b: readonly Phase[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((p, k) => p === b[k]);
}

/** Which further rows a node needs: 1 a bound over all phases, 2 a bound on phase differences. */
function boundedBits(node: AllocationNode): number {
  const total = node.import_W !== undefined || node.import_VA !== undefined;
  return (total ? 1 : 0) + (Number.isFinite(difference_A(node)) ? 2 : 0);
}

/**
 * Greatest difference between two phases, A; Infinity: none declared. The neutral current of three
 * loads in phase with their voltages is never above the greatest difference of the phases. Pure.
 */
export function difference_A(node: AllocationNode | undefined): number {
  const read = (a: number | undefined): number => (a === undefined ? Infinity : positiveOr(a, 0));
  return Math.min(read(node?.unbalance_A), read(node?.neutral_A));
}

function build(input: AllocationInput): Layout {
  const { nodes, stations } = input;
  const index = new Map<string, number>();
  const parent = new Int32Array(nodes.length).fill(-1);
  nodes.forEach((node, k) => {
    if (!index.has(node.id)) index.set(node.id, k);
    if (k === 0) return;
    const above = node.parent === undefined ? 0 : (index.get(node.parent) ?? 0);
    parent[k] = above < k ? above : 0;
  });
  const bounded = nodes.map(boundedBits);
  const totalRow = new Int32Array(nodes.length).fill(-1);
  const pairRow = new Int32Array(nodes.length).fill(-1);
  let count = 3 * nodes.length;
  bounded.forEach((bits, k) => {
    if ((bits & 1) !== 0) totalRow[k] = count++;
    if ((bits & 2) !== 0) {
      pairRow[k] = count;
      count += PAIRS.length;
    }
  });
  const boundRow = count;
  count += input.bounds?.length ?? 0;
  const node = Int32Array.from(stations, (s) => index.get(s.node) ?? 0);
  const mask = Uint8Array.from(stations, (s) => maskOf(s));
  const shape = { parent, node, mask, totalRow, pairRow, boundRow };
  return {
    nodeIds: nodes.map((n) => n.id),
    stationIds: stations.map((s) => s.id),
    stationNodes: stations.map((s) => s.node),
    wirings: stations.map((s) => s.wiring),
    bounded,
    bounds: input.bounds,
    index,
    known: Uint8Array.from(stations, (s) => (index.has(s.node) ? 1 : 0)),
    ...shape,
    rows: rowsOf(input, shape, count),
    rowNode: rowNodes(count, nodes.length, totalRow, pairRow),
  };
}

/** An empty wiring is unknown: full current on every phase. */
function maskOf(s: AllocationStation): number {
  let mask = 0;
  for (const phase of s.wiring) mask |= 1 << PHASES.indexOf(phase);
  return mask === 0 ? 7 : mask;
}

type Shape = Pick<Layout, 'parent' | 'node' | 'mask' | 'totalRow' | 'pairRow' | 'boundRow'>;

/** Rows 3k..3k+2 are the phases of node k; a row over all phases counts each phase once. */
function rowsOf(input: AllocationInput, shape: Shape, count: number): Rows {
  const further = new Map<string, { row: number; coefficient: number }[]>();
  input.bounds?.forEach((bound, j) => {
    for (const s of bound.shares) {
      const coefficient = Math.max(0, positiveOr(s.coefficient, 1));
      const list = further.get(s.station) ?? [];
      list.push({ row: shape.boundRow + j, coefficient });
      further.set(s.station, list);
    }
  });
  const builder = new RowsBuilder(count);
  input.stations.forEach((s, i) => {
    addTreeRows(shape, i, builder);
    for (const f of further.get(s.id) ?? []) {
      if (f.coefficient > 0) builder.add(f.row, f.coefficient);
    }
    builder.endStation();
  });
  return builder.build();
}

function addTreeRows(shape: Shape, i: number, builder: RowsBuilder): void {
  const mask = shape.mask[i] ?? 7;
  for (let k = shape.node[i] ?? 0; k >= 0; k = shape.parent[k] ?? -1) {
    let phases = 0;
    for (let p = 0; p < 3; p += 1) {
      if ((mask & (1 << p)) === 0) continue;
      builder.add(3 * k + p, 1);
      phases += 1;
    }
    const total = shape.totalRow[k] ?? -1;
    if (total >= 0) builder.add(total, phases);
    const pair = shape.pairRow[k] ?? -1;
    if (pair < 0) continue;
    PAIRS.forEach(([p, q], j) => {
      // What is drawn on both phases alike adds nothing to their difference.
      if ((mask & (1 << p)) !== 0 && (mask & (1 << q)) === 0) builder.add(pair + j, 1);
    });
  }
}

function rowNodes(count: number, n: number, totalRow: Int32Array, pairRow: Int32Array): Int32Array {
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
