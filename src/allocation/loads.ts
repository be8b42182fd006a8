/**
 * The base load (everything nobody controls) at each node: load now less what the stations surely
 * draw of it. Meters lag each other by up to a meter interval of the stations, so the greatest
 * estimate of the last seconds counts.
 */
import { between, type Instant } from '../time';
import { addUp, type Circuit } from './circuit';
import type { AllocationMemory, LoadSample } from './memory';
import { finiteOr, positiveOr } from './sane';
import type { BessView, PvView } from './sources';
import type { StationTable } from './stationTable';

/** Longest meter interval of a station (5 s) + its own and the grid meter's lag, ms. */
const WINDOW_ms = 8_000;
/** A node measurement older than this is none, ms. */
const MEASURED_AGE_MAX_ms = 10_000;
/** A base load this far below zero for the whole window means that the meter lies. */
const NEGATIVE_SHARE = 0.05;
const NEGATIVE_A = 3;

export interface Loads {
  /** By node and phase, A, and over all phases, W. */
  readonly base_A: Float64Array;
  readonly base_W: Float64Array;
  /** All loads at the connection point: the smallest of the window, and now, W. */
  readonly least_W: number;
  readonly now_W: number;
  /** By node and phase: all loads now, A; NaN: not measured. */
  readonly load_A: Float64Array;
  readonly samples: readonly LoadSample[];
  /** Nodes whose meter cannot be right. */
  readonly implausible: ReadonlySet<number>;
}

/** Pure. */
export function loadsOf(
  circuit: Circuit,
  table: StationTable,
  sources: { readonly bess: readonly BessView[]; readonly pv: readonly PvView[] },
  memory: AllocationMemory,
  now: Instant,
): Loads {
  const fresh = sampleNow(circuit, table, sources, now);
  const past = memory.samples.filter((s) => {
    const age = between(s.at, now);
    return age >= 0 && age <= WINDOW_ms;
  });
  const last = past.at(-1);
  const samples =
    last !== undefined && between(last.at, now) < 1000
      ? [...past.slice(0, -1), merge(last, fresh.sample)]
      : [...past, fresh.sample];
  const implausible = new Set<number>();
  const base_A = greatest(samples, (s) => s.base_A);
  const base_W = greatest(samples, (s) => s.base_W);
  const below_A = new Float64Array(3 * circuit.count);
  for (let k = circuit.count - 1; k >= 0; k -= 1) {
    judge(circuit, k, { base_A, base_W, below_A }, fresh.sample, implausible);
  }
  let least_W = Infinity;
  for (const s of samples) least_W = Math.min(least_W, s.load_W);
  return {
    base_A,
    base_W,
    least_W: Number.isFinite(least_W) ? Math.max(0, least_W) : 0,
    now_W: positiveOr(fresh.sample.load_W, 0),
    load_A: fresh.load_A,
    samples,
    implausible,
  };
}

function sampleNow(
  circuit: Circuit,
  table: StationTable,
  sources: { readonly bess: readonly BessView[]; readonly pv: readonly PvView[] },
  now: Instant,
): { sample: LoadSample; load_A: Float64Array } {
  const n = circuit.count;
  const surely = new Float64Array(3 * n);
  for (let i = 0; i < table.count; i += 1) {
    const k = table.node[i] ?? 0;
    for (let p = 0; p < 3; p += 1) {
      const a = table.surely[3 * i + p] ?? 0;
      if (a > 0) addUp(circuit, k, a, surely, 3, p);
    }
  }
  const out = new Float64Array(n);
  for (const s of sources.bess) addUp(circuit, s.node, s.out_W, out);
  for (const s of sources.pv) addUp(circuit, s.node, s.out_W, out);
  const base_A = new Float64Array(3 * n).fill(NaN);
  const base_W = new Float64Array(n).fill(NaN);
  const load_A = new Float64Array(3 * n).fill(NaN);
  let load_W = NaN;
  for (let k = 0; k < n; k += 1) {
    const m = circuit.source[k]?.measured;
    if (m === undefined || between(m.at, now) > MEASURED_AGE_MAX_ms) continue;
    let total = 0;
    let load = out[k] ?? 0;
    for (let p = 0; p < 3; p += 1) {
      const v = circuit.volts[3 * k + p] ?? 1;
      const net = finiteOr(m.net_W[p], NaN);
      const loads = (net + (out[k] ?? 0) / 3) / v;
      const base = loads - (surely[3 * k + p] ?? 0);
      load_A[3 * k + p] = loads;
      base_A[3 * k + p] = base;
      total += base * v;
      load += net;
    }
    base_W[k] = total;
    if (k === 0) load_W = load;
  }
  return { sample: { at: now, base_A, base_W, load_W }, load_A };
}

/**
 * Element by element the greater of both (and the smaller load); the time of the older one stays.
 */
function merge(older: LoadSample, newer: LoadSample): LoadSample {
  const load = Number.isNaN(older.load_W) ? newer.load_W : older.load_W;
  return {
    at: older.at,
    base_A: newer.base_A.map((a, i) => pick(older.base_A[i] ?? NaN, a)),
    base_W: newer.base_W.map((a, i) => pick(older.base_W[i] ?? NaN, a)),
    load_W: newer.load_W < load ? newer.load_W : load,
  };
}

/** The newer one decides whether there is a value at all. */
const pick = (older: number, newer: number): number => (older > newer ? older : newer);

function greatest(
  samples: readonly LoadSample[],
  of: (s: LoadSample) => Float64Array,
): Float64Array {
  const last = samples.at(-1);
  const most = last === undefined ? new Float64Array(0) : of(last).slice();
  for (const s of samples) {
    const values = of(s);
    for (let i = 0; i < most.length; i += 1) {
      const v = values[i] ?? NaN;
      if (v > (most[i] ?? NaN)) most[i] = v;
    }
  }
  return most;
}

interface BaseEstimate {
  readonly base_A: Float64Array;
  readonly base_W: Float64Array;
  /** Sum of the judged nodes right below each node, by phase. */
  readonly below_A: Float64Array;
}

/** Takes the measured estimate of node k, or the declared worst case of its subtree. */
function judge(
  circuit: Circuit,
  k: number,
  { base_A, base_W, below_A }: BaseEstimate,
  now: LoadSample,
  implausible: Set<number>,
): void {
  const node = circuit.source[k];
  let measured = true;
  for (let p = 0; p < 3; p += 1) {
    const at = 3 * k + p;
    const limit = positiveOr(node?.import_A[p], 0);
    const least = -Math.max(NEGATIVE_A, NEGATIVE_SHARE * limit);
    // A meter that is silent now measures nothing now, whatever it said before.
    if (Number.isNaN(now.base_A[at] ?? NaN)) measured = false;
    else if ((base_A[at] ?? NaN) < least) {
      measured = false;
      implausible.add(k);
    }
  }
  const parent = circuit.parent[k] ?? -1;
  let total_W = 0;
  for (let p = 0; p < 3; p += 1) {
    const at = 3 * k + p;
    const own = positiveOr(node?.baseWorst_A, circuit.limit_A[at] ?? 0);
    const worst = own + (below_A[at] ?? 0);
    const base = measured ? Math.max(0, base_A[at] ?? 0) : worst;
    base_A[at] = base;
    if (parent >= 0) below_A[3 * parent + p] = (below_A[3 * parent + p] ?? 0) + base;
    total_W += base * (circuit.volts[at] ?? 0);
  }
  base_W[k] = measured ? Math.max(0, base_W[k] ?? 0) : total_W;
}
