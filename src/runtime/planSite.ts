/**
 * One planning of a site: its own history, its prices, the battery as it is, and out comes advice
 * with an expiry. Runs every quarter of an hour, beside the cycle and never in it.
 */
import {
  adviceOf,
  type Battery,
  crossCheck,
  energyValue,
  forecastLoad,
  type LpSolver,
  netScenarios,
  type PricePoint,
  priceSeries,
  type PriceView,
  readSchedule,
  stepCost,
  storageProgram,
  type StoragePlan,
  type StorageSchedule,
  sunScenarios,
} from '../planning';
import type { Site } from '../site';
import {
  importBound_kW,
  PAST_days,
  type Planning,
  type SeriesReader,
  siteBattery,
  type SitePast,
  sitePast,
  sitePrices,
  STEP_h,
  STEP_ms,
  STEPS_PER_DAY,
} from './sitePast';

/** 36 hours. */
const HORIZON = 144;
const SCENARIOS = 16;
/** Days of history before anything is planned. */
const LEAST_days = 2;
const SOLVE_ms = 10_000;
/** Worth of energy at the end of the horizon: part of what import costs on average. */
const SALVAGE_SHARE = 0.8;
/** Not delivering to a vehicle is dearer than any price, per kWh. */
const UNSERVED = 10;

export interface PlanSources {
  readonly site: Site;
  readonly read: SeriesReader;
  /** Absent: the flat price of the site file. */
  readonly prices?: readonly PricePoint[];
  readonly secondPrices?: readonly PricePoint[];
  /** State of charge over all batteries, 0..1. */
  readonly soc: number;
  readonly now_ms: number;
}

export interface SitePlan {
  readonly plan: StoragePlan;
  /** Expected cost of the first 24 hours, where the program was solved. */
  readonly dayCost?: number;
  readonly priceCheck: string;
  /** What was not as it should be; the plan holds nevertheless. */
  readonly findings: readonly string[];
}

export type PlanOutcome =
  { readonly ok: true; readonly value: SitePlan } | { readonly ok: false; readonly why: string };

/** Plans once. Never rejects; what is missing is a sentence. */
export async function planSite(from: PlanSources, solver: LpSolver): Promise<PlanOutcome> {
  const { site, now_ms } = from;
  const { planning } = site;
  const battery = siteBattery(site);
  if (planning === undefined || battery === undefined) {
    return { ok: false, why: 'nothing to plan: no battery, or no planning in the site file' };
  }
  const past = sitePast(site, from.read, now_ms);
  const days = knownDays(past);
  if (days < LEAST_days) {
    const why = `${days} days of history, ${LEAST_days} are needed: greedy peak shaving until then`;
    return { ok: false, why };
  }
  const begin_ms = Math.floor(now_ms / STEP_ms) * STEP_ms;
  const prices = sitePrices(planning, from.prices, begin_ms, HORIZON);
  const bound_kW = importBound_kW(site);
  const salvage = SALVAGE_SHARE * mean(prices.view.import) * battery.efficiency;
  const value = energyValue({
    battery,
    step_h: STEP_h,
    net_kW: netScenarios(past.history, past.step, HORIZON, SCENARIOS),
    price: prices.view,
    importBound_kW: bound_kW,
    salvage,
  });
  const solved = await schedule(
    from,
    { past, battery, prices: prices.view, bound_kW, salvage },
    solver,
  );
  const findings = [...prices.findings, ...(solved.why === undefined ? [] : [solved.why])];
  const plan = adviceOf(
    value,
    {
      soc: from.soc,
      importPrice: prices.view.import[0] ?? 0,
      exportPrice: prices.view.export[0] ?? 0,
      now_ms,
      peakReached_W: solved.reached_kW * 1000,
    },
    planning.demand_charge_per_kW > 0 ? solved.schedule : undefined,
  );
  const second = from.secondPrices;
  const other =
    second === undefined ? undefined : priceSeries(second, begin_ms, STEP_ms, HORIZON).values;
  return {
    ok: true,
    value: {
      plan: capped(plan, planning, today(past, battery), battery.socMax),
      priceCheck: crossCheck(prices.spot, other),
      findings,
      ...(solved.dayCost === undefined ? {} : { dayCost: solved.dayCost }),
    },
  };
}

/** What battery and meter did since midnight. */
function today(past: SitePast, battery: Battery): { cycles: number; exported_kWh: number } {
  let moved = 0;
  let exported_kWh = 0;
  for (let at = (PAST_days - 1) * STEPS_PER_DAY; at <= past.step; at += 1) {
    moved += Math.abs(past.bess_kW[at] ?? NaN) * STEP_h || 0;
    exported_kWh += Math.max(0, -(past.grid_kW[at] ?? NaN)) * STEP_h || 0;
  }
  return { cycles: moved / (2 * battery.capacity_kWh), exported_kWh };
}

