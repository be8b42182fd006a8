/** What planning starts from: the past on even steps, one battery, the bound, the prices. Pure. */
import {
  type Battery,
  Calendar,
  filledPrices,
  onSteps,
  type PricePoint,
  priceSeries,
  type PriceView,
  type Sample,
  type SiteHistory,
  siteHistory,
} from '../planning';
import { GRID, type Site } from '../site';

export const STEP_ms = 15 * 60_000;
export const STEPS_PER_DAY = 96;
export const STEP_h = 0.25;
/** Days of history that are looked at. */
export const PAST_days = 75;

export type Planning = NonNullable<Site['planning']>;

/** Where the past is read: series of the local history between two instants, oldest first. */
export type SeriesReader = (
  series: string,
  from_ms: number,
  to_ms: number,
) => readonly { readonly at_ms: number; readonly value: number }[];

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
