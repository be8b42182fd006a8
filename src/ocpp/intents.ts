import type { StationConfig } from './config';
import type { Request } from './dialect';
import { numberOf, objectOf, objectsOf, textOf, timeOf } from './fields';
import type { JsonObject } from './frame';
import { limitInAmps, RESERVED_PROFILES } from './profile';

/** Profiles of a CPMS remembered per station; a station holds fewer. */
const MAX_INTENTS = 64;

export type IntentPurpose = 'station-max' | 'tx-default' | 'tx';

/** A charging profile as a CPMS wants it. */
export interface Intent {
  readonly id: number;
  readonly purpose: IntentPurpose;
  readonly stackLevel: number;
  readonly connector: number;
  readonly validFrom_ms: number;
  readonly validTo_ms: number;
  readonly start_ms: number;
  readonly duration_s: number;
  /** The schedule begins anew after so long; Infinity = it does not recur. */
  readonly every_s: number;
  readonly periods: readonly { readonly start_s: number; readonly limit_A: number }[];
}

const PURPOSES: ReadonlyMap<string, IntentPurpose> = new Map([
  ['ChargePointMaxProfile', 'station-max'],
  ['ChargingStationMaxProfile', 'station-max'],
  ['TxDefaultProfile', 'tx-default'],
  ['TxProfile', 'tx'],
]);

/** Purposes that a clear without a purpose is expanded to: never the one of the floor. */
const CLEARABLE = ['TxDefaultProfile', 'TxProfile'] as const;

export const isReserved = (id: number): boolean =>
  id >= RESERVED_PROFILES.from && id <= RESERVED_PROFILES.to;

/** Reads a profile object of 1.6 (`chargingProfileId`) or 2.0.1 (`id`, list of schedules). Pure. */
export function intentOf(
  station: StationConfig,
  connector: number,
  profile: JsonObject,
  now_ms: number,
  nominal_V: number,
): Intent | undefined {
  const id = numberOf(profile, 'chargingProfileId') ?? numberOf(profile, 'id');
  const purpose = PURPOSES.get(textOf(profile, 'chargingProfilePurpose', 50) ?? '');
  const stackLevel = numberOf(profile, 'stackLevel');
  const schedule =
    objectOf(profile, 'chargingSchedule') ?? objectsOf(profile, 'chargingSchedule')[0];
  if (id === undefined || purpose === undefined || stackLevel === undefined || !schedule) {
    return undefined;
  }
  const unit = textOf(schedule, 'chargingRateUnit', 2);
  const periods = objectsOf(schedule, 'chargingSchedulePeriod').flatMap((period) => {
    const start_s = numberOf(period, 'startPeriod');
    const limit = numberOf(period, 'limit');
    if (start_s === undefined || limit === undefined) return [];
    return [{ start_s, limit_A: limitInAmps(station, limit, unit, nominal_V) }];
  });
  return {
    id,
    purpose,
    stackLevel,
    connector,
    validFrom_ms: timeOf(profile, 'validFrom') ?? Number.NEGATIVE_INFINITY,
    validTo_ms: timeOf(profile, 'validTo') ?? Number.POSITIVE_INFINITY,
    start_ms: timeOf(schedule, 'startSchedule') ?? now_ms,
    duration_s: numberOf(schedule, 'duration') ?? Number.POSITIVE_INFINITY,
    every_s: recurrence_s(profile),
    periods,
  };
}

const DAY_S = 86_400;

/** 1.6, 7.8 and 7.37: only a recurring profile has a recurrency kind; without one it is daily. */
function recurrence_s(profile: JsonObject): number {
  if (profile['chargingProfileKind'] !== 'Recurring') return Number.POSITIVE_INFINITY;
  return profile['recurrencyKind'] === 'Weekly' ? 7 * DAY_S : DAY_S;
}

/** What becomes of a ClearChargingProfile of the CPMS. */
export type ClearPlan =
  | { readonly kind: 'forward' }
  | { readonly kind: 'answer'; readonly cleared: boolean }
  /** Sent instead, one after the other; `cleared` = the CPMS's own station maximum went. */
  | { readonly kind: 'expand'; readonly requests: readonly Request[]; readonly cleared: boolean };

