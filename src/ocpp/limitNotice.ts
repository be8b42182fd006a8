import { later, passed } from '../time';
import type { Instant } from '../time';
import type { StationConfig } from './config';
import type { Request } from './dialect';
import { limitInUnit } from './profile';

/** At most one notice of a station in this time: limits move each second, a CPMS need not. */
const EVERY_MS = 60_000;
/** Smaller changes are not told (2.0.1, LimitChangeSignificance). */
const SIGNIFICANT_A = 1;
const SIGNIFICANT_SHARE = 0.1;

/** The limits as they stand; undefined where nothing is known. */
export interface LimitFacts {
  readonly station: StationConfig;
  /** In force by the energy management, A. */
  readonly ems_A: number | undefined;
  /** What the CPMS itself allows now, A. */
  readonly cpms_A: number;
  readonly nominal_V: number;
}

/**
 * What the CPMS of a 2.0.1 station must be told about limits that are not its own: the site
 * holds the station lower (NotifyChargingLimit, K12), or no longer (ClearedChargingLimit,
 * K13). Bounded in rate.
 */
export class LimitNotice {
  private told_A: number | undefined;
  private next_at: Instant | undefined;
  private lastId = 0;

  /** A new CPMS connection knows nothing. */
  forget(): void {
    this.told_A = undefined;
    this.next_at = undefined;
  }

  /** The message that is due now, or undefined. */
  due({ station, ems_A, cpms_A, nominal_V }: LimitFacts, now: Instant): Request | undefined {
    if (this.next_at !== undefined && !passed(this.next_at, now)) return undefined;
    if (ems_A === undefined) return undefined;
    const lower = ems_A < Math.min(cpms_A, station.max_A) - 0.5;
    if (!lower && this.told_A === undefined) return undefined;
    if (!lower) {
      this.told_A = undefined;
      this.next_at = later(now, EVERY_MS);
      return { action: 'ClearedChargingLimit', payload: { chargingLimitSource: 'EMS' } };
    }
    const before = this.told_A;
    const step = Math.max(SIGNIFICANT_A, (before ?? 0) * SIGNIFICANT_SHARE);
    if (before !== undefined && Math.abs(ems_A - before) < step) return undefined;
    this.told_A = ems_A;
    this.next_at = later(now, EVERY_MS);
    return this.notice(station, ems_A, nominal_V);
  }

  private notice(station: StationConfig, ems_A: number, nominal_V: number): Request {
    this.lastId += 1;
    const limit = limitInUnit(station, ems_A, nominal_V);
    return {
      action: 'NotifyChargingLimit',
      payload: {
        chargingLimit: { chargingLimitSource: 'EMS', isGridCritical: false },
        chargingSchedule: [
          {
            id: this.lastId,
            chargingRateUnit: station.abilities.unit,
            chargingSchedulePeriod: [{ startPeriod: 0, limit }],
          },
        ],
      },
    };
  }
}
