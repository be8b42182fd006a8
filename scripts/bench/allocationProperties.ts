/**
 * The rules of the allocation checked on random inputs by arithmetic of its own: nothing here calls
 * anything of the allocation but its door.
 */
import {
  allocate,
  type AllocationInput,
  type AllocationMemory,
  type AllocationNode,
  type AllocationResult,
  type AllocationStation,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { type Instant, later } from '../../src/time';
import { PHASES, type ThreePhase } from '../../src/units';
import { drawnOn, isBelow, linesOf, randomInput, WORLD_START } from './allocationWorld';
import { Random } from './random';

type Result = AllocationResult<AllocationMemory>;
const EPSILON_A = 1e-6;

/** All rules on one random world; the first broken one in words. */
export function brokenRule(seed: number): string | undefined {
  const r = new Random(seed);
  const input = randomInput(r, WORLD_START);
  const result = allocate(input, NO_ALLOCATION_MEMORY, WORLD_START);
  return (
    boundsBroken(input, result, WORLD_START) ??
    changesWithoutCause(input) ??
    orderMatters(r, input, result) ??
    loweringRaises(r, input) ??
    worseWithBadNumbers(r, input)
  );
}

interface Bound {
  readonly base_A: number;
  /** Without any battery, and with the most that may be credited, A. */
  readonly bare_A: number;
  readonly bound_A: number;
}

function under(input: AllocationInput, node: AllocationNode): readonly AllocationStation[] {
  return input.stations.filter((s) => isBelow(input.nodes, s.node, node.id));
}

/** Loads without the stations at a node and phase, and what it may carry. */
function boundOf(input: AllocationInput, node: AllocationNode, p: 0 | 1 | 2, now: Instant): Bound {
  const v = node.voltage_V[p];
  const below = (id: string): boolean => isBelow(input.nodes, id, node.id);
  let out = 0;
  let relief = 0;
  let sun = 0;
  let drawn = 0;
  for (const b of input.bess.filter((x) => below(x.node))) {
    const lease = b.lease !== undefined && b.lease.ends_at > now ? b.lease.value_W : 0;
    const hidden = Math.max(0, b.commanded_W, lease, b.expiryMax_W);
    out += b.reading?.power_W ?? hidden;
    const given = Math.min(b.commanded_W, lease, b.reading?.power_W ?? 0);
    const credited = b.usable && b.supports ? Math.max(0, given) : 0;
    relief += credited;
    drawn += Math.max(0, -b.expiryMin_W);
  }
  for (const x of input.pv.filter((y) => below(y.node))) {
    out += x.measured_W ?? x.rated_W;
    relief += x.measured_W ?? 0;
    sun += x.measured_W ?? 0;
  }
  const stations = under(input, node);
  const surely = stations.reduce((s, x) => s + drawnOn(x, PHASES[p], x.surely_A), 0);
  const net = node.measured?.net_W[p];
  const q = node.measured?.reactive_var[p] ?? 0;
  const base_A = net === undefined ? worstBase(input, node, p, now) : (net + out / 3) / v - surely;
  const active = (a: number): number => {
    const s = v * a * (1 - node.margin);
    return s <= q ? 0 : Math.sqrt(s * s - q * q) / v;
  };
  const limit = active(node.import_A[p]);
  const carries = active(Math.max(node.contingency_A, node.import_A[p]));
  return {
    base_A: Math.max(0, base_A),
    bare_A: Math.min(limit + sun / 3 / v, carries) - drawn / 3 / v,
    bound_A: Math.min(limit + relief / 3 / v, carries),
  };
}

function worstBase(
  input: AllocationInput,
  node: AllocationNode,
  p: 0 | 1 | 2,
  now: Instant,
): number {
  const children = input.nodes.filter((n) => n.parent === node.id);
  return children.reduce((s, c) => s + boundOf(input, c, p, now).base_A, node.baseWorst_A);
}

/** max(commanded, safe static limit or reservation, measured, new) on one phase, A. */
function countedOn(s: AllocationStation, p: 0 | 1 | 2, grant_A: number): number {
  if (!linesOf(s).includes(PHASES[p])) return 0;
  const reserved = s.state === 'reserved' ? s.reserved_A : 0;
  const held = Math.max(s.commanded_A, s.floor_A, reserved, grant_A);
  return Math.max(held, drawnOn(s, PHASES[p], s.measured_A));
}

/** INV-1 (a) and INV-9 (a): whatever is raised fits with everything that counts beside it. */
export function boundsBroken(
  input: AllocationInput,
  result: Result,
  now: Instant,
): string | undefined {
  const grants = new Map(result.stations.map((g) => [g.id, g]));
  const limitOf = (s: AllocationStation): number => grants.get(s.id)?.limit_A ?? NaN;
  for (const s of input.stations) {
    const g = limitOf(s);
    if (!(g >= 0) || g > Math.max(s.max_A, s.floor_A) + EPSILON_A) return `${s.id}: grant ${g} A`;
    if (s.state === 'reserved' && g > s.floor_A) return `${s.id} is reserved and got ${g} A`;
  }
  for (const node of input.nodes) {
    const stations = under(input, node);
    const raised = stations.filter((s) => limitOf(s) > Math.max(s.commanded_A, s.floor_A) + 1e-6);
    for (const p of [0, 1, 2] as const) {
      const at = `${node.id} ${PHASES[p]}`;
      const b = boundOf(input, node, p, now);
      const counted = stations.reduce((sum, s) => sum + countedOn(s, p, limitOf(s)), 0);
      const touched = raised.some((s) => linesOf(s).includes(PHASES[p]));
      const total = b.base_A + counted;
      if (touched && total > b.bound_A + EPSILON_A) {
        return `${at}: raised to ${total} A of ${b.bound_A} A`;
      }
      const told = toldAbove(stations, p, limitOf);
      if (b.base_A + told.sum > b.bound_A + EPSILON_A && told.more) {
        return `${at}: told ${b.base_A + told.sum} A of ${b.bound_A} A`;
      }
      if (touched && total > b.bare_A + 1e-3) {
        const late = leaseOverrun(input, node, raised, grants, now);
        if (late !== undefined) return `${at}: ${late}`;
      }
    }
  }
  return undefined;
}

/** Sum of what stations are told, and whether anything above the unavoidable is in it. */
function toldAbove(
  stations: readonly AllocationStation[],
  p: 0 | 1 | 2,
  limitOf: (s: AllocationStation) => number,
): { sum: number; more: boolean } {
  let sum = 0;
  let more = false;
  for (const s of stations) {
    if (!linesOf(s).includes(PHASES[p])) continue;
    const a = s.state === 'reserved' ? countedOn(s, p, 0) : limitOf(s);
    sum += a;
    if (s.state !== 'reserved' && a > EPSILON_A) more = true;
  }
  return { sum, more };
}

function leaseOverrun(
  input: AllocationInput,
  node: AllocationNode,
  raised: readonly AllocationStation[],
  grants: ReadonlyMap<string, { readonly until?: Instant }>,
  now: Instant,
): string | undefined {
  const ends = input.bess
    .filter((b) => isBelow(input.nodes, b.node, node.id) && b.lease !== undefined)
    .map((b) => later(b.lease?.ends_at ?? now, -input.reaction_ms));
  if (ends.length === 0) return undefined;
  const latest = Math.max(...ends);
  const late = raised.find((s) => !((grants.get(s.id)?.until ?? Infinity) <= latest));
  return late === undefined ? undefined : `${late.id} rests on a battery without an end`;
}

/** Constant input, and everything obeyed: the same answer again and again. */
export function changesWithoutCause(input: AllocationInput): string | undefined {
  const free = { ...input, risePerSecond: 1 };
  let memory: AllocationMemory = NO_ALLOCATION_MEMORY;
  let before: Result | undefined;
  for (let k = 0; k < 4; k += 1) {
    const now = later(WORLD_START, k * 700);
    const still = { ...free, nodes: free.nodes.map((n) => stamped(n, now)) };
    const result = allocate(withoutLeases(still), memory, now);
    memory = result.memory;
    if (before !== undefined) {
      for (const [i, g] of result.stations.entries()) {
        const was = before.stations[i]?.limit_A ?? NaN;
        if (Math.abs(g.limit_A - was) > 1e-9) return `${g.id} went from ${was} to ${g.limit_A} A`;
      }
    }
    before = result;
  }
  return undefined;
}

const stamped = (n: AllocationNode, now: Instant): AllocationNode =>
  n.measured === undefined ? n : { ...n, measured: { ...n.measured, at: now } };

/** A lease that runs out is a change of the input; constant input has none. */
function withoutLeases(input: AllocationInput): AllocationInput {
  const bess = input.bess.map((b) => {
    const { lease, ...rest } = b;
    return lease === undefined ? b : rest;
  });
  return { ...input, bess };
}

/** The order in which stations are listed does not matter. */
export function orderMatters(
  r: Random,
  input: AllocationInput,
  result: Result,
): string | undefined {
  const turned = { ...input, stations: r.shuffle(input.stations) };
  const again = allocate(turned, NO_ALLOCATION_MEMORY, WORLD_START);
  for (const g of result.stations) {
    const other = again.stations.find((x) => x.id === g.id)?.limit_A ?? NaN;
    if (!(Math.abs(other - g.limit_A) < 1e-6)) return `${g.id}: ${g.limit_A} A, turned ${other} A`;
  }
  return undefined;
}

/** Lowering a limit never raises the current through that node on that phase, once all obeyed. */
export function loweringRaises(r: Random, input: AllocationInput): string | undefined {
  const k = r.integer(0, input.nodes.length - 1);
  const p = r.pick([0, 1, 2] as const);
  const share = r.next();
  const node = input.nodes[k];
  if (node === undefined) return undefined;
  const nodes = input.nodes.map((n, j) => (j === k ? { ...n, import_A: lowered(n, p, share) } : n));
  const through = (x: Result): number =>
    under(input, node)
      .filter((s) => linesOf(s).includes(PHASES[p]))
      .reduce((sum, s) => sum + (x.stations.find((g) => g.id === s.id)?.limit_A ?? NaN), 0);
  const before = through(settled(input));
  const after = through(settled({ ...input, nodes }));
  if (after <= before + 1e-6) return undefined;
  return `${node.id} ${PHASES[p]} lowered by ${1 - share}: ${before} A became ${after} A`;
}

/** Batteries stopped charging for the loads: the loads themselves stay as they are. */
function withoutCharging(input: AllocationInput): AllocationInput {
  const charging = input.bess.filter((b) => (b.reading?.power_W ?? 0) < 0);
  const bess = input.bess.map((b) => ({
    ...b,
    commanded_W: Math.max(0, b.commanded_W),
    ...(b.reading === undefined
      ? {}
      : { reading: { ...b.reading, power_W: Math.max(0, b.reading.power_W) } }),
  }));
  const nodes = input.nodes.map((n) => {
    if (n.measured === undefined) return n;
    const below = charging.filter((b) => isBelow(input.nodes, b.node, n.id));
    const less = below.reduce((s, b) => s + (b.reading?.power_W ?? 0), 0) / 3;
    const [a, b, c] = n.measured.net_W;
    return { ...n, measured: { ...n.measured, net_W: [a + less, b + less, c + less] as const } };
  });
  return { ...input, bess, nodes };
}

/** The answer after everybody obeyed: what was granted is what is commanded and drawn at most. */
export function settled(input: AllocationInput): Result {
  let now = WORLD_START;
  let at = withoutCharging(withoutLeases({ ...input, risePerSecond: 1 }));
  let result = allocate(at, NO_ALLOCATION_MEMORY, now);
  for (let k = 0; k < 3; k += 1) {
    now = later(now, 1000);
    const told = new Map(result.stations.map((g) => [g.id, g.limit_A]));
    const stations = at.stations.map((s): AllocationStation => {
      const { measured_A, ...rest } = s;
      if (s.state === 'reserved') return measured_A === undefined ? rest : s;
      return { ...rest, commanded_A: told.get(s.id) ?? 0, surely_A: s.surely_A };
    });
    at = { ...at, stations, nodes: at.nodes.map((n) => stamped(n, now)) };
    result = allocate(at, result.memory, now);
  }
  return result;
}

function lowered(n: AllocationNode, p: number, share: number): ThreePhase<number> {
  const [a, b, c] = n.import_A;
  return [p === 0 ? a * share : a, p === 1 ? b * share : b, p === 2 ? c * share : c];
}

const BAD = [NaN, Infinity, -Infinity, -1, -1e9, 1e12] as const;

/** An impossible number in one place: finite answers, and nobody above its rating. */
export function worseWithBadNumbers(r: Random, input: AllocationInput): string | undefined {
  const bad = r.pick(BAD);
  const spoiled = spoil(r, input, bad);
  const result = allocate(spoiled, NO_ALLOCATION_MEMORY, WORLD_START);
  for (const [i, g] of result.stations.entries()) {
    const s = input.stations[i];
    if (!(g.limit_A >= 0) || g.limit_A > Math.max(s?.max_A ?? 0, s?.floor_A ?? 0) + 1e-6) {
      return `${g.id} got ${g.limit_A} A beside ${bad}`;
    }
  }
  for (const b of result.bess) {
    if (!(Math.abs(b.power_W) <= 1e6)) return `${b.id} was asked for ${b.power_W} W beside ${bad}`;
  }
  for (const x of result.pv) {
    const fine = x.limit_W === undefined || (x.limit_W >= 0 && x.limit_W <= 1e6);
    if (!fine) return `${x.id} was bounded to ${x.limit_W ?? NaN} W beside ${bad}`;
  }
  return undefined;
}

/** Puts the bad value into one field of one node, station, battery or inverter. */
function spoil(r: Random, input: AllocationInput, bad: number): AllocationInput {
  const what = r.integer(0, 9);
  const three: ThreePhase<number> = [bad, bad, bad];
  const first = <T>(items: readonly T[], change: (x: T) => T): readonly T[] =>
    items.map((x, i) => (i === 0 ? change(x) : x));
  switch (what) {
    case 0:
      return { ...input, nodes: first(input.nodes, (n) => ({ ...n, import_A: three })) };
    case 1:
      return { ...input, nodes: first(input.nodes, (n) => ({ ...n, voltage_V: three })) };
    case 2:
      return { ...input, nodes: first(input.nodes, (n) => ({ ...n, contingency_A: bad })) };
    case 3:
      return {
        ...input,
        nodes: first(input.nodes, (n) =>
          n.measured === undefined ? n : { ...n, measured: { ...n.measured, net_W: three } },
        ),
      };
    case 4:
      return { ...input, stations: first(input.stations, (s) => ({ ...s, commanded_A: bad })) };
    case 5:
      return { ...input, stations: first(input.stations, (s) => ({ ...s, surely_A: three })) };
    case 6:
      return { ...input, stations: first(input.stations, (s) => ({ ...s, floor_A: bad })) };
    case 7:
      return { ...input, stations: first(input.stations, (s) => ({ ...s, weight: bad })) };
    case 8:
      return { ...input, bess: first(input.bess, (b) => ({ ...b, commanded_W: bad })) };
    default:
      return { ...input, pv: first(input.pv, (p) => ({ ...p, measured_W: bad })) };
  }
}
