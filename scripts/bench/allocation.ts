/**
 * `npm run bench -- allocation`: the allocation against references, replayed sessions, a fast hub,
 * the clock, and its own rules on random trees. Limits are net: control margin 0, slew off.
 */
import {
  allocate,
  type AllocationInput,
  type AllocationNode,
  type AllocationStation,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { instant } from '../../src/time';
import { hubSessions } from '../hubSessions';
import type { Bar, Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';
import { boundsBroken, brokenRule } from './allocationProperties';
import { randomInput, WORLD_START } from './allocationWorld';
import { type CaltechSetup, readSessions, replayCaltech } from './caltech';
import { readNetwork } from './caltechNetwork';
import { type FuseTree, judgeTree, randomTree, referenceTrees, solve } from './fuseTree';
import {
  cappedContingency_A,
  HUB_CURVE,
  type HubPolicy,
  type HubResult,
  namedContingency_A,
  runHub,
} from './hub';
import { Random } from './random';
import { sunOf } from './siteData';

const UNSEEN = 2000;
const TREES = 100_000;
const HUB_DAYS = 14;
const HUB_PER_DAY = 100;
/** Safe static limit of a port in the hub; the sum of all leaves 170 kW for dynamic sharing. */
const HUB_FLOOR_kW = 10;

const dataFolder = (): string | undefined => process.env['HOLDFAST_DATA'];
const NO_DATA = 'HOLDFAST_DATA is not set';

/** All cases, for a campaign that contains more than this one. */
export function allocationCases(context: CampaignContext): readonly CampaignCase[] {
  return [
    fuseTreeCase(context),
    caltechCase('caltech-30', 30, false, 97.6),
    caltechCase('caltech-20', 20, false, 84.2),
    caltechCase('caltech-3p-30', 30, true, 86.5),
    hubCase(context),
    latencyCase('latency-16', 16, 0.5, context),
    latencyCase('latency-1000', 1000, 20, context),
    growthCase(context),
    propertyCase(context),
  ];
}

export const allocationBench: Campaign = {
  command: 'bench allocation',
  composition: 'virtual',
  emulated: ['vehicles, meters and batteries of the replays'],
  cases: allocationCases,
};

/** A case whose work is done in one go. */
const oneGo = (
  id: string,
  params: CampaignCase['params'],
  work: () => CaseFinding,
): CampaignCase => ({ id, params, run: () => Promise.resolve(work()) });

function fuseTreeCase(context: CampaignContext): CampaignCase {
  const unseen = context.quick ? UNSEEN / 10 : UNSEEN;
  return oneGo('fuse-tree', { unseen }, () => {
    const worst = (trees: readonly FuseTree[]): { distance: number; excess: number } => {
      const verdicts = trees.map((t) => judgeTree(t, solve(t)));
      return {
        distance: Math.max(...verdicts.map((v) => v.distance_A)),
        excess: Math.max(...verdicts.map((v) => v.excess_A)),
      };
    };
    const known = referenceTrees();
    const reference = worst(known);
    const r = new Random(context.seed);
    const fresh = worst(Array.from({ length: unseen }, () => randomTree(r)));
    const measured = {
      reference_instances: known.length,
      reference_distance_A: reference.distance,
      unseen_distance_A: fresh.distance,
      node_excess_A: Math.max(reference.excess, fresh.excess),
    };
    const bars: Bar[] = [
      { name: 'reference_distance_A', op: '<=', value: 0.01 },
      { name: 'unseen_distance_A', op: '<=', value: 0.01 },
      { name: 'node_excess_A', op: '<=', value: 1e-6 },
    ];
    return { measured, bars };
  });
}

function caltechCase(id: string, cap_kW: number, threePhase: boolean, bar: number): CampaignCase {
  return oneGo(id, { cap_kW, minimum_A: 6, threePhase }, () => {
    const data = dataFolder();
    if (data === undefined) return { skipped: NO_DATA };
    const network = threePhase ? readNetwork(data) : undefined;
    if (threePhase && network === undefined) return { skipped: 'the network file is missing' };
    const base = { sessions: readSessions(data), cap_kW };
    const setup = network === undefined ? base : { ...base, network };
    const told = replay(setup, true);
    const untold = replay(setup, false);
    const measured = {
      delivered_percent: told.delivered_percent,
      starts_per_session: told.starts_per_session,
      violations: told.violations + untold.violations,
      peak_kW: told.peak_kW,
      fairness: told.fairness,
      delivered_without_departures_percent: untold.delivered_percent,
      starts_without_departures_per_session: untold.starts_per_session,
    };
    const bars: Bar[] = [
      { name: 'delivered_percent', op: threePhase ? '>' : '>=', value: bar },
      { name: 'starts_per_session', op: '<=', value: 1.5 },
      { name: 'violations', op: '==', value: 0 },
    ];
    return { measured, bars };
  });
}

const replay = (
  setup: Omit<CaltechSetup, 'departures'>,
  departures: boolean,
): ReturnType<typeof replayCaltech> => replayCaltech({ ...setup, departures });

function hubCase(context: CampaignContext): CampaignCase {
  const seeds = context.quick ? 2 : 10;
  const params = {
    perDay: HUB_PER_DAY,
    days: HUB_DAYS,
    seeds,
    floor_kW: HUB_FLOOR_kW,
    curve: HUB_CURVE.name,
    sun: dataFolder() === undefined ? 'synthetic clear sky' : 'data set',
  };
  return oneGo('hub', params, () => {
    const sun_kW = sunOf(dataFolder());
    const named: HubPolicy = {
      kind: 'holdfast',
      contingency_A: namedContingency_A(),
      floor_kW: HUB_FLOOR_kW,
    };
    const policies: readonly (readonly [string, HubPolicy])[] = [
      ['named', named],
      ['capped13', { ...named, contingency_A: cappedContingency_A(0.13) }],
      ['capped45', { ...named, contingency_A: cappedContingency_A(0.45) }],
      ['static', { kind: 'static' }],
    ];
    const measured: Record<string, number> = { named_least_percent: 100, grid_kW: 0 };
    for (let k = 0; k < seeds; k += 1) {
      const sessions = hubSessions(context.seed + k, HUB_PER_DAY, HUB_DAYS);
      const free = runHub(sessions, { kind: 'unlimited' }, sun_kW);
      for (const [name, policy] of policies) {
        const result = runHub(sessions, policy, sun_kW);
        addHub(measured, name, result, free, seeds);
      }
      context.progress(`hub: seed ${k + 1} of ${seeds}`);
    }
    const bars: Bar[] = [
      { name: 'named_least_percent', op: '>=', value: 99.5 },
      { name: 'grid_kW', op: '<=', value: 250.001 },
    ];
    return { measured, bars };
  });
}

function addHub(
  measured: Record<string, number>,
  name: string,
  result: HubResult,
  free: HubResult,
  seeds: number,
): void {
  const percent = (100 * result.served_kWh) / free.served_kWh;
  const add = (key: string, value: number): void => {
    measured[key] = (measured[key] ?? 0) + value / seeds;
  };
  add(`${name}_mean_percent`, percent);
  add(`${name}_of_wanted_percent`, (100 * result.served_kWh) / result.wanted_kWh);
  if (name !== 'named') return;
  measured['named_least_percent'] = Math.min(measured['named_least_percent'] ?? 100, percent);
  add('cycles_14d', result.cycles);
  measured['grid_kW'] = Math.max(measured['grid_kW'] ?? 0, result.peak_kW);
  measured['before_answer_kW'] = Math.max(measured['before_answer_kW'] ?? 0, result.transient_kW);
}

/** A tree of four levels with the stations on its leaves; 16 stations hang on two. */
function largeInput(stations: number): AllocationInput {
  const levels = stations <= 16 ? [1, 2] : [1, 4, 20, Math.max(20, Math.ceil(stations / 10))];
  const nodes: AllocationNode[] = [];
  let above: string[] = [];
  levels.forEach((count, level) => {
    const here = Array.from({ length: count }, (_, k) => `n${level}-${k}`);
    const limit = (stations / count) * 12 + 20;
    here.forEach((id, k) => {
      const parent = above[k % Math.max(1, above.length)];
      nodes.push({
        id,
        ...(parent === undefined ? {} : { parent }),
        import_A: [limit, limit, limit],
        limitReason: { source: 'circuit', text: `limit ${limit.toFixed(0)} A`, at: id },
        margin: 0.03,
        voltage_V: [230, 230, 230],
        baseWorst_A: 0,
        contingency_A: limit,
      });
    });
    above = here;
  });
  return {
    nodes,
    stations: Array.from({ length: stations }, (_, i) => largeStation(i, above)),
    bess: [],
    pv: [],
    nominal_V: 230,
    reaction_ms: 10_000,
    risePerSecond: 0.01,
  };
}

function largeStation(i: number, leaves: readonly string[]): AllocationStation {
  const wiring = (['L1', 'L2', 'L3'] as const).slice(0, i % 3 === 0 ? 3 : 1);
  const a = 6 + (i % 20);
  return {
    id: `s${i}`,
    node: leaves[i % leaves.length] ?? 'n0-0',
    wiring,
    kind: 'ac',
    floor_A: 6,
    max_A: 32,
    minStart_A: 6,
    weight: 1 + (i % 3),
    priority: 5,
    state: 'claims',
    reserved_A: 32,
    commanded_A: a,
    measured_A: [a, a, a],
    surely_A: [a, a, a],
  };
}

interface Times {
  /** Sorted, ms: on the clock, and of the processor alone (what other programs take is not in it). */
  readonly wall: Float64Array;
  readonly processor: Float64Array;
}

/** Times of single calls after a warm-up; the input moves a little each time. */
function timesOf(stations: number, calls: number, warm = 1000): Times {
  const input = largeInput(stations);
  const wall = new Float64Array(calls);
  const processor = new Float64Array(calls);
  let memory = NO_ALLOCATION_MEMORY;
  for (let k = -warm; k < calls; k += 1) {
    const moved = {
      ...input,
      stations: input.stations.map((s, i) => ({ ...s, commanded_A: 6 + ((i + k + warm) % 20) })),
    };
    const now = instant((k + warm) * 1000);
    const used = process.cpuUsage();
    const start = process.hrtime.bigint();
    memory = allocate(moved, memory, now).memory;
    if (k < 0) continue;
    wall[k] = Number(process.hrtime.bigint() - start) / 1e6;
    const { user, system } = process.cpuUsage(used);
    processor[k] = (user + system) / 1000;
  }
  return { wall: wall.sort(), processor: processor.sort() };
}

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;

function latencyCase(
  id: string,
  stations: number,
  bar_ms: number,
  context: CampaignContext,
): CampaignCase {
  const calls = context.quick ? 1000 : 3000;
  return oneGo(id, { stations, calls }, () => {
    const { wall, processor } = timesOf(stations, calls);
    const measured = {
      p50_ms: quantile(wall, 0.5),
      p99_ms: quantile(wall, 0.99),
      p99_processor_ms: quantile(processor, 0.99),
      max_ms: quantile(wall, 1),
    };
    return { measured, bars: [{ name: 'p99_ms', op: '<=', value: bar_ms }] };
  });
}

/** Median time over n log n from 250 to 4,000 stations. */
function growthCase(context: CampaignContext): CampaignCase {
  const sizes = [250, 500, 1000, 2000, 4000];
  return oneGo('growth', { from: 250, to: 4000 }, () => {
    const measured: Record<string, number> = {};
    let first = 0;
    for (const n of sizes) {
      const median = quantile(timesOf(n, context.quick ? 40 : 200, 50).processor, 0.5);
      measured[`n${n}_ms`] = median;
      const scaled = median / (n * Math.log2(n));
      if (first === 0) first = scaled;
      measured['against_n_log_n'] = scaled / first;
    }
    return { measured, bars: [{ name: 'against_n_log_n', op: '<=', value: 1.5 }] };
  });
}

function propertyCase(context: CampaignContext): CampaignCase {
  const trees = context.quick ? TREES / 50 : TREES;
  return oneGo('properties', { trees }, () => {
    let broken = 0;
    let first: string | undefined;
    for (let k = 0; k < trees; k += 1) {
      const seed = context.seed * 1_000_003 + k;
      const rule = brokenRule(seed);
      if (rule !== undefined) {
        broken += 1;
        first ??= `seed ${seed}: ${rule}`;
      }
      if (k % 10_000 === 9_999) context.progress(`properties: ${k + 1} of ${trees}`);
    }
    return {
      measured: { trees, broken },
      bars: [{ name: 'broken', op: '==', value: 0 }],
      ...(first === undefined ? {} : { failure: first }),
      negativeControl: negativeControl(context.seed),
    };
  });
}

/** One grant raised by 2 A must be noticed wherever anything binds. */
function negativeControl(seed: number): { disabled: string; outcome: 'pass' | 'fail' } {
  let noticed = 0;
  for (let k = 0; k < 500; k += 1) {
    const input = randomInput(new Random(seed * 7919 + k), WORLD_START);
    const result = allocate(input, NO_ALLOCATION_MEMORY, WORLD_START);
    const stations = result.stations.map((g) => ({ ...g, limit_A: g.limit_A + 2 }));
    if (boundsBroken(input, { ...result, stations }, WORLD_START) !== undefined) noticed += 1;
  }
  return { disabled: 'every grant raised by 2 A', outcome: noticed > 250 ? 'fail' : 'pass' };
}
