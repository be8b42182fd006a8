/**
 * What the stations would take if only their own circuits bound them: the claim on the connection.
 */
import type { Circuit } from './circuit';
import type { Loads } from './loads';
import { CLAIMS, type StationTable } from './stationTable';

/**
 * By node and phase, A: claims at their cap, the others as counted, bounded by what each circuit
 * carries at most. Pure.
 */
export function demand_A(circuit: Circuit, table: StationTable, loads: Loads): Float64Array {
  const out = new Float64Array(3 * circuit.count);
  for (let i = 0; i < table.count; i += 1) {
    const wish = table.state[i] === CLAIMS ? table.cap[i] : table.counted[i];
    const a = Math.max(wish ?? 0, table.floor[i] ?? 0);
    const k = table.node[i] ?? 0;
    for (let p = 0; p < 3; p += 1) {
      if (((table.mask[i] ?? 7) & (1 << p)) === 0) continue;
      out[3 * k + p] = (out[3 * k + p] ?? 0) + a;
    }
  }
  for (let k = circuit.count - 1; k > 0; k -= 1) {
    const above = circuit.parent[k] ?? 0;
    for (let p = 0; p < 3; p += 1) {
      const at = 3 * k + p;
      const carries = Math.max(0, (circuit.contingency_A[at] ?? 0) - (loads.base_A[at] ?? 0));
      out[at] = Math.min(out[at] ?? 0, carries);
      out[3 * above + p] = (out[3 * above + p] ?? 0) + (out[at] ?? 0);
    }
  }
  return out;
}

/**
 * Relief at node k that would carry `load_A` by phase: three times the worst phase, because
 * inverters feed all phases alike. Negative: so much is free, W. Pure.
 */
export function missing_W(
  circuit: Circuit,
  k: number,
  load: (at: number) => number,
  bound_W = Infinity,
): number {
  let worst = -Infinity;
  let total = 0;
  for (let p = 0; p < 3; p += 1) {
    const at = 3 * k + p;
    const v = circuit.volts[at] ?? 0;
    const a = load(at);
    worst = Math.max(worst, 3 * v * (a - (circuit.limit_A[at] ?? 0)));
    total += v * a;
  }
  return Math.max(worst, total - Math.min(circuit.total_W[k] ?? Infinity, bound_W));
}
