/**
 * One year of a battery of 200 kWh and 100 kW beside an office and the sun, hour by hour: import at
 * spot plus 70 per MWh, export at 0.9 spot, peak bounded by what the site draws without battery.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adviceOf,
  type Battery,
  bestPower_kW,
  type DayKind,
  type EnergyValue,
  energyValue,
  followAdvice,
  forecastLoad,
  netScenarios,
  readSchedule,
  type SiteHistory,
  storageProgram,
  type StorageSchedule,
  sunScenarios,
} from '../../src/planning';
import { solveHere } from '../../src/io/lpSolver';
import { Random } from './random';
import { readLoad, readSun } from './siteData';

const HOURS = 8760;
const HORIZON = 36;
const SCENARIOS = 24;
const IMPORT_ADDER = 70;
const EXPORT_SHARE = 0.9;
const INVERTER = 0.95;
const START_SOC = 0.5;
/** Prices of the next day are known from 13:00 on. */
const AUCTION_HOUR = 13;
/** Worth of energy at the end of the horizon: part of what import costs on average. */
const SALVAGE_ADDER = 0.6;
/**
 * Public holidays of the building's calendar (federal holidays of the United States, day of a year
 * that begins on a Sunday).
 */
const HOLIDAYS = new Set([15, 50, 148, 184, 246, 281, 326, 358]);

export const BATTERY: Battery = {
  capacity_kWh: 200,
  charge_kW: 100,
  discharge_kW: 100,
  efficiency: 0.95,
  socMin: 0,
  socMax: 1,
  cycleCost: 0,
};

export interface SiteYear {
  readonly load_kW: readonly number[];
  readonly sun_kW: readonly number[];
  /** Spot, per MWh. */
  readonly price: readonly number[];
  readonly priceSource: string;
  readonly bound_kW: number;
}

export function readYear(data: string, seed: number): SiteYear {
  const load_kW = readLoad(data).slice(0, HOURS);
  const half = readSun(data);
  const sun_kW = load_kW.map((_, t) =>
    Math.max(0, (INVERTER * ((half[2 * t] ?? 0) + (half[2 * t + 1] ?? 0))) / 2),
  );
  const file = join(data, 'prices/dayahead_FR_2016_hourly.csv');
  const known = existsSync(file);
  const price = known ? readPrices(file) : syntheticPrices(seed);
  return {
    load_kW,
    sun_kW,
    price,
    priceSource: known ? 'day-ahead France 2016' : `synthetic year, seed ${seed}`,
    bound_kW: Math.max(...load_kW.map((l, t) => l - (sun_kW[t] ?? 0))),
  };
}

function readPrices(file: string): readonly number[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => Number(line.split(',').at(-1))).slice(0, HOURS);
}

/**
 * Two daily peaks, weekends, seasons with a dear autumn, autocorrelated days and hours, spikes, and
 * negative summer noons. Its size is set so that battery, greedy and perfect foresight lie apart as
 * they did with the prices of France in 2016.
 */
export function syntheticPrices(seed: number): readonly number[] {
  const r = new Random(seed);
  const size = 0.8;
  const bump = (h: number, centre: number, width: number): number =>
    Math.exp(-((h - centre) ** 2) / (2 * width * width));
  let hour = 0;
  let daily = 0;
  let spike = 0;
  return Array.from({ length: HOURS }, (_, t) => {
    const day = Math.floor(t / 24);
    const h = t % 24;
    const cold = Math.max(0, Math.cos((2 * Math.PI * (day - 335)) / 365));
    const autumn = Math.exp(-(((day - 315) / 35) ** 2));
    const summer = Math.max(0, Math.sin((2 * Math.PI * (day - 80)) / 365));
    if (h === 0) {
      daily = 0.75 * daily + r.normal() * (4 + 5 * cold + 8 * autumn) * size;
      const scarce = r.chance(0.08 + 0.25 * autumn);
      spike = 0.6 * spike + (scarce ? r.exponential(14 * (0.3 + autumn * 2)) : 0);
    }
    hour = 0.8 * hour + r.normal() * 2;
    const weekend = day % 7 === 0 || day % 7 === 6;
    const shape =
      11 * bump(h, 8.5, 1.6) + 16 * bump(h, 19, 1.9) + 4 * bump(h, 12, 3) - 9 * bump(h, 3.5, 2.5);
    const level = 28 + 9 * cold + 16 * autumn + (0.8 + 0.5 * cold + autumn) * size * shape;
    const scarcity = spike * (bump(h, 19, 1.5) + 0.7 * bump(h, 9, 1.5));
    const noon = summer * (weekend ? 24 : 8) * bump(h, 14, 2.2);
    return Math.max(-30, level - (weekend ? 7 : 0) + daily + hour + scarcity - noon);
  });
}

