/**
 * What is counted at each node against what, which stations rest on a battery, and what N-1 costs.
 */
import type { ThreePhase } from '../units';
import { takeExcess } from './bounds';
import type { Circuit } from './circuit';
import { missing_W } from './demand';
import { addStation } from './rows';
import { one, positiveOr } from './sane';
import type { NodeUse } from './types';
import type { Working } from './working';

const EPSILON = 1e-6;

/** Support above the import limit that the breaker carries if all inverters go at once, W. Pure. */
export function supportCap_W(circuit: Circuit, k: number): number {
  let least = Infinity;
  for (let p = 0; p < 3; p += 1) {
    const at = 3 * k + p;
    const above = (circuit.contingency_A[at] ?? 0) - (circuit.limit_A[at] ?? 0);
    least = Math.min(least, 3 * above * (circuit.volts[at] ?? 0));
  }
  return Math.max(0, least);
}

/** By row: what the stations count for after this decision, A. Pure. */
export function counted(w: Working): Float64Array {
  const use = new Float64Array(w.layout.rows.count);
  for (let i = 0; i < w.table.count; i += 1) {
    const a = Math.max(w.table.counted[i] ?? 0, w.grant[i] ?? 0);
    addStation(w.layout.rows, i, a, use);
  }
  const excess = new Float64Array(use.length);
  takeExcess(w.layout, w.circuit, w.table, () => true, excess);
  return use.map((a, r) => a - (excess[r] ?? 0));
}

/**
 * By station: the instant before which its lease must end because battery support carries part of
 * what is counted (`use_A`, by row) at a node above it; Infinity: nothing rests on a battery. Pure.
 */
export function untilOf(w: Working, use_A: Float64Array): Float64Array {
  const { circuit, table, layout } = w;
  const byNode = new Float64Array(circuit.count).fill(Infinity);
  const out = new Float64Array(table.count).fill(Infinity);
  let any = false;
  for (let k = 0; k < circuit.count; k += 1) {
    if (Number.isFinite(w.support.until[k] ?? Infinity)) any = true;
  }
  if (!any) return out;
  for (let r = 0; r < layout.rows.count; r += 1) {
    if ((use_A[r] ?? 0) <= (w.bareRoom[r] ?? 0) + EPSILON) continue;
    const k = layout.rowNode[r] ?? 0;
    byNode[k] = Math.min(byNode[k] ?? Infinity, w.support.until[k] ?? Infinity);
  }
  for (let i = 0; i < table.count; i += 1) {
    for (let k = table.node[i] ?? 0; k >= 0; k = circuit.parent[k] ?? -1) {
      out[i] = Math.min(out[i] ?? Infinity, byNode[k] ?? Infinity);
    }
  }
  return out;
}

/** `use_A`: what is counted, by row. Pure. */
export function nodeUses(
  w: Working,
  use_A: Float64Array,
  claim_A: Float64Array,
  potential_W: number,
): readonly NodeUse[] {
  return w.circuit.source.map((node, k): NodeUse => {
    const load = (p: 0 | 1 | 2): number => {
      const v3 = 3 * (w.circuit.volts[3 * k + p] ?? 1);
      const battery = (w.support.loadNow_W[k] ?? 0) / v3;
      return (w.loads.base_A[3 * k + p] ?? 0) + (use_A[3 * k + p] ?? 0) + battery;
    };
    const counted_A: ThreePhase<number> = [load(0), load(1), load(2)];
    const cap_W = supportCap_W(w.circuit, k);
    const relief_W = w.support.all_W[k] ?? 0;
    return {
      id: node.id,
      counted_A,
      limit_A: [
        positiveOr(node.import_A[0], 0),
        positiveOr(node.import_A[1], 0),
        positiveOr(node.import_A[2], 0),
      ],
      support_W: Math.min(relief_W, cap_W),
      supportCap_W: cap_W,
      capCost_W: k === 0 ? capCost_W(w, claim_A, potential_W, cap_W) : 0,
      binding: bindingOf(w, k, counted_A),
    };
  });
}

/** What the loads would take and the sources could give, if only the cap were not there, W. */
function capCost_W(w: Working, claim_A: Float64Array, potential_W: number, cap_W: number): number {
  const load = (at: number): number => (w.loads.base_A[at] ?? 0) + (claim_A[at] ?? 0);
  const missing = missing_W(w.circuit, 0, load);
  return Math.max(0, Math.min(missing, potential_W) - cap_W);
}

/** The phase with the least room, in words. */
function bindingOf(w: Working, k: number, counted_A: ThreePhase<number>): string {
  let worst = 0;
  let least = Infinity;
  for (let p = 0; p < 3; p += 1) {
    const left = (w.circuit.limit_A[3 * k + p] ?? 0) - (counted_A[p] ?? 0);
    if (left >= least) continue;
    least = left;
    worst = p;
  }
  const limit = w.circuit.limit_A[3 * k + worst] ?? 0;
  return `L${worst + 1}: ${one(counted_A[worst] ?? 0)} A counted of ${one(limit)} A`;
}