/** The CPMS's profiles of one station, as intent: what it asks for is the minimum of them. */
export class Intents {
  private intents: Intent[] = [];

  put(intent: Intent): void {
    this.intents = this.intents.filter(
      (old) =>
        old.id !== intent.id &&
        !(
          old.purpose === intent.purpose &&
          old.stackLevel === intent.stackLevel &&
          old.connector === intent.connector
        ),
    );
    if (this.intents.length >= MAX_INTENTS) this.intents.shift();
    this.intents.push(intent);
  }

  /** A transaction ended: its profiles are gone (1.6, 3.13.1). */
  endTransaction(connector: number | undefined): void {
    this.remove(
      (intent) =>
        intent.purpose === 'tx' && (connector === undefined || intent.connector === connector),
    );
  }

  private remove(matches: (intent: Intent) => boolean): boolean {
    const before = this.intents.length;
    this.intents = this.intents.filter((intent) => !matches(intent));
    return this.intents.length < before;
  }

  /** The lowest current limit over purposes, A per phase; undefined = none. */
  requested_A(now_ms: number): number | undefined {
    const values = (['station-max', 'tx', 'tx-default'] as const).map((purpose) =>
      this.limitOf(purpose, now_ms),
    );
    const [whole, tx, fallback] = values;
    const known = [whole, tx ?? fallback].filter((value) => value !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  private limitOf(purpose: IntentPurpose, now_ms: number): number | undefined {
    let best: { level: number; limit_A: number } | undefined;
    for (const intent of this.intents) {
      if (intent.purpose !== purpose) continue;
      const limit_A = limitNow(intent, now_ms);
      if (limit_A === undefined || (best !== undefined && best.level >= intent.stackLevel))
        continue;
      best = { level: intent.stackLevel, limit_A };
    }
    return best?.limit_A;
  }

  /** Applies a clear of either version and says what to do with it. */
  clear(payload: JsonObject, is201: boolean): ClearPlan {
    const criteria = is201 ? (objectOf(payload, 'chargingProfileCriteria') ?? {}) : payload;
    const id = numberOf(payload, is201 ? 'chargingProfileId' : 'id');
    const purposeName = textOf(criteria, 'chargingProfilePurpose', 50);
    const purpose = PURPOSES.get(purposeName ?? '');
    const connector = numberOf(criteria, is201 ? 'evseId' : 'connectorId');
    const level = numberOf(criteria, 'stackLevel');
    if (id !== undefined && isReserved(id)) return { kind: 'answer', cleared: false };
    const matches = (intent: Intent): boolean =>
      (id === undefined || intent.id === id) &&
      (purposeName === undefined || intent.purpose === purpose) &&
      (connector === undefined || intent.connector === connector) &&
      (level === undefined || intent.stackLevel === level);
    const own = this.intents.some((i) => matches(i) && i.purpose === 'station-max');
    this.remove(matches);
    if (purpose === 'station-max' || (id !== undefined && own)) {
      return { kind: 'answer', cleared: own };
    }
    if (purposeName !== undefined || id !== undefined) return { kind: 'forward' };
    const requests = CLEARABLE.map((name) => ({
      action: 'ClearChargingProfile',
      payload: is201
        ? { chargingProfileCriteria: { ...criteria, chargingProfilePurpose: name } }
        : { ...payload, chargingProfilePurpose: name },
    }));
    return { kind: 'expand', requests, cleared: own };
  }
}

function limitNow(intent: Intent, now_ms: number): number | undefined {
  if (now_ms < intent.validFrom_ms || now_ms >= intent.validTo_ms) return undefined;
  const since_s = (now_ms - intent.start_ms) / 1000;
  const elapsed_s =
    intent.every_s === Number.POSITIVE_INFINITY ? since_s : since_s % intent.every_s;
  if (since_s < 0 || elapsed_s >= intent.duration_s) return undefined;
  return intent.periods.findLast((period) => period.start_s <= elapsed_s)?.limit_A;
}