const kind = (day: number): DayKind => {
  if (HOLIDAYS.has(day)) return 'sunday';
  const weekday = ((day % 7) + 7) % 7;
  return weekday === 0 ? 'sunday' : weekday === 6 ? 'saturday' : 'working';
};

/** Power of the battery in hour t at this state of charge, kW, positive = charge. */
export type Controller = (t: number, soc: number) => number;

export interface YearResult {
  readonly cost: number;
  readonly peak_kW: number;
  readonly cycles: number;
}

const importPrice = (spot: number): number => (spot + IMPORT_ADDER) / 1000;
const exportPrice = (spot: number): number => (EXPORT_SHARE * spot) / 1000;

/** Runs the year; the battery does what is possible of what is asked, and keeps the bound. */
export function runYear(year: SiteYear, controller: Controller): YearResult {
  const b = BATTERY;
  let soc = START_SOC;
  let cost = 0;
  let peak_kW = 0;
  let moved_kWh = 0;
  for (let t = 0; t < HOURS; t += 1) {
    const net = (year.load_kW[t] ?? 0) - (year.sun_kW[t] ?? 0);
    const asked = Math.min(controller(t, soc), year.bound_kW - net);
    const most = Math.min(b.charge_kW, ((1 - soc) * b.capacity_kWh) / b.efficiency);
    const least = -Math.min(b.discharge_kW, soc * b.capacity_kWh * b.efficiency);
    const power = Math.max(least, Math.min(most, asked));
    soc += (power > 0 ? power * b.efficiency : power / b.efficiency) / b.capacity_kWh;
    const spot = year.price[t] ?? 0;
    const meter = net + power;
    cost += meter * (meter > 0 ? importPrice(spot) : exportPrice(spot));
    peak_kW = Math.max(peak_kW, meter);
    moved_kWh += Math.abs(power);
  }
  // What is left in the battery more or less than at the start is settled at the mean price.
  const mean = year.price.reduce((s, p) => s + p, 0) / year.price.length;
  cost -= (soc - START_SOC) * b.capacity_kWh * b.efficiency * importPrice(mean);
  return { cost, peak_kW, cycles: moved_kWh / (2 * b.capacity_kWh) };
}

/** Spot prices ahead as they are known at hour t: later hours take the last known day. */
function pricesAhead(year: SiteYear, t: number): readonly number[] {
  const h = t % 24;
  const known = t - h + (h >= AUCTION_HOUR ? 48 : 24);
  return Array.from({ length: HORIZON }, (_, k) => {
    let u = t + k;
    while (u >= known) u -= 24;
    return year.price[Math.min(u, HOURS - 1)] ?? 0;
  });
}

function priceView(spot: readonly number[]): { import: number[]; export: number[] } {
  return { import: spot.map(importPrice), export: spot.map(exportPrice) };
}

function salvageOf(spot: readonly number[]): number {
  const mean = spot.reduce((s, p) => s + p, 0) / spot.length;
  return ((mean + IMPORT_ADDER * SALVAGE_ADDER) / 1000) * BATTERY.efficiency;
}

const netOf = (year: SiteYear, t: number): number => (year.load_kW[t] ?? 0) - (year.sun_kW[t] ?? 0);

/** Only what is over at the sun is stored, and used at once when there is too little. */
export const greedy =
  (year: SiteYear): Controller =>
  (t) =>
    -netOf(year, t);

/** The program over the horizon, its first step as a setpoint. */
function scheduleAt(
  year: SiteYear,
  soc: number,
  net_kW: readonly number[],
  spot: readonly number[],
): StorageSchedule | undefined {
  const problem = {
    battery: BATTERY,
    step_h: 1,
    soc,
    net_kW,
    price: priceView(spot),
    importBound_kW: year.bound_kW,
    exportBound_kW: 1e6,
    salvage: salvageOf(spot),
  };
  return readSchedule(problem, solveHere(storageProgram(problem), 2000));
}

