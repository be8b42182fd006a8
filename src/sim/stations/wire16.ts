import type { JsonObject } from '../../ocpp';
import { NOMINAL_V } from './core';
import type { StationCore } from './core';
import type { Period, Profile, Purpose } from './profileEngine';
import type { Instant } from '../../time';

/** Reading OCPP 1.6 payloads inside a simulated station. It trusts nobody either. */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(payload: JsonObject, key: string): JsonObject | undefined {
  const value = payload[key];
  return isObject(value) ? value : undefined;
}

export function number(payload: JsonObject, key: string): number | undefined {
  const value = payload[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function text(payload: JsonObject, key: string): string | undefined {
  const value = payload[key];
  return typeof value === 'string' ? value : undefined;
}

export function time(payload: JsonObject, key: string): number | undefined {
  const value = text(payload, key);
  const parsed = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isFinite(parsed) ? parsed : undefined;
}

const PURPOSES: Readonly<Record<string, Purpose>> = {
  ChargePointMaxProfile: 'station-max',
  TxDefaultProfile: 'tx-default',
  TxProfile: 'tx',
};

/** A csChargingProfiles object as an engine profile, or undefined when it is malformed. Pure. */
export function profileOf16(connector: number, profile: JsonObject): Profile | undefined {
  const purpose = PURPOSES[text(profile, 'chargingProfilePurpose') ?? ''];
  const id = number(profile, 'chargingProfileId');
  const stackLevel = number(profile, 'stackLevel');
  const schedule = object(profile, 'chargingSchedule');
  if (!purpose || id === undefined || stackLevel === undefined || !schedule) return undefined;
  const unit = text(schedule, 'chargingRateUnit');
  const periods = periodsOf(schedule);
  if ((unit !== 'A' && unit !== 'W') || periods === undefined) return undefined;
  const transaction = number(profile, 'transactionId');
  const duration_s = number(schedule, 'duration');
  const start_ms = time(schedule, 'startSchedule');
  const validFrom_ms = time(profile, 'validFrom');
  const validTo_ms = time(profile, 'validTo');
  return {
    id,
    purpose,
    stackLevel,
    connector,
    kind: kindOf(profile),
    unit,
    periods,
    ...(transaction !== undefined && { transaction: String(transaction) }),
    ...(duration_s !== undefined && { duration_s }),
    ...(start_ms !== undefined && { start_ms }),
    ...(validFrom_ms !== undefined && { validFrom_ms }),
    ...(validTo_ms !== undefined && { validTo_ms }),
  };
}

function kindOf(profile: JsonObject): Profile['kind'] {
  const kind = text(profile, 'chargingProfileKind');
  if (kind === 'Relative') return 'Relative';
  if (kind !== 'Recurring') return 'Absolute';
  return text(profile, 'recurrencyKind') === 'Weekly' ? 'Weekly' : 'Daily';
}

export function periodsOf(schedule: JsonObject): readonly Period[] | undefined {
  const list = schedule['chargingSchedulePeriod'];
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const periods: Period[] = [];
  for (const entry of list) {
    if (!isObject(entry)) return undefined;
    const start_s = number(entry, 'startPeriod');
    const limit = number(entry, 'limit');
    if (start_s === undefined || limit === undefined) return undefined;
    periods.push({ start_s, limit });
  }
  return periods;
}

/** The steps of the station's composite limit over a duration, in `unit`. */
export function compositeOf(
  core: StationCore,
  now: Instant,
  duration_s: number,
  unit: 'A' | 'W',
): readonly { readonly startPeriod: number; readonly limit: number }[] {
  const start_ms = core.wall_ms(now);
  if (start_ms === undefined) return [];
  const factor = unit === 'A' ? 1 : NOMINAL_V * core.config.phases;
  const steps: { startPeriod: number; limit: number }[] = [];
  let at_ms = start_ms;
  // A profile has at most some dozens of periods; the bound ends a schedule of endless changes.
  for (let i = 0; i < 100 && at_ms < start_ms + duration_s * 1000; i += 1) {
    const { limit_A, until_ms } = core.engine.stationLimit(at_ms);
    const limit = Math.round(Math.min(core.config.max_A, limit_A) * factor * 10) / 10;
    steps.push({ startPeriod: Math.ceil((at_ms - start_ms) / 1000), limit });
    at_ms = until_ms;
  }
  return steps;
}

/** The sampled values of one connector, as a well-configured station sends them. */
export function sampledValues16(
  current_A: readonly [number, number, number],
  energy_Wh: number,
): readonly JsonObject[] {
  const power = (current_A[0] + current_A[1] + current_A[2]) * NOMINAL_V;
  return [
    {
      value: String(Math.round(energy_Wh)),
      measurand: 'Energy.Active.Import.Register',
      unit: 'Wh',
    },
    { value: String(Math.round(power)), measurand: 'Power.Active.Import', unit: 'W' },
    { value: current_A[0].toFixed(1), measurand: 'Current.Import', phase: 'L1', unit: 'A' },
    { value: current_A[1].toFixed(1), measurand: 'Current.Import', phase: 'L2', unit: 'A' },
    { value: current_A[2].toFixed(1), measurand: 'Current.Import', phase: 'L3', unit: 'A' },
  ];
}
