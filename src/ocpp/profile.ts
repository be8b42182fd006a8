import type { StationConfig } from './config';
import type { LeaseTerms, Request } from './dialect';
import { isoOf, numberOf, objectOf, objectsOf, textOf } from './fields';
import type { JsonObject } from './frame';

/** Profile ids and levels a CPMS may not touch. Always the same, so a renewal replaces. */
export const FLOOR_PROFILE = 900_001;
export const LEASE_PROFILE = 900_002;
/** Cap of connector n: this plus n. */
export const CONNECTOR_PROFILE = 900_010;
export const RESERVED_PROFILES = { from: 900_000, to: 900_099 } as const;
const FLOOR_LEVEL = 0;
const LEASE_LEVEL = 1;
/** A start in the future would leave a gap without any limit (1.6, 3.13.2). */
export const LONG_AGO = '1970-01-01T00:00:00Z';

/** A limit in the station's unit, rounded down to the one decimal that 1.6 allows. Pure. */
export function limitInUnit(station: StationConfig, limit_A: number, nominal_V: number): number {
  const factor = station.abilities.unit === 'A' ? 1 : nominal_V * station.phases;
  return Math.floor(limit_A * factor * 10 + 1e-6) / 10;
}

/** The inverse of `limitInUnit` for a schedule in `unit`. Pure. */
export function limitInAmps(
  station: StationConfig,
  limit: number,
  unit: string | undefined,
  nominal_V: number,
): number {
  return unit === 'W' ? limit / (nominal_V * station.phases) : limit;
}

/** How long before the lease the schedule of a station with one level begins, s. */
const LEAD_S = 86_400;

export interface Period {
  readonly startPeriod: number;
  readonly limit: number;
  readonly numberPhases?: number;
}

/** One step of a schedule, with the phases of the supply. Pure. */
export function schedulePeriod(station: StationConfig, startPeriod: number, limit: number): Period {
  // 1.6, 7.14: numberPhases defaults to 3, which would be wrong for a single-phase supply.
  return station.phases === 3
    ? { startPeriod, limit }
    : { startPeriod, limit, numberPhases: station.phases };
}

/**
 * The cap of one connector: a TxDefaultProfile on it, at the lowest level, without end. The station
 * maximum bounds only the sum of the connectors (1.6, 3.13.1). Pure.
 */
export function connectorCap16(
  station: StationConfig,
  connector: number,
  limit_A: number,
  nominal_V: number,
): Request {
  const limit = limitInUnit(station, limit_A, nominal_V);
  return {
    action: 'SetChargingProfile',
    payload: {
      connectorId: connector,
      csChargingProfiles: {
        chargingProfileId: CONNECTOR_PROFILE + connector,
        stackLevel: FLOOR_LEVEL,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: {
          startSchedule: LONG_AGO,
          chargingRateUnit: station.abilities.unit,
          chargingSchedulePeriod: [schedulePeriod(station, 0, limit)],
        },
      },
    },
  };
}

function setProfile16(
  id: number,
  stackLevel: number,
  station: StationConfig,
  startSchedule: string,
  periods: readonly Period[],
  duration_s?: number,
): Request {
  return {
    action: 'SetChargingProfile',
    payload: {
      connectorId: 0,
      csChargingProfiles: {
        chargingProfileId: id,
        stackLevel,
        chargingProfilePurpose: 'ChargePointMaxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: {
          ...(duration_s !== undefined && { duration: duration_s }),
          startSchedule,
          chargingRateUnit: station.abilities.unit,
          chargingSchedulePeriod: periods,
        },
      },
    },
  };
}

/** The floor profile: level 0, Absolute, long since begun, without end. Pure. */
export function floor16(station: StationConfig, nominal_V: number): Request {
  const limit = limitInUnit(station, station.floor_A, nominal_V);
  return setProfile16(FLOOR_PROFILE, FLOOR_LEVEL, station, LONG_AGO, [
    schedulePeriod(station, 0, limit),
  ]);
}

/**
 * The one schedule of a station with level 0 only: floor, lease, floor. It replaces the floor, so
 * it must never lie in the station's future, where nothing would limit the station at all: it begins
 * a day before the lease, and no clock that counts as usable is so far behind. Pure.
 */
export function singleSchedule(
  station: StationConfig,
  terms: LeaseTerms,
  nominal_V: number,
): { readonly startSchedule: string; readonly periods: readonly Period[] } {
  const lease = limitInUnit(station, terms.limit_A, nominal_V);
  const floor = limitInUnit(station, station.floor_A, nominal_V);
  return {
    startSchedule: isoOf(terms.start_ms - LEAD_S * 1000),
    periods: [
      schedulePeriod(station, 0, floor),
      schedulePeriod(station, LEAD_S, lease),
      schedulePeriod(station, LEAD_S + terms.duration_s, floor),
    ],
  };
}

/**
 * The lease profile: one level above the floor and with a duration, so that the station falls back
 * by itself. A station with level 0 only gets the floor as the last period of one schedule, which
 * continues without end (1.6, 5.16.4). Pure.
 */
export function lease16(station: StationConfig, terms: LeaseTerms, nominal_V: number): Request {
  if (station.abilities.maxStackLevel >= LEASE_LEVEL) {
    const limit = limitInUnit(station, terms.limit_A, nominal_V);
    const start = isoOf(terms.start_ms);
    const periods = [schedulePeriod(station, 0, limit)];
    return setProfile16(LEASE_PROFILE, LEASE_LEVEL, station, start, periods, terms.duration_s);
  }
  const { startSchedule, periods } = singleSchedule(station, terms, nominal_V);
  return setProfile16(FLOOR_PROFILE, FLOOR_LEVEL, station, startSchedule, periods);
}

/** Takes the lease away by id, never by purpose: that would take the floor with it. Pure. */
export function clearLease16(station: StationConfig, nominal_V: number): Request {
  if (station.abilities.maxStackLevel < LEASE_LEVEL) return floor16(station, nominal_V);
  return { action: 'ClearChargingProfile', payload: { id: LEASE_PROFILE } };
}

/** The steps of a GetCompositeSchedule.conf (1.6, 6.22), else undefined. Pure. */
export function compositeSteps16(
  station: StationConfig,
  payload: JsonObject,
  nominal_V: number,
): { readonly steps_A: readonly number[] } | undefined {
  const schedule = objectOf(payload, 'chargingSchedule');
  if (textOf(payload, 'status', 20) !== 'Accepted' || schedule === undefined) return undefined;
  const unit = textOf(schedule, 'chargingRateUnit', 2);
  const steps_A: number[] = [];
  for (const step of objectsOf(schedule, 'chargingSchedulePeriod')) {
    const limit = numberOf(step, 'limit');
    if (limit === undefined) return undefined;
    steps_A.push(limitInAmps(station, limit, unit, nominal_V));
  }
  return steps_A.length === 0 ? undefined : { steps_A };
}
