import { CONNECTOR_PROFILE, FLOOR_PROFILE, LEASE_PROFILE, RESERVED_PROFILES } from '../../ocpp';
import type { JsonObject, OcppProtocol, StationConfig } from '../../ocpp';
import { number, object, objects, text } from './fields';
import type { OcppDenyReason } from './policy';

/** Periods of one schedule; stations that take more are rare, and a year of hours is an attack. */
const MAX_PERIODS = 500;
/** A start further off than this is a wrong clock or a trap for later. */
const MAX_START_AHEAD_MS = 7 * 24 * 3_600_000;
/** Rounding of W to A and back. */
const ROUNDING = 1.001;
const NOMINAL_V = 230;

const PURPOSES: Readonly<Record<OcppProtocol, ReadonlySet<string>>> = {
  'ocpp1.6': new Set(['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile']),
  'ocpp2.0.1': new Set(['ChargingStationMaxProfile', 'TxDefaultProfile', 'TxProfile']),
  'ocpp2.1': new Set(['ChargingStationMaxProfile', 'TxDefaultProfile', 'TxProfile']),
};

/** Members of a 2.1 period that steer beyond a limit; nothing here composes them. */
const DISCHARGE = [
  'setpoint',
  'dischargeLimit',
  'v2xBaseline',
  'v2xFreqWattCurve',
  'operationMode',
] as const;

/** Stations keep ids in 32 bits; a longer one may become another there, ours among them. Pure. */
export const isProfileId = (id: number): boolean => Number.isInteger(id) && id === (id | 0);

/** A profile taken apart, of either version; undefined where it is malformed. */
interface Parts {
  readonly id: number;
  readonly level: number;
  readonly purpose: string;
  readonly schedules: readonly JsonObject[];
}

function partsOf(protocol: OcppProtocol, profile: JsonObject): Parts | undefined {
  const is16 = protocol === 'ocpp1.6';
  const id = number(profile, is16 ? 'chargingProfileId' : 'id');
  const level = number(profile, 'stackLevel');
  const purpose = text(profile, 'chargingProfilePurpose');
  const single = object(profile, 'chargingSchedule');
  const schedules = is16 ? single && [single] : objects(profile, 'chargingSchedule');
  if (id === undefined || level === undefined || purpose === undefined) return undefined;
  if (schedules === undefined || schedules.length === 0 || schedules.length > 3) return undefined;
  return { id, level, purpose, schedules };
}

/**
 * What is wrong with a charging profile of a CPMS, or undefined. Limits, unit, phases, periods,
 * start times and purpose are checked against the station (1.6, 3.13 and 7.8; 2.0.1, K01).
 */
