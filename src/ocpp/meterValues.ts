import { numberOf, objectsOf, textOf, timeOf } from './fields';
import type { JsonObject } from './frame';
import type { MeterSample } from './observation';

/** Above any charging station; a greater number is a wrong unit or a lie, and is not used. */
const MAX_POWER_W = 2_000_000;
const MAX_CURRENT_A = 5_000;
/** A terawatt hour. The sum of a station must stay a number, or the site hears of none of them. */
const MAX_ENERGY_Wh = 1e12;

interface Mutable {
  wall_ms?: number;
  power_W?: number;
  current_A?: [number, number, number];
  energy_Wh?: number;
}

/** Sum of the powers given by phase; a total, where there is one, wins. */
interface ByPhase {
  power_W?: number;
}

/**
 * Reads the newest entries of a `meterValue` list (1.6, 6.31; 2.0.1 has the same shape with numeric
 * values and `unitOfMeasure`): those of the latest time, in whatever order they come. Unknown
 * measurands, units and impossible numbers are left out. Pure.
 */
export function meterSampleOf(payload: JsonObject): MeterSample | undefined {
  const list = objectsOf(payload, 'meterValue');
  const last = list.at(-1);
  if (last === undefined) return undefined;
  const sample: Mutable = {};
  const byPhase: ByPhase = {};
  const wall = list.length === 1 ? timeOf(last, 'timestamp') : latest(list);
  if (wall !== undefined) sample.wall_ms = wall;
  for (const entry of list) {
    const isNewest = wall === undefined ? entry === last : timeOf(entry, 'timestamp') === wall;
    if (!isNewest) continue;
    for (const value of objectsOf(entry, 'sampledValue')) takeValue(sample, byPhase, value);
  }
  if (byPhase.power_W !== undefined) sample.power_W ??= byPhase.power_W;
  return sample;
}

function latest(list: readonly JsonObject[]): number | undefined {
  let most: number | undefined;
  for (const entry of list) {
    const at = timeOf(entry, 'timestamp');
    if (at !== undefined && (most === undefined || at > most)) most = at;
  }
  return most;
}

function takeValue(sample: Mutable, byPhase: ByPhase, value: JsonObject): void {
  const number = valueOf(value);
  const measurand = textOf(value, 'measurand', 50) ?? 'Energy.Active.Import.Register';
  const location = textOf(value, 'location', 20) ?? 'Outlet';
  if (number === undefined || location !== 'Outlet') return;
  const phase = phaseIndex(textOf(value, 'phase', 8));
  const scaled = number * scaleOf(value);
  if (measurand === 'Power.Active.Import' && inRange(scaled, MAX_POWER_W)) {
    if (phase === undefined) sample.power_W = scaled;
    else if (phase < 3) byPhase.power_W = (byPhase.power_W ?? 0) + scaled;
  } else if (measurand === 'Current.Import' && inRange(scaled, MAX_CURRENT_A)) {
    const current = (sample.current_A ??= [0, 0, 0]);
    if (phase === undefined) current.fill(scaled);
    else if (phase !== 3) current[phase] = scaled;
  } else if (
    measurand === 'Energy.Active.Import.Register' &&
    phase === undefined &&
    inRange(scaled, MAX_ENERGY_Wh)
  ) {
    sample.energy_Wh = scaled;
  }
}

/** 1.6 carries numbers as text, 2.0.1 as numbers. Text is read strictly: no empty, no hex. */
function valueOf(value: JsonObject): number | undefined {
  const direct = numberOf(value, 'value');
  if (direct !== undefined) return direct;
  const text = textOf(value, 'value', 40);
  if (text === undefined || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text)) return undefined;
  const parsed = Number(text);
  return Number.isFinite(parsed) ? parsed : undefined;
}

function scaleOf(value: JsonObject): number {
  const nested = value['unitOfMeasure'];
  let unit = textOf(value, 'unit', 20);
  let power = 0;
  if (typeof nested === 'object' && nested !== null && !Array.isArray(nested)) {
    const fields: JsonObject = { ...nested };
    unit = textOf(fields, 'unit', 20);
    power = numberOf(fields, 'multiplier') ?? 0;
  }
  const kilo = unit === 'kW' || unit === 'kWh' ? 1000 : 1;
  return kilo * (power === 0 ? 1 : 10 ** power);
}

const inRange = (value: number, max: number): boolean => value >= 0 && value <= max;

/** 0..2 for L1..L3 (also to N), 3 for any other phase text, undefined for the total. */
function phaseIndex(phase: string | undefined): 0 | 1 | 2 | 3 | undefined {
  switch (phase) {
    case undefined:
      return undefined;
    case 'L1':
    case 'L1-N':
      return 0;
    case 'L2':
    case 'L2-N':
      return 1;
    case 'L3':
    case 'L3-N':
      return 2;
    default:
      return 3;
  }
}
