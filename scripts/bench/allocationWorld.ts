/**
 * Random but consistent inputs of the allocation: trees, stations in every state, batteries, sun.
 */
import type {
  AllocationBess,
  AllocationInput,
  AllocationNode,
  AllocationPv,
  AllocationStation,
} from '../../src/allocation';
import { instant, later, type Instant } from '../../src/time';
import { mapPhases, type Phase, PHASES, type ThreePhase } from '../../src/units';
import type { Random } from './random';

export const NOMINAL_V = 230;

const WIRINGS: readonly [readonly Phase[], ...(readonly Phase[])[]] = [
  ['L1', 'L2', 'L3'],
  ['L2', 'L3', 'L1'],
  ['L3', 'L1', 'L2'],
  ['L1'],
  ['L2'],
  ['L3'],
  ['L1', 'L2'],
  [],
];

/** A random input as it may stand at `now`; everything in it is finite and possible. */
export function randomInput(r: Random, now: Instant): AllocationInput {
  const nodes = randomTree(r);
  const stations = Array.from({ length: r.integer(1, 14) }, (_, i) => randomStation(r, nodes, i));
  const bess = r.chance(0.5) ? [randomBess(r, nodes, now)] : [];
  const pv = r.chance(0.5) ? [randomPv(r, nodes)] : [];
  const base = nodes.map((): ThreePhase<number> => [own(r), own(r), own(r)]);
  return {
    nodes: nodes.map((node, k) =>
      measuredNode(r, { nodes, stations, bess, pv, base }, node, k, now),
    ),
    stations,
    bess,
    pv,
    nominal_V: NOMINAL_V,
    reaction_ms: r.integer(2000, 12_000),
    risePerSecond: r.chance(0.5) ? 1 : 0.01,
  };
}

const own = (r: Random): number => (r.chance(0.5) ? 0 : r.between(0, 25));

function randomTree(r: Random): AllocationNode[] {
  const count = r.integer(1, 7);
  return Array.from({ length: count }, (_, k): AllocationNode => {
    const limit = r.pick([16, 25, 32, 63, 80, 125, 250]);
    const id = k === 0 ? 'grid' : `c${k}`;
    const parent = `c${r.integer(0, Math.max(0, k - 1))}`.replace('c0', 'grid');
    return {
      id,
      ...(k === 0 ? {} : { parent }),
      import_A: [limit, limit, r.chance(0.9) ? limit : limit / 2],
      limitReason: { source: k === 0 ? 'contract' : 'circuit', text: `limit ${limit} A`, at: id },
      ...(k === 0 && r.chance(0.4) ? { import_VA: limit * 3 * NOMINAL_V * r.between(0.6, 1) } : {}),
      ...(k === 0 && r.chance(0.2) ? { import_W: limit * 3 * NOMINAL_V * r.between(0.5, 1) } : {}),
      ...(k === 0 && r.chance(0.5) ? { export_W: r.pick([0, 5000, 100_000]) } : {}),
      ...(r.chance(0.2) ? { neutral_A: r.pick([16, 32]) } : {}),
      ...(k === 0 && r.chance(0.3) ? { unbalance_A: 20 } : {}),
      margin: r.pick([0, 0.03, 0.1]),
      voltage_V: [r.between(215, 245), r.between(215, 245), r.between(215, 245)],
      baseWorst_A: r.integer(0, 20),
      contingency_A: limit * r.pick([1, 1.13, 1.45, 2]),
    };
  });
}

function randomStation(r: Random, nodes: readonly AllocationNode[], i: number): AllocationStation {
  const max_A = r.pick([16, 20, 32, 63]);
  const floor_A = r.pick([0, 0, 4, 6, 8]);
  const commanded_A = r.chance(0.3) ? floor_A : r.between(0, max_A);
  const kind = r.chance(0.2) ? ('dc' as const) : ('ac' as const);
  const wiring = kind === 'dc' ? WIRINGS[0] : r.pick(WIRINGS);
  const drawn = r.chance(0.1) ? r.between(0, max_A) : r.between(0, commanded_A);
  const lines = wiring.length === 0 ? 3 : wiring.length;
  const measured: ThreePhase<number> = [drawn, lines > 1 ? drawn : 0, lines > 2 ? drawn : 0];
  const surely = r.between(0, 1);
  return {
    id: `s${i}`,
    node: nodes[r.integer(0, nodes.length - 1)]?.id ?? 'grid',
    wiring,
    kind,
    floor_A,
    max_A,
    minStart_A: r.pick([6, 6, 10]),
    weight: r.pick([1, 1, 2, 3]),
    priority: r.pick([5, 5, 5, 1]),
    state: r.chance(0.7) ? 'claims' : r.chance(0.5) ? 'idle' : 'reserved',
    reserved_A: Math.max(commanded_A, r.between(0, max_A)),
    commanded_A,
    surely_A: mapPhases(measured, (a) => a * surely),
    ...(r.chance(0.8) ? { measured_A: measured } : {}),
    ...(r.chance(0.1) ? { requested_A: r.between(0, max_A) } : {}),
    ...(r.chance(0.5) ? { delivered_Wh: r.integer(0, 20_000) } : {}),
  };
}

