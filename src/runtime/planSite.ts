/**
 * One planning of a site: its own history, its prices, the battery as it is, and out comes advice
 * with an expiry. Runs every quarter of an hour, beside the cycle and never in it.
 */
import {
  adviceOf,
  type Battery,
  Calendar,
  crossCheck,
  energyValue,
  filledPrices,
  forecastLoad,
  type LpSolver,
  netScenarios,
  onSteps,
  type PricePoint,
  priceSeries,
  type PriceView,
  readSchedule,
  type Sample,
  type SiteHistory,
  siteHistory,
  stepCost,
  storageProgram,
  type StoragePlan,
  type StorageSchedule,
  sunScenarios,
} from '../planning';
import { GRID, type Site } from '../site';

export const STEP_ms = 15 * 60_000;
export const STEPS_PER_DAY = 96;
export const STEP_h = 0.25;
/** 36 hours. */
const HORIZON = 144;
const SCENARIOS = 16;
/** Days of history that are looked at, and least before anything is planned. */
export const PAST_days = 75;
const LEAST_days = 2;
const SOLVE_ms = 10_000;
/** Worth of energy at the end of the horizon: part of what import costs on average. */
const SALVAGE_SHARE = 0.8;
/** Not delivering to a vehicle is dearer than any price, per kWh. */
const UNSERVED = 10;

type Planning = NonNullable<Site['planning']>;

/** Where the past is read: series of the local history between two instants, oldest first. */
export type SeriesReader = (
  series: string,
  from_ms: number,
  to_ms: number,
) => readonly { readonly at_ms: number; readonly value: number }[];

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

/** The past of a site on quarter hours from local midnights; the last day is today. */
export interface SitePast {
  readonly history: SiteHistory;
  readonly vehicles_kW: Float64Array;
  readonly grid_kW: Float64Array;
  readonly bess_kW: Float64Array;
  readonly midnights_ms: readonly number[];
  /** The step that runs now. */
  readonly step: number;
  readonly calendar: Calendar;
}

/** Reads what happened on site. Pure over `read`. */
export function sitePast(site: Site, read: SeriesReader, now_ms: number): SitePast {
  const calendar = new Calendar(site.timezone, site.planning?.holidays ?? []);
  const midnights_ms = Array.from({ length: PAST_days }, (_, d) =>
    calendar.midnight_ms(now_ms, d + 1 - PAST_days),
  );
  const from = midnights_ms[0] ?? now_ms;
  const of = (series: string): Float64Array =>
    onSteps(read(series, from, now_ms).map(inKilo), midnights_ms, STEPS_PER_DAY);
  const sum = (ids: readonly string[]): Float64Array =>
    ids.map((id) => of(`${id}_W`)).reduce(add, new Float64Array(PAST_days * STEPS_PER_DAY));
  const grid_kW = of('grid_W');
  const bess_kW = sum(site.bess.map((b) => b.id));
  const sun_kW = sum(site.pv.map((p) => p.id)).map((v) => Math.max(0, v));
  const load_kW = add(add(grid_kW, bess_kW), sun_kW).map((v) => Math.max(0, v));
  const today = midnights_ms.at(-1) ?? now_ms;
  return {
    history: siteHistory(calendar, midnights_ms, STEPS_PER_DAY, { load_kW, sun_kW }),
    vehicles_kW: of('stations_W'),
    grid_kW,
    bess_kW,
    midnights_ms,
    step: (PAST_days - 1) * STEPS_PER_DAY + Math.floor((now_ms - today) / STEP_ms),
    calendar,
  };
}

const inKilo = (s: Sample): Sample => ({ at_ms: s.at_ms, value: s.value / 1000 });
const add = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, i) => v + (b[i] ?? NaN));

/** All batteries as one; undefined where the site has none. Pure. */
export function siteBattery(site: Site): Battery | undefined {
  const capacity_kWh = site.bess.reduce((s, b) => s + b.capacity_Wh / 1000, 0);
  if (capacity_kWh <= 0) return undefined;
  const mean = (of: (b: Site['bess'][number]) => number): number =>
    site.bess.reduce((s, b) => s + (of(b) * b.capacity_Wh) / 1000, 0) / capacity_kWh;
  return {
    capacity_kWh,
    charge_kW: site.bess.reduce((s, b) => s + b.charge_W / 1000, 0),
    discharge_kW: site.bess.reduce((s, b) => s + b.discharge_W / 1000, 0),
    efficiency: site.planning?.efficiency ?? 0.95,
    socMin: mean((b) => Math.max(b.soc_min, b.soc_reserve)),
    socMax: mean((b) => b.soc_max),
    cycleCost: site.planning?.cycle_cost_per_kWh ?? 0,
  };
}

/** Import that is never planned above: connection, contract, margin, kW. Pure. */
export function importBound_kW(site: Site): number {
  const root = site.nodes.find((n) => n.id === GRID);
  const c = site.connection;
  const rated = Math.min(
    (root?.import_A ?? 0) * 3 * site.nominal_V,
    root?.apparent_VA ?? Infinity,
    c.contract_10min_W ?? Infinity,
  );
  return (rated * (1 - c.control_margin)) / 1000;
}

/** Prices per kWh of the steps from `from_ms`: what import costs, what export earns. Pure. */
export function sitePrices(
  planning: Planning,
  points: readonly PricePoint[] | undefined,
  from_ms: number,
  steps: number,
): { readonly view: PriceView; readonly spot: readonly number[]; readonly findings: string[] } {
  const flat = { view: flatView(planning, steps), spot: [] };
  if (points === undefined) return { ...flat, findings: [] };
  const day_ms = STEPS_PER_DAY * STEP_ms;
  // The day before fills what the exchange has not published yet.
  const laid = priceSeries(points, from_ms - day_ms, STEP_ms, steps + STEPS_PER_DAY);
  const spot = filledPrices(laid.values, STEPS_PER_DAY).slice(STEPS_PER_DAY);
  if (spot.some((v) => Number.isNaN(v))) {
    return {
      ...flat,
      findings: ['the price file covers none of these days: the flat price holds'],
    };
  }
  const view = {
    import: spot.map((p) => (p + planning.import_adder_per_MWh) / 1000),
    export: spot.map((p) => (p * planning.export_share) / 1000),
  };
  const bad = laid.findings.filter((f) => f.includes('outside'));
  return { view, spot, findings: bad };
}

function flatView(planning: Planning, steps: number): PriceView {
  const price = planning.flat_price_per_MWh / 1000;
  return {
    import: new Array<number>(steps).fill(price),
    export: new Array<number>(steps).fill(price * planning.export_share),
  };
}

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
      plan,
      priceCheck: crossCheck(prices.spot, other),
      findings,
      ...(solved.dayCost === undefined ? {} : { dayCost: solved.dayCost }),
    },
  };
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