/** Beyond the day's caps the plan only keeps: no cycles for a price, no export for one. Pure. */
function capped(
  plan: StoragePlan,
  planning: Planning,
  day: { readonly cycles: number; readonly exported_kWh: number },
  socMax: number,
): StoragePlan {
  const { cycles_per_day_max: cycles, export_per_day_max_kWh: most_kWh } = planning;
  const stored = day.exported_kWh < most_kWh ? plan : { ...plan, socMax };
  if (day.cycles < cycles) return stored;
  const why = `${day.cycles.toFixed(1)} cycles today, the cap is ${cycles}: keep what is there`;
  return { ...withoutCharge(stored), mode: 'delay', why };
}

function withoutCharge(plan: StoragePlan): StoragePlan {
  const { mode, socMin, socMax, shadowPrice, why, expires_ms } = plan;
  const peak = plan.peakTarget_W === undefined ? {} : { peakTarget_W: plan.peakTarget_W };
  return { mode, socMin, socMax, shadowPrice, why, expires_ms, ...peak };
}

interface Situation {
  readonly past: SitePast;
  readonly battery: Battery;
  readonly prices: PriceView;
  readonly bound_kW: number;
  readonly salvage: number;
}

/** The program over the horizon; without a solution there is a sentence and no peak target. */
async function schedule(
  from: PlanSources,
  s: Situation,
  solver: LpSolver,
): Promise<{
  readonly schedule?: StorageSchedule;
  readonly dayCost?: number;
  readonly reached_kW: number;
  readonly why?: string;
}> {
  const { past, battery } = s;
  const { history, step } = past;
  const planning = from.site.planning;
  const load = forecastLoad(history, step, HORIZON);
  const cars = forecastLoad({ ...history, load_kW: past.vehicles_kW }, step, HORIZON);
  const suns = sunScenarios(history, step, HORIZON, SCENARIOS);
  const sun = load.map((_, k) => mean(suns.map((row) => row[k] ?? 0)));
  const vehicles = cars.map((v, k) => Math.min(v, load[k] ?? 0));
  const energy_kWh = vehicles.reduce((sum, v) => sum + v * STEP_h, 0);
  const reached_kW = monthPeak_kW(past, from.now_ms);
  const charge = planning?.demand_charge_per_kW ?? 0;
  const problem = {
    battery,
    step_h: STEP_h,
    soc: from.soc,
    net_kW: load.map((v, k) => v - (vehicles[k] ?? 0) - (sun[k] ?? 0)),
    price: s.prices,
    importBound_kW: s.bound_kW,
    exportBound_kW: from.site.connection.export_W / 1000,
    salvage: s.salvage,
    ...(charge > 0 ? { peak: { price: charge, reached_kW } } : {}),
    ...(energy_kWh > 0
      ? { vehicles: { energy_kWh, power_kW: Math.max(...vehicles), unservedCost: UNSERVED } }
      : {}),
  };
  const solution = await solver.solve(storageProgram(problem), SOLVE_ms);
  const found = readSchedule(problem, solution);
  if (found === undefined) {
    const why = solution.status === 'optimal' ? 'empty' : `${solution.status}: ${solution.why}`;
    return { reached_kW, why: `the program was not solved (${why}): no peak target` };
  }
  const dayCost = found.battery_kW.slice(0, STEPS_PER_DAY).reduce((sum, kW, k) => {
    const price = { import: s.prices.import[k] ?? 0, export: s.prices.export[k] ?? 0 };
    const net = (problem.net_kW[k] ?? 0) + (found.vehicles_kW[k] ?? 0) + kW;
    return sum + stepCost(net, price, Infinity, STEP_h);
  }, 0);
  return { schedule: found, dayCost, reached_kW };
}

/** Highest quarter-hour import of this month so far, kW. */
function monthPeak_kW(past: SitePast, now_ms: number): number {
  const from_ms = past.calendar.monthStart_ms(now_ms);
  let peak = 0;
  past.midnights_ms.forEach((midnight, d) => {
    if (midnight < from_ms) return;
    for (let k = 0; k < STEPS_PER_DAY; k += 1) {
      const v = past.grid_kW[d * STEPS_PER_DAY + k] ?? NaN;
      if (v > peak) peak = v;
    }
  });
  return peak;
}

/** Days of which at least half is known. */
function knownDays(past: SitePast): number {
  let days = 0;
  const { load_kW } = past.history;
  for (let d = 0; d < PAST_days; d += 1) {
    let known = 0;
    for (let k = 0; k < STEPS_PER_DAY; k += 1) {
      if (!Number.isNaN(load_kW[d * STEPS_PER_DAY + k] ?? NaN)) known += 1;
    }
    if (known >= STEPS_PER_DAY / 2) days += 1;
  }
  return days;
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
