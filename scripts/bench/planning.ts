/**
 * `npm run bench -- planning`: a year of a battery under forecasts from history, the solver in its
 * worker, and the watch on forecasts.
 */
import { WorkerLpSolver } from '../../src/io/lpSolver';
import {
  detectableBias,
  NO_BIAS_WATCH,
  nextBiasWatch,
  readSchedule,
  storageProgram,
  type StorageProblem,
} from '../../src/planning';
import type { Bar, Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';
import {
  BATTERY,
  type Controller,
  greedy,
  naive,
  perfect,
  perfectWithoutExport,
  Planner,
  readYear,
  runYear,
  type SiteYear,
} from './batteryYear';
import { Random } from './random';

const dataFolder = (): string | undefined => process.env['HOLDFAST_DATA'];

/** All cases, for a campaign that contains more than this one. */
export function planningCases(context: CampaignContext): readonly CampaignCase[] {
  return [yearCase(context), solverCase(context), biasCase(context)];
}

export const planningBench: Campaign = {
  command: 'bench planning',
  composition: 'virtual',
  emulated: ['battery, load and sun of the year'],
  cases: planningCases,
};

function yearCase(context: CampaignContext): CampaignCase {
  const run = (): Promise<CaseFinding> => Promise.resolve(year(context));
  return { id: 'battery-year', params: { horizon_h: 36, seed: context.seed }, run };
}

function year(context: CampaignContext): CaseFinding {
  const data = dataFolder();
  if (data === undefined) return { skipped: 'HOLDFAST_DATA is not set' };
  const site = readYear(data, context.seed);
  const planner = new Planner(site);
  const known = site.priceSource.startsWith('synthetic') ? 0 : 1;
  const measured: Record<string, number> = { prices_from_data: known, bound_kW: site.bound_kW };
  const idle: Controller = () => 0;
  const policies: readonly (readonly [string, Controller])[] = [
    ['none', idle],
    ['greedy', greedy(site)],
    ['perfect', perfect(site)],
    ['perfectWithoutExport', perfectWithoutExport(site)],
    ['advised', planner.advised],
    ...(context.quick
      ? []
      : ([
          ['direct', planner.direct],
          ['program', planner.program],
          ['naive', naive(site)],
        ] as const)),
  ];
  for (const [name, controller] of policies) {
    const result = runYear(site, controller);
    measured[`${name}_EUR`] = result.cost;
    measured[`${name}_peak_kW`] = result.peak_kW;
    measured[`${name}_cycles`] = result.cycles;
    context.progress(`battery-year: ${name} ${result.cost.toFixed(0)} EUR (${site.priceSource})`);
  }
  addShares(measured);
  const bars: Bar[] = [
    { name: 'advised_share_of_gain', op: '>=', value: 0.75 },
    { name: 'advised_over_bound_kW', op: '<=', value: 1e-6 },
  ];
  measured['advised_over_bound_kW'] = Math.max(
    0,
    (measured['advised_peak_kW'] ?? NaN) - site.bound_kW,
  );
  return { measured, bars };
}

/** Share of what perfect foresight gains over greedy. */
function addShares(measured: Record<string, number>): void {
  const base = measured['greedy_EUR'] ?? NaN;
  const gain = base - (measured['perfect_EUR'] ?? NaN);
  const same = base - (measured['perfectWithoutExport_EUR'] ?? NaN);
  measured['advised_share_under_same_rule'] = (base - (measured['advised_EUR'] ?? NaN)) / same;
  for (const name of ['advised', 'direct', 'program', 'naive']) {
    const cost = measured[`${name}_EUR`];
    if (cost !== undefined) measured[`${name}_share_of_gain`] = (base - cost) / gain;
  }
}

/** A program of 36 h in quarter hours with vehicles and a price on the peak. */
function quarterHours(): StorageProblem {
  const steps = Array.from({ length: 144 }, (_, t) => t / 4);
  return {
    battery: BATTERY,
    step_h: 0.25,
    soc: 0.5,
    net_kW: steps.map((h) => 60 + 50 * Math.sin((h / 24) * 2 * Math.PI)),
    price: {
      import: steps.map((h) => 0.1 + 0.03 * Math.sin((h / 12) * 2 * Math.PI)),
      export: steps.map((h) => 0.03 + 0.02 * Math.sin((h / 12) * 2 * Math.PI)),
    },
    importBound_kW: 160,
    exportBound_kW: 100,
    peak: { price: 0.2, reached_kW: 80 },
    vehicles: { energy_kWh: 300, power_kW: 88, unservedCost: 5 },
    salvage: 0.08,
  };
}

function solverCase(context: CampaignContext): CampaignCase {
  const calls = context.quick ? 3 : 10;
  return {
    id: 'solver-worker',
    params: { steps: 144, calls },
    run: async () => {
      const solver = new WorkerLpSolver();
      const problem = quarterHours();
      const times: number[] = [];
      let peak_kW = Infinity;
      for (let k = 0; k < calls; k += 1) {
        const start = process.hrtime.bigint();
        const solution = await solver.solve(storageProgram(problem), 2000);
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
        const schedule = readSchedule(problem, solution);
        if (schedule === undefined) return { measured: {}, failure: solution.status };
        peak_kW = Math.min(peak_kW, schedule.peak_kW);
      }
      times.sort((a, b) => a - b);
      const measured = {
        worst_ms: times.at(-1) ?? NaN,
        median_ms: times[Math.floor(times.length / 2)] ?? NaN,
        planned_peak_kW: peak_kW,
      };
      const bars: Bar[] = [
        { name: 'worst_ms', op: '<=', value: 2000 },
        { name: 'planned_peak_kW', op: '<=', value: 160.001 },
      ];
      return { measured, bars };
    },
  };
}

/** Daily mean errors of the load forecast over the year. */
function dailyErrors(site: SiteYear): readonly number[] {
  const planner = new Planner(site);
  return Array.from({ length: 330 }, (_, k) => planner.dayError_kW(k + 30));
}

/** A planted bias of 1.5 times the smallest detectable one, and a long time without any. */
function biasCase(context: CampaignContext): CampaignCase {
  const run = (): Promise<CaseFinding> => {
    const data = dataFolder();
    const errors = data === undefined ? gaussian(context.seed) : dailyErrors(readYear(data, 1));
    return Promise.resolve(bias(errors, data !== undefined));
  };
  return { id: 'forecast-bias', params: { factor: 1.5, within_days: 7 }, run };
}

function gaussian(seed: number): readonly number[] {
  const r = new Random(seed);
  return Array.from({ length: 330 }, () => 5 * r.normal());
}

function bias(errors: readonly number[], fromData: boolean): CaseFinding {
  let watch = NO_BIAS_WATCH;
  let alarms = 0;
  let days = 0;
  for (const e of errors) {
    const next = nextBiasWatch(watch, e);
    days += 1;
    if (next.alarm) alarms += 1;
    watch = next.alarm ? { ...next, up: 0, down: 0, alarm: false } : next;
  }
  let found = 0;
  let planted = 0;
  let slowest_days = 0;
  let smallest = 0;
  for (let start = 60; start + 10 < errors.length; start += 15) {
    for (const sign of [1, -1]) {
      let w = NO_BIAS_WATCH;
      for (const e of errors.slice(0, start)) {
        w = nextBiasWatch(w, e);
        if (w.alarm) w = { ...w, up: 0, down: 0, alarm: false };
      }
      const least = detectableBias(w) ?? NaN;
      smallest = least;
      planted += 1;
      const after = errors.slice(start, start + 7);
      const day = after.findIndex((e) => (w = nextBiasWatch(w, e + 1.5 * sign * least)).alarm);
      if (day >= 0) found += 1;
      slowest_days = Math.max(slowest_days, day + 1);
    }
  }
  const measured = {
    from_data: fromData ? 1 : 0,
    smallest_detectable_kW: smallest,
    false_alarms_per_30_days: (30 * alarms) / days,
    found_within_7_days: found / planted,
    slowest_days,
    planted,
  };
  const bars: Bar[] = [
    { name: 'found_within_7_days', op: '>=', value: 1 },
    { name: 'false_alarms_per_30_days', op: '<=', value: 1 },
  ];
  return { measured, bars };
}