/** Load, sun and prices of the horizon are known. */
export const perfect =
  (year: SiteYear): Controller =>
  (t, soc) => {
    const ahead = Array.from({ length: HORIZON }, (_, k) => Math.min(HOURS - 1, t + k));
    const net = ahead.map((u) => netOf(year, u));
    const spot = ahead.map((u) => year.price[u] ?? 0);
    return scheduleAt(year, soc, net, spot)?.battery_kW[0] ?? -netOf(year, t);
  };

/** The same, but like the fast loop it never sends energy of the battery into the grid. */
export function perfectWithoutExport(year: SiteYear): Controller {
  const free = perfect(year);
  return (t, soc) => {
    const power = free(t, soc);
    return power < 0 ? Math.max(power, -Math.max(0, netOf(year, t))) : power;
  };
}

/**
 * Load of the same hour last week, sun of yesterday; the planned power of the hour is the setpoint.
 */
export const naive =
  (year: SiteYear): Controller =>
  (t, soc) => {
    const net = Array.from({ length: HORIZON }, (_, k) => {
      if (k === 0) return netOf(year, t);
      const week = t + k - 168;
      const load = week >= 0 ? week : earlier(t, k);
      return (year.load_kW[load] ?? 0) - (year.sun_kW[earlier(t, k)] ?? 0);
    });
    const spot = pricesAhead(year, t);
    return scheduleAt(year, soc, net, spot)?.battery_kW[0] ?? -netOf(year, t);
  };

/** The last measured hour of the same time of day. */
function earlier(t: number, k: number): number {
  let u = t + k - 24;
  while (u >= t) u -= 24;
  return Math.max(0, u);
}

/** Forecast from history in scenarios, as the planner of the product does it. */
export class Planner {
  private readonly year: SiteYear;
  private readonly history: SiteHistory;
  private at = -1;
  private value: EnergyValue | undefined;

  constructor(year: SiteYear) {
    this.year = year;
    this.history = {
      stepsPerDay: 24,
      load_kW: year.load_kW,
      sun_kW: year.sun_kW,
      dayKind: kind,
    };
  }

  /** Mean error of one day's load forecast made at its midnight, kW. */
  dayError_kW(day: number): number {
    const t = day * 24;
    const load = forecastLoad(this.history, t, 24);
    return load.reduce((s, x, k) => s + (this.year.load_kW[t + k] ?? 0) - x, 0) / 24;
  }

  /** Worth of energy after hour t; history before hour t alone is looked at. */
  valueAt(t: number): EnergyValue {
    if (this.value !== undefined && this.at === t) return this.value;
    const spot = pricesAhead(this.year, t);
    this.value = energyValue({
      battery: BATTERY,
      step_h: 1,
      net_kW: netScenarios(this.history, t, HORIZON, SCENARIOS),
      price: priceView(spot),
      importBound_kW: this.year.bound_kW,
      salvage: salvageOf(spot),
    });
    this.at = t;
    return this.value;
  }

  /** The plan as a mode and a corridor, followed by what is measured. */
  readonly advised: Controller = (t, soc) => {
    const value = this.valueAt(t);
    const spot = this.year.price[t] ?? 0;
    const plan = adviceOf(value, {
      soc,
      importPrice: importPrice(spot),
      exportPrice: exportPrice(spot),
      now_ms: 0,
      peakReached_W: this.year.bound_kW * 1000,
    });
    const net_kW = netOf(this.year, t);
    return followAdvice(value, plan, {
      soc,
      net_kW,
      importBound_kW: this.year.bound_kW,
      step_h: 1,
    });
  };

  /** The best power for what is measured, without the detour over a mode. */
  readonly direct: Controller = (t, soc) => {
    const spot = this.year.price[t] ?? 0;
    return bestPower_kW(this.valueAt(t), {
      soc,
      net_kW: netOf(this.year, t),
      importPrice: importPrice(spot),
      exportPrice: exportPrice(spot),
      importBound_kW: this.year.bound_kW,
    });
  };

  /** The program on the mean forecast, its first step as a setpoint. */
  readonly program: Controller = (t, soc) => {
    const load = forecastLoad(this.history, t, HORIZON);
    const suns = sunScenarios(this.history, t, HORIZON, SCENARIOS);
    const net = load.map((x, k) => {
      if (k === 0) return netOf(this.year, t);
      return x - suns.reduce((s, sun) => s + (sun[k] ?? 0), 0) / suns.length;
    });
    const spot = pricesAhead(this.year, t);
    const schedule = scheduleAt(this.year, soc, net, spot);
    return schedule?.battery_kW[0] ?? -netOf(this.year, t);
  };
}
