/**
 * Whether planning did what it said: yesterday's cost, peak and cycles against the plan and against
 * a site whose battery does nothing, and the bias of the forecasts over the last weeks. Computed
 * from the local history alone, so a restart forgets nothing.
 */
import {
  type BiasWatch,
  detectableBias,
  forecastLoad,
  integrityFindings,
  NO_BIAS_WATCH,
  nextBiasWatch,
  type PricePoint,
  stepCost,
} from '../planning';
import type { Site } from '../site';
import {
  PAST_days,
  siteBattery,
  type SitePast,
  sitePrices,
  STEP_h,
  STEPS_PER_DAY,
} from './sitePast';

export interface PlanReview {
  /** Begin of the day that is looked at, UTC ms. */
  readonly day_ms: number;
  readonly cost: number;
  /** The same site with a battery that does nothing. */
  readonly nothingCost: number;
  readonly plannedCost?: number;
  readonly peak_kW: number;
  readonly cycles: number;
  readonly findings: readonly string[];
  /** Smallest constant error of the load forecast found within seven days, kW. */
  readonly detectableBias_kW?: number;
  readonly bias: boolean;
}

/** Days before the bias watch is judged by errors of its own. */
const WARM_days = 14;

/** Looks at yesterday; undefined where too little of it is known. Pure. */
export function reviewYesterday(
  site: Site,
  past: SitePast,
  prices: readonly PricePoint[] | undefined,
  plannedCost: number | undefined,
): PlanReview | undefined {
  const { planning } = site;
  const battery = siteBattery(site);
  const day = PAST_days - 2;
  const day_ms = past.midnights_ms[day];
  if (planning === undefined || battery === undefined || day_ms === undefined) return undefined;
  const { view } = sitePrices(planning, prices, day_ms, STEPS_PER_DAY);
  const sum = { cost: 0, nothing: 0, peak: 0, nothingPeak: 0, moved: 0, exported: 0, steps: 0 };
  for (let k = 0; k < STEPS_PER_DAY; k += 1) {
    const at = day * STEPS_PER_DAY + k;
    const grid = past.grid_kW[at] ?? NaN;
    const bess = past.bess_kW[at] ?? NaN;
    if (Number.isNaN(grid) || Number.isNaN(bess)) continue;
    const price = { import: view.import[k] ?? 0, export: view.export[k] ?? 0 };
    sum.steps += 1;
    sum.cost += stepCost(grid, price, Infinity, STEP_h);
    sum.nothing += stepCost(grid + bess, price, Infinity, STEP_h);
    sum.peak = Math.max(sum.peak, grid);
    sum.nothingPeak = Math.max(sum.nothingPeak, grid + bess);
    sum.moved += Math.abs(bess) * STEP_h;
    sum.exported += Math.max(0, -grid) * STEP_h;
  }
  if (sum.steps < STEPS_PER_DAY / 2) return undefined;
  const whole = sum.steps === STEPS_PER_DAY ? plannedCost : undefined;
  const cycles = sum.moved / (2 * battery.capacity_kWh);
  const watch = loadBias(past);
  const detectable = detectableBias(watch);
  return {
    day_ms,
    cost: sum.cost,
    nothingCost: sum.nothing,
    ...(whole === undefined ? {} : { plannedCost: whole }),
    peak_kW: sum.peak,
    cycles,
    findings: integrityFindings(
      { cost: sum.cost, peak_kW: sum.peak, cycles, exported_kWh: sum.exported },
      whole === undefined ? undefined : { cost: whole },
      { cost: sum.nothing, peak_kW: sum.nothingPeak },
      {
        cyclesPerDay: planning.cycles_per_day_max,
        exportPerDay_kWh: planning.export_per_day_max_kWh,
      },
    ),
    ...(detectable === undefined ? {} : { detectableBias_kW: detectable }),
    bias: watch.alarm,
  };
}

/** Forecasts made at each past midnight against what came. Pure. */
export function loadBias(past: SitePast): BiasWatch {
  const { load_kW } = past.history;
  let watch = NO_BIAS_WATCH;
  for (let day = WARM_days; day < PAST_days - 1; day += 1) {
    const at = day * STEPS_PER_DAY;
    const expected = forecastLoad(past.history, at, STEPS_PER_DAY);
    let error = 0;
    let known = 0;
    expected.forEach((x, k) => {
      const real = load_kW[at + k] ?? NaN;
      if (Number.isNaN(real)) return;
      error += real - x;
      known += 1;
    });
    watch = nextBiasWatch(watch, known >= STEPS_PER_DAY / 2 ? error / known : NaN);
  }
  return watch;
}
