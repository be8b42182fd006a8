/** Load and sun of the data folder; a synthetic clear sky where there is none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The hub starts on 1 March (day 59 of a year of 365). */
const HUB_DAY = 59;
const HALF_HOURS = 48;
/** DC to AC. */
const INVERTER = 0.96;

const lines = (path: string): readonly string[] =>
  readFileSync(path, 'utf8').trim().split('\n').slice(1);

/** Half-hourly DC power of the array, kW, from 1 January 00:00. */
export function readSun(data: string): readonly number[] {
  const path = join(data, 'site/pv_jpl_220kWdc_30min_year.csv');
  return lines(path).map((line) => Number(line.split(',').at(-1)));
}

/** Hourly load of the building, kW; the first value is the hour that ends at 01:00 on 1 January. */
export function readLoad(data: string): readonly number[] {
  const path = join(data, 'site/load_medium_office_LA_hourly_year.csv');
  return lines(path).map((line) => Number(line.split(',').at(-1)));
}

/** Power of the sun by minute of the hub's run, kW. */
export function sunOf(data: string | undefined): (minute: number) => number {
  if (data === undefined) {
    return (minute) => {
      const hour = (minute / 60) % 24;
      return hour <= 6 || hour >= 18 ? 0 : 160 * Math.sin(((hour - 6) / 12) * Math.PI);
    };
  }
  const sun = readSun(data);
  return (minute) => {
    const at = (HUB_DAY * HALF_HOURS + Math.floor(minute / 30)) % sun.length;
    return INVERTER * Math.max(0, sun[at] ?? 0);
  };
}