function randomBess(r: Random, nodes: readonly AllocationNode[], now: Instant): AllocationBess {
  const rated = r.pick([5000, 30_000, 100_000]);
  const power = r.between(-rated, rated);
  const command = r.chance(0.7) ? power : r.between(-rated, rated);
  return {
    id: 'bess',
    node: nodes[r.chance(0.7) ? 0 : r.integer(0, nodes.length - 1)]?.id ?? 'grid',
    discharge_W: rated,
    charge_W: rated,
    capacity_Wh: rated * 2,
    socMin: 0.1,
    socMax: 0.95,
    socReserve: 0.2,
    commanded_W: command,
    expiryMin_W: r.pick([0, -500]),
    expiryMax_W: 0,
    usable: r.chance(0.9),
    supports: r.chance(0.8),
    stopInput: r.chance(0.7),
    ...(r.chance(0.9)
      ? {
          reading: {
            power_W: power,
            soc: r.next(),
            chargeMax_W: rated,
            dischargeMax_W: r.chance(0.9) ? rated : 0,
          },
        }
      : {}),
    ...(r.chance(0.8)
      ? { lease: { value_W: command, ends_at: later(now, r.integer(0, 60_000)) } }
      : {}),
  };
}

function randomPv(r: Random, nodes: readonly AllocationNode[]): AllocationPv {
  const rated_W = r.pick([10_000, 60_000]);
  return {
    id: 'pv',
    node: nodes[r.integer(0, nodes.length - 1)]?.id ?? 'grid',
    rated_W,
    expiry_W: 0,
    usable: r.chance(0.9),
    ...(r.chance(0.9) ? { measured_W: r.between(0, rated_W) } : {}),
  };
}

interface Parts {
  readonly nodes: readonly AllocationNode[];
  readonly stations: readonly AllocationStation[];
  readonly bess: readonly AllocationBess[];
  readonly pv: readonly AllocationPv[];
  readonly base: readonly ThreePhase<number>[];
}

/** Whether `id` is `root` or hangs below it. */
export function isBelow(nodes: readonly AllocationNode[], id: string, root: string): boolean {
  let at: string | undefined = id;
  while (at !== undefined) {
    if (at === root) return true;
    const here: string = at;
    at = nodes.find((n) => n.id === here)?.parent;
  }
  return false;
}

/** Grid phases of a station by its own phases; unknown wiring draws on all. */
export const linesOf = (s: AllocationStation): readonly Phase[] =>
  s.wiring.length === 0 ? PHASES : s.wiring;

/** What a station draws on a grid phase by its own meter values, A. */
export function drawnOn(s: AllocationStation, p: Phase, values?: ThreePhase<number>): number {
  const own = linesOf(s).indexOf(p);
  return own < 0 ? 0 : (values?.[own] ?? 0);
}

/** The meter of the node, if it has one: base loads and stations below it, less the sources. */
function measuredNode(
  r: Random,
  parts: Parts,
  node: AllocationNode,
  k: number,
  now: Instant,
): AllocationNode {
  if (k > 0 && r.chance(0.5)) return node;
  const under = (id: string): boolean => isBelow(parts.nodes, id, node.id);
  const sources =
    parts.bess.filter((b) => under(b.node)).reduce((s, b) => s + (b.reading?.power_W ?? 0), 0) +
    parts.pv.filter((p) => under(p.node)).reduce((s, p) => s + (p.measured_W ?? 0), 0);
  const net_W = mapPhases([0, 1, 2] as const, (_, p): number => {
    const phase = PHASES[p];
    const base = parts.nodes.reduce(
      (s, n, j) => s + (under(n.id) ? (parts.base[j]?.[p] ?? 0) : 0),
      0,
    );
    const drawn = parts.stations
      .filter((s) => under(s.node))
      .reduce((sum, s) => sum + drawnOn(s, phase, s.measured_A ?? s.surely_A), 0);
    return (base + drawn) * node.voltage_V[p] - sources / 3;
  });
  const q = r.chance(0.5) ? 0 : r.between(0, 2000);
  return { ...node, measured: { net_W, reactive_var: [q, q, q], at: now } };
}

/** The instant the random inputs are made for. */
export const WORLD_START: Instant = instant(1_000_000);