export function foreignProfileFault(
  station: StationConfig,
  protocol: OcppProtocol,
  profile: JsonObject,
  wall_ms: number,
): OcppDenyReason | undefined {
  const parts = partsOf(protocol, profile);
  if (parts === undefined || !isProfileId(parts.id)) return 'malformed';
  if (parts.id >= RESERVED_PROFILES.from && parts.id <= RESERVED_PROFILES.to) {
    return 'profile-reserved';
  }
  if (!PURPOSES[protocol].has(parts.purpose)) return 'profile-purpose';
  // 2.1: a schedule that others may change at any time cannot be judged now.
  if (profile['chargingProfileKind'] === 'Dynamic') return 'profile-purpose';
  if (!Number.isInteger(parts.level) || parts.level < 0) return 'profile-level';
  // On capped connectors a TxDefaultProfile moves up one level; it must still fit then.
  const capped = station.connectorMax_A !== undefined && station.connectorMax_A < station.max_A;
  const moved = capped && parts.purpose === 'TxDefaultProfile' ? 1 : 0;
  if (parts.level + moved > Math.max(station.abilities.maxStackLevel, 0)) return 'profile-level';
  for (const schedule of parts.schedules) {
    const fault = scheduleFault(station, schedule, wall_ms);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function scheduleFault(
  station: StationConfig,
  schedule: JsonObject,
  wall_ms: number,
): OcppDenyReason | undefined {
  const unit = text(schedule, 'chargingRateUnit');
  if (unit !== 'A' && unit !== 'W') return 'profile-unit';
  const duration = schedule['duration'];
  if (duration !== undefined && !(typeof duration === 'number' && duration > 0)) {
    return 'profile-duration';
  }
  const start = schedule['startSchedule'];
  if (start !== undefined) {
    const at = typeof start === 'string' ? Date.parse(start) : Number.NaN;
    if (!(at <= wall_ms + MAX_START_AHEAD_MS)) return 'profile-start';
  }
  return periodsFault(station, schedule, unit);
}

function periodsFault(
  station: StationConfig,
  schedule: JsonObject,
  unit: 'A' | 'W',
): OcppDenyReason | undefined {
  const periods = objects(schedule, 'chargingSchedulePeriod');
  if (periods === undefined || periods.length === 0 || periods.length > MAX_PERIODS) {
    return 'profile-periods';
  }
  const most = unit === 'A' ? station.max_A : station.max_A * NOMINAL_V * station.phases;
  let before = -1;
  for (const period of periods) {
    const start = number(period, 'startPeriod');
    const limit = number(period, 'limit');
    if (DISCHARGE.some((key) => period[key] !== undefined)) return 'profile-limit';
    const phases = period['numberPhases'];
    if (start === undefined || start <= before || (before < 0 && start !== 0)) {
      return 'profile-periods';
    }
    if (limit === undefined || limit < 0 || limit > most * ROUNDING) return 'profile-limit';
    if (phases !== undefined && phases !== 1 && phases !== 2 && phases !== 3) {
      return 'profile-periods';
    }
    before = start;
  }
  return undefined;
}

/**
 * What is wrong with a profile of our own, or undefined: only the floor at the safe static limit
 * without end, the lease with an end, and the lasting cap of a connector exist.
 */
export function ownProfileFault(
  station: StationConfig,
  protocol: OcppProtocol,
  profile: JsonObject,
): OcppDenyReason | undefined {
  const parts = partsOf(protocol, profile);
  const schedule = parts?.schedules[0];
  const periods = schedule && objects(schedule, 'chargingSchedulePeriod');
  if (!parts || !schedule || !periods) return 'malformed';
  const factor = text(schedule, 'chargingRateUnit') === 'W' ? NOMINAL_V * station.phases : 1;
  const limits = periods.map((period) => (number(period, 'limit') ?? Infinity) / factor);
  const last = limits.at(-1) ?? Infinity;
  const most = Math.max(...limits);
  if (parts.id > CONNECTOR_PROFILE && parts.id <= CONNECTOR_PROFILE + station.connectors) {
    const cap_A = (station.connectorMax_A ?? 0) * ROUNDING;
    const lasts = schedule['duration'] === undefined && parts.purpose === 'TxDefaultProfile';
    return lasts && most <= cap_A ? undefined : 'own-floor';
  }
  if (!parts.purpose.endsWith('MaxProfile')) return 'malformed';
  const ttl_s = station.ttl_ms / 1000;
  if (parts.id === FLOOR_PROFILE) {
    // With one level only, the lease is the second period, between the floor and the floor.
    const floor_A = station.floor_A * ROUNDING;
    const [, begin_s = 0, end_s = Infinity] = periods.map((p) => number(p, 'startPeriod') ?? NaN);
    const single = periods.length === 1 || (periods.length === 3 && end_s - begin_s <= ttl_s);
    const fits = Math.max(limits[0] ?? Infinity, last) <= floor_A;
    const bounded = fits && single && most <= station.max_A * ROUNDING;
    return bounded && schedule['duration'] === undefined ? undefined : 'own-floor';
  }
  const duration = number(schedule, 'duration');
  const ends = duration !== undefined && duration > 0 && duration <= ttl_s;
  const fits = most <= station.max_A * ROUNDING;
  return parts.id === LEASE_PROFILE && ends && fits ? undefined : 'own-lease';
}
