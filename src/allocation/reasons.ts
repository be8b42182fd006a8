/** Why a station gets no more, in words with numbers, most binding first. */
import type { Reason } from '../model';
import { kW, one } from './sane';
import { IDLE, RESERVED } from './stationTable';
import type { Working } from './working';

const HELD_BY_RATE = 1;
const HELD_BY_OTHERS = 2;

/** Empty: it has its own rating. Pure. */
export function stationReasons(w: Working, i: number, limit_A: number): readonly Reason[] {
  const { table } = w;
  const at = table.source[i]?.id ?? '';
  const floor = table.floor[i] ?? 0;
  const fault = table.fault.get(i);
  if (fault !== undefined) {
    const text = `${fault}: ${one(table.counted[i] ?? 0)} A is reserved, ${one(floor)} A holds`;
    return [{ source: 'station', at, text, limit_A }];
  }
  if (table.state[i] === RESERVED) {
    const text = `cannot be controlled now: ${one(table.counted[i] ?? 0)} A is reserved for it`;
    return [{ source: 'station', at, text, limit_A }];
  }
  if (table.state[i] === IDLE) {
    const text = `no vehicle asks for energy: the safe static limit ${one(floor)} A holds`;
    return [{ source: 'station', at, text, limit_A }];
  }
  const out: Reason[] = [];
  const held = heldReason(w, i, at, limit_A);
  if (held !== undefined) out.push(held);
  if (w.admission.admitted[i] !== 1) out.push(pausedReason(w, i, at, limit_A));
  const row = w.target.binding[i] ?? -1;
  if (row >= 0) out.push(rowReason(w, row, w.target.x[i] ?? 0));
  else if (w.admission.admitted[i] === 1) out.push(...ownReason(w, i, at));
  return out;
}

function heldReason(w: Working, i: number, at: string, limit_A: number): Reason | undefined {
  const target = one(w.target.x[i] ?? 0);
  if (w.held[i] === HELD_BY_RATE) {
    return { source: 'slew', at, text: `rises slowly to ${target} A`, limit_A };
  }
  if (w.held[i] === HELD_BY_OTHERS) {
    const text = `waits for ${target} A until earlier values of others are no longer in force`;
    return { source: 'lease-order', at, text, limit_A };
  }
  return undefined;
}

function pausedReason(w: Working, i: number, at: string, limit_A: number): Reason {
  const { table } = w;
  const minimum = table.minStart[i] ?? 0;
  const cap = table.cap[i] ?? 0;
  const text =
    cap < minimum
      ? `allowed ${one(cap)} A is below its minimum of ${one(minimum)} A`
      : `its minimum of ${one(minimum)} A does not fit beside ${w.admission.count} sessions that charge: it waits its turn`;
  return { source: 'share', at, text, limit_A };
}

function ownReason(w: Working, i: number, at: string): readonly Reason[] {
  const s = w.table.source[i];
  const cap = w.table.cap[i] ?? 0;
  if (s?.requested_A === undefined || cap >= s.max_A) return [];
  const text = `another party asks for at most ${one(cap)} A`;
  return [{ source: 'cpms', at, text, limit_A: cap }];
}

/** The bound of a row: whose limit, on which phase, less what, shared by how many. */
function rowReason(w: Working, row: number, share_A: number): Reason {
  const k = w.layout.rowNode[row] ?? 0;
  const node = w.circuit.source[k];
  const at = node?.id ?? 'grid';
  const limit = node?.limitReason;
  const source = limit?.source ?? 'circuit';
  const expires = limit?.expires_at === undefined ? {} : { expires_at: limit.expires_at };
  const relief_W = w.support.all_W[k] ?? 0;
  const relief = relief_W > 0 ? ` plus ${kW(relief_W)} support` : '';
  const count = w.layout.rows.memberStart;
  const sharing = (count[row + 1] ?? 0) - (count[row] ?? 0);
  const tail = `leaves ${one(share_A)} A of what ${sharing} stations share`;
  if (row === w.layout.totalRow[k]) {
    const total = kW(w.circuit.total_W[k] ?? 0);
    const base = kW(w.loads.base_W[k] ?? 0);
    const whose = source === 'contract' || source === 'circuit' ? '' : `${limit?.text ?? ''}; `;
    const text = `${whose}${total} over all phases${relief} less ${base} base load ${tail}`;
    return { source, at, text, limit_A: share_A, ...expires };
  }
  const pair = w.layout.pairRow[k] ?? -1;
  if (pair >= 0 && row >= pair && row < pair + 6) {
    const text = `difference between phases at most ${one(Math.min(node?.unbalance_A ?? Infinity, node?.neutral_A ?? Infinity))} A ${tail}`;
    return { source: 'circuit', at, text, limit_A: share_A };
  }
  const p = row - 3 * k;
  const base = one(w.loads.base_A[row] ?? 0);
  const capped =
    relief_W > 0 &&
    (w.circuit.limit_A[row] ?? 0) + relief_W / (3 * (w.circuit.volts[row] ?? 1)) >
      (w.circuit.contingency_A[row] ?? 0);
  if (capped) {
    const carries = one(w.circuit.contingency_A[row] ?? 0);
    const text = `loss of all inverters must stay within ${carries} A on L${p + 1}; less ${base} A base load ${tail}`;
    return { source: 'contingency', at, text, limit_A: share_A };
  }
  if (
    node?.loadsMax_A !== undefined &&
    node.loadsMax_A < node.import_A[p === 1 ? 1 : p === 2 ? 2 : 0]
  ) {
    const kept = one(w.circuit.contingency_A[row] ?? 0);
    const text = `loads together at most ${kept} A on L${p + 1} (headroom kept free, or busbar); less ${base} A base load ${tail}`;
    return { source: 'contingency', at, text, limit_A: share_A };
  }
  const words = limit?.text ?? 'limit';
  const text = `${words} on L${p + 1}${relief} less ${base} A base load ${tail}`;
  return { source, at, text, limit_A: share_A, ...expires };
}
