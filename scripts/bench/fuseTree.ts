/**
 * Instances of weighted lexicographic max-min on three-phase fuse trees: those of the reference,
 * and unseen ones whose solution is proved by its own optimality condition (every station is at
 * its rating or has a tight bound in which nobody has more for its weight).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allocate,
  type AllocationInput,
  type AllocationNode,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { instant } from '../../src/time';
import { PHASES, type ThreePhase } from '../../src/units';
import type { Random } from './random';

const VOLTS = 230;

export interface FuseTree {
  readonly nodes: readonly {
    readonly id: string;
    readonly parent: string | null;
    readonly limitA: readonly number[];
    readonly backgroundA: readonly number[];
  }[];
  readonly evs: readonly {
    readonly id: string;
    readonly node: string;
    readonly phases: readonly number[];
    readonly maxA: number;
    readonly weight: number;
  }[];
  readonly expectedA?: readonly number[];
}

/** The reference instances with the currents that LPs found. */
export function referenceTrees(): readonly FuseTree[] {
  const path = join(__dirname, '../../test/golden/fuse-tree/maxmin_reference_100.json');
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isReference(file)) throw new Error(`${path} is not the reference`);
  return file.instances;
}

function isReference(file: unknown): file is { instances: readonly FuseTree[] } {
  return typeof file === 'object' && file !== null && 'instances' in file;
}

/** An unseen instance of the same kind. */
export function randomTree(r: Random): FuseTree {
  const count = r.integer(1, 9);
  const nodes = Array.from({ length: count }, (_, k) => {
    const limit = k === 0 ? r.pick([63, 80, 125, 250]) : r.pick([16, 25, 32, 63, 80]);
    const background = [0, 0, 0].map(() => (r.chance(0.5) ? 0 : r.between(0, limit * 0.45)));
    return {
      id: k === 0 ? 'root' : `n${k}`,
      parent: k === 0 ? null : k === 1 || r.chance(0.4) ? 'root' : `n${r.integer(1, k - 1)}`,
      limitA: [limit, limit, limit],
      backgroundA: background,
    };
  });
  const evs = Array.from({ length: r.integer(1, 30) }, (_, i) => {
    const first = r.integer(0, 2);
    const phases = r.chance(0.5) ? [0, 1, 2] : r.chance(0.3) ? [first, (first + 1) % 3] : [first];
    return {
      id: `ev${i}`,
      node: nodes[r.integer(0, count - 1)]?.id ?? 'root',
      phases,
      maxA: r.pick([10, 13, 16, 20, 32]),
      weight: r.pick([1, 1, 2, 3]),
    };
  });
  return { nodes, evs };
}

/** The instance as the allocation sees it: background is the base load of each node. Pure. */
export function inputOf(tree: FuseTree): AllocationInput {
  const nodes = tree.nodes.map((n): AllocationNode => {
    const limit = three(n.limitA);
    const background = three(backgroundAt(tree, n.id));
    return {
      id: n.id,
      ...(n.parent === null ? {} : { parent: n.parent }),
      import_A: limit,
      limitReason: { source: 'circuit', text: `fuse ${n.id}`, at: n.id },
      margin: 0,
      voltage_V: [VOLTS, VOLTS, VOLTS],
      baseWorst_A: 0,
      contingency_A: Math.max(...limit),
      measured: {
        net_W: [background[0] * VOLTS, background[1] * VOLTS, background[2] * VOLTS],
        reactive_var: [0, 0, 0],
        at: instant(0),
      },
    };
  });
  return {
    nodes,
    stations: tree.evs.map((e) => ({
      id: e.id,
      node: e.node,
      wiring: e.phases.map((p) => PHASES[p] ?? 'L1'),
      kind: 'ac' as const,
      floor_A: 0,
      max_A: e.maxA,
      minStart_A: 0,
      weight: e.weight,
      priority: 5,
      state: 'claims' as const,
      reserved_A: 0,
      commanded_A: 0,
      surely_A: [0, 0, 0] as const,
    })),
    bess: [],
    pv: [],
    nominal_V: VOLTS,
    reaction_ms: 10_000,
    risePerSecond: 1,
  };
}

const three = (v: readonly number[]): ThreePhase<number> => [v[0] ?? 0, v[1] ?? 0, v[2] ?? 0];

/** Background of a node and of everything below it. */
function backgroundAt(tree: FuseTree, id: string): number[] {
  const sum = [0, 0, 0];
  for (const n of tree.nodes) {
    if (!below(tree, n.id, id)) continue;
    n.backgroundA.forEach((a, p) => (sum[p] = (sum[p] ?? 0) + a));
  }
  return sum;
}

function below(tree: FuseTree, id: string, root: string): boolean {
  let at: string | null = id;
  while (at !== null) {
    if (at === root) return true;
    const here: string = at;
    at = tree.nodes.find((n) => n.id === here)?.parent ?? null;
  }
  return false;
}

/** Currents of the allocation, A. */
export function solve(tree: FuseTree): readonly number[] {
  const result = allocate(inputOf(tree), NO_ALLOCATION_MEMORY, instant(0));
  return result.stations.map((s) => s.limit_A);
}

export interface Verdict {
  /**
   * Greatest excess over a bound, and greatest distance from the reference or from optimality, A.
   */
  readonly excess_A: number;
  readonly distance_A: number;
}

/** Compares with the expected currents, or proves the optimum where none are known. Pure. */
export function judgeTree(tree: FuseTree, x: readonly number[]): Verdict {
  let excess_A = 0;
  const tight: { readonly members: readonly number[]; readonly slack: number }[] = [];
  for (const n of tree.nodes) {
    const background = backgroundAt(tree, n.id);
    for (let p = 0; p < 3; p += 1) {
      const members = tree.evs.flatMap((e, i) =>
        e.phases.includes(p) && below(tree, e.node, n.id) ? [i] : [],
      );
      const room = Math.max(0, (n.limitA[p] ?? 0) - (background[p] ?? 0));
      const slack = room - members.reduce((s, i) => s + (x[i] ?? 0), 0);
      excess_A = Math.max(excess_A, -slack);
      tight.push({ members, slack });
    }
  }
  if (tree.expectedA !== undefined) {
    const off = tree.expectedA.map((a, i) => Math.abs(a - (x[i] ?? NaN)));
    return { excess_A, distance_A: Math.max(0, ...off) };
  }
  return { excess_A, distance_A: distanceFromOptimum(tree, x, tight) };
}

/** By how much the worst station could be raised without taking from somebody who has less. */
function distanceFromOptimum(
  tree: FuseTree,
  x: readonly number[],
  bounds: readonly { readonly members: readonly number[]; readonly slack: number }[],
): number {
  const level = (i: number): number => (x[i] ?? 0) / (tree.evs[i]?.weight ?? 1);
  let worst = 0;
  tree.evs.forEach((e, i) => {
    let gain = e.maxA - (x[i] ?? 0);
    for (const b of bounds) {
      if (!b.members.includes(i)) continue;
      const richest = Math.max(...b.members.map(level));
      // Tight, and nobody in it has more: this bound justifies the share.
      gain = Math.min(gain, Math.max(b.slack, (richest - level(i)) * e.weight));
    }
    worst = Math.max(worst, gain);
  });
  return worst;
}
