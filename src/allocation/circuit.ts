/** The circuit tree as arrays: root first, parents before children, whatever the input says. */
import type { Layout } from './layout';
import { clamp, finiteOr, positiveOr } from './sane';
import type { AllocationNode } from './types';

/** W to A where no voltage is measured (SAFETY.md "Terms"). */
const LOW_VOLTAGE = 0.9;
const NOMINAL_V = 230;
/** A measured phase voltage outside these shares of Un is not one. */
const VOLTAGE_MIN = 0.5;
const VOLTAGE_MAX = 1.3;
const MARGIN_MAX = 0.5;

export interface Circuit {
  readonly count: number;
  readonly source: readonly AllocationNode[];
  readonly layout: Layout;
  readonly parent: Int32Array;
  /** By node and phase (3 * node + phase). */
  readonly volts: Float64Array;
  /** Import limit less margin, and the N-1 bound less margin, A. */
  readonly limit_A: Float64Array;
  readonly contingency_A: Float64Array;
  readonly reactive_var: Float64Array;
  /** Over all phases: bound of active power from `import_W` and `import_VA`, W; Infinity: none. */
  readonly total_W: Float64Array;
}

/** Reads the nodes; an impossible limit is 0. Pure. */
export function circuitOf(
  nodes: readonly AllocationNode[],
  layout: Layout,
  nominal_V: number,
): Circuit {
  const n = nodes.length;
  const volts = new Float64Array(3 * n);
  const limit_A = new Float64Array(3 * n);
  const contingency_A = new Float64Array(3 * n);
  const reactive_var = new Float64Array(3 * n);
  const total_W = new Float64Array(n);
  const nominal = clamp(positiveOr(nominal_V, NOMINAL_V), 50, 1000);
  for (let k = 0; k < n; k += 1) {
    const node = nodes[k];
    if (node === undefined) continue;
    const keep = 1 - clamp(finiteOr(node.margin, 0.1), 0, MARGIN_MAX);
    for (let p = 0; p < 3; p += 1) {
      const at = 3 * k + p;
      const measured = finiteOr(node.voltage_V[p], 0);
      const real = measured >= nominal * VOLTAGE_MIN && measured <= nominal * VOLTAGE_MAX;
      const v = real ? measured : nominal * LOW_VOLTAGE;
      const q = Math.abs(finiteOr(node.measured?.reactive_var[p], 0));
      const limit = positiveOr(node.import_A[p], 0) * keep;
      const lifted = Math.max(limit, positiveOr(node.contingency_A, 0) * keep);
      const loads = node.loadsMax_A === undefined ? Infinity : positiveOr(node.loadsMax_A, 0);
      const carries = Math.min(lifted, loads * keep);
      volts[at] = v;
      reactive_var[at] = q;
      limit_A[at] = activeOf(limit, v, q);
      contingency_A[at] = activeOf(carries, v, q);
    }
    total_W[k] = totalBound(node, keep, reactive_var, k);
  }
  return {
    count: n,
    source: nodes,
    layout,
    parent: layout.parent,
    volts,
    limit_A,
    contingency_A,
    reactive_var,
    total_W,
  };
}

/** Active part of a current bound beside a reactive power: sqrt((V * I)^2 - Q^2) / V. */
function activeOf(limit_A: number, v: number, q_var: number): number {
  const s = v * limit_A;
  return s <= q_var ? 0 : Math.sqrt(s * s - q_var * q_var) / v;
}

/**
 * Active bound over all phases. The apparent power is the sum over the phases; what reactive power
 * adds to it is taken at the present active power and only falls when that rises.
 */
function totalBound(node: AllocationNode, keep: number, reactive: Float64Array, k: number): number {
  const active = node.import_W === undefined ? Infinity : positiveOr(node.import_W, 0) * keep;
  if (node.import_VA === undefined) return active;
  let lost = 0;
  for (let p = 0; p < 3; p += 1) {
    const net = Math.max(0, finiteOr(node.measured?.net_W[p], 0));
    const q = reactive[3 * k + p] ?? 0;
    lost += Math.sqrt(net * net + q * q) - net;
  }
  return Math.min(active, Math.max(0, positiveOr(node.import_VA, 0) * keep - lost));
}

/** Adds `value` at node k and every node above it, one column of `into` (stride, offset). */
export function addUp(
  circuit: Circuit,
  k: number,
  value: number,
  into: Float64Array,
  stride = 1,
  offset = 0,
): void {
  for (let at = k; at >= 0; at = circuit.parent[at] ?? -1) {
    const slot = stride * at + offset;
    into[slot] = (into[slot] ?? 0) + value;
  }
}
