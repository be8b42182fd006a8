import type { StationConfig } from './config';
import { numberOf, objectOf, objectsOf, textOf } from './fields';
import type { CallFrame, JsonObject } from './frame';
import { limitInAmps, limitInUnit } from './profile';

/** Whether connectors carry a cap of ours, so that profiles of the CPMS need looking at. Pure. */
export function isCapped(station: StationConfig): boolean {
  return station.connectorMax_A !== undefined && station.connectorMax_A < station.max_A;
}

/**
 * A profile of the CPMS on a station with capped connectors: limits above the cap become the cap,
 * because a TxProfile overrules a TxDefaultProfile (1.6, 3.13.1), and its TxDefaultProfiles move up
 * one level, because ours lies on the lowest and an equal level would replace it. The same object
 * when nothing had to change. Pure.
 */
export function withinCap(
  station: StationConfig,
  profile: JsonObject,
  nominal_V: number,
): JsonObject {
  const cap_A = station.connectorMax_A;
  const purpose = textOf(profile, 'chargingProfilePurpose', 50);
  if (cap_A === undefined || !isCapped(station)) return profile;
  if (purpose !== 'TxProfile' && purpose !== 'TxDefaultProfile') return profile;
  const single = objectOf(profile, 'chargingSchedule');
  const schedules = single === undefined ? objectsOf(profile, 'chargingSchedule') : [single];
  const lowered = schedules.map((schedule) => lower(station, schedule, cap_A, nominal_V));
  const level = numberOf(profile, 'stackLevel') ?? 0;
  const moved = purpose === 'TxDefaultProfile';
  if (!moved && lowered.every((schedule, i) => schedule === schedules[i])) return profile;
  return {
    ...profile,
    stackLevel: moved ? level + 1 : level,
    chargingSchedule: single === undefined ? lowered : lowered[0],
  };
}

function lower(
  station: StationConfig,
  schedule: JsonObject,
  cap_A: number,
  nominal_V: number,
): JsonObject {
  const unit = textOf(schedule, 'chargingRateUnit', 2);
  const periods = objectsOf(schedule, 'chargingSchedulePeriod');
  const inUnit = { ...station.abilities, unit: unit === 'W' ? ('W' as const) : ('A' as const) };
  const chargingSchedulePeriod = periods.map((period) => {
    const limit = numberOf(period, 'limit');
    // W on fewer phases are more A on each of them.
    const { numberPhases = 3 } = period;
    const phases = numberPhases === 3 ? station.phases : 1;
    const on = { ...station, abilities: inUnit, phases };
    if (limit === undefined || limitInAmps(on, limit, unit, nominal_V) <= cap_A) return period;
    return { ...period, limit: limitInUnit(on, cap_A, nominal_V) };
  });
  const changed = chargingSchedulePeriod.some((period, i) => period !== periods[i]);
  return changed ? { ...schedule, chargingSchedulePeriod } : schedule;
}

/** Members that carry a profile in a CALL of the CPMS, of either version. */
const CARRIERS = ['csChargingProfiles', 'chargingProfile'] as const;

/** The call with its profile, if any, within the cap; the same object when nothing changed. Pure. */
export function callWithinCap(
  station: StationConfig,
  call: CallFrame,
  nominal_V: number,
): CallFrame {
  for (const key of CARRIERS) {
    const profile = objectOf(call.payload, key);
    const fitted = profile && withinCap(station, profile, nominal_V);
    if (fitted === profile || fitted === undefined) continue;
    const payload = { ...call.payload, [key]: fitted };
    return { type: 'call', id: call.id, action: call.action, payload };
  }
  return call;
}

/** Whether a ClearChargingProfile by purpose or level may take a cap of ours with it. Pure. */
export function mayClearCaps(payload: JsonObject): boolean {
  const id = numberOf(payload, 'id') ?? numberOf(payload, 'chargingProfileId');
  if (id !== undefined) return false;
  const criteria = objectOf(payload, 'chargingProfileCriteria') ?? payload;
  const purpose = textOf(criteria, 'chargingProfilePurpose', 50);
  return purpose === undefined || purpose === 'TxDefaultProfile';
}

/** A clear by level means the level that the profile was moved to. Pure. */
export function clearMoved(payload: JsonObject): JsonObject {
  const criteria = objectOf(payload, 'chargingProfileCriteria');
  const level = numberOf(criteria ?? payload, 'stackLevel');
  if (level === undefined || !mayClearCaps(payload)) return payload;
  return criteria === undefined
    ? { ...payload, stackLevel: level + 1 }
    : { ...payload, chargingProfileCriteria: { ...criteria, stackLevel: level + 1 } };
}
