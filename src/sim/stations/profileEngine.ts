/**
 * The charging-profile engine of a well-built station (OCPP 1.6, 3.13): highest valid stack level
 * within a purpose, TxProfile before TxDefaultProfile, minimum over what remains, expiry by
 * duration and validTo, fall-back to the next level.
 */
export type Purpose = 'station-max' | 'tx-default' | 'tx';

export interface Period {
  readonly start_s: number;
  readonly limit: number;
}

export interface Profile {
  readonly id: number;
  readonly purpose: Purpose;
  readonly stackLevel: number;
  /** 0 = whole station. */
  readonly connector: number;
  readonly transaction?: string;
  readonly validFrom_ms?: number;
  readonly validTo_ms?: number;
  readonly kind: 'Absolute' | 'Relative' | 'Daily' | 'Weekly';
  /** Absent for Relative: counts from the start of the transaction (or from installation). */
  readonly start_ms?: number;
  readonly duration_s?: number;
  readonly unit: 'A' | 'W';
  readonly periods: readonly Period[];
}

/** Where and when a limit is asked for. */
export interface Place {
  readonly connector: number;
  readonly transaction?: string;
  readonly transactionStart_ms?: number;
}

/** A limit with the wall time until which it cannot change by itself. */
export interface LimitUntil {
  /** In A per phase; Infinity = no profile limits. */
  readonly limit_A: number;
  readonly until_ms: number;
}

const DAY_S = 86_400;
const FOREVER = Number.POSITIVE_INFINITY;

export class ProfileEngine {
  private profiles: Profile[] = [];
  private readonly factor: number;

  /** @param phases - phases behind a limit in W; @param volts - nominal phase voltage */
  constructor(phases: number, volts: number) {
    this.factor = phases * volts;
  }

  get installed(): readonly Profile[] {
    return this.profiles;
  }

  /** Same id replaces; so does same purpose, level and connector (1.6, 3.13.2). */
  install(profile: Profile): void {
    this.profiles = this.profiles.filter(
      (old) =>
        old.id !== profile.id &&
        !(
          old.purpose === profile.purpose &&
          old.stackLevel === profile.stackLevel &&
          old.connector === profile.connector &&
          old.transaction === profile.transaction
        ),
    );
    this.profiles.push(profile);
  }

  /** Removes what matches; the result is how many went. */
  remove(matches: (profile: Profile) => boolean): number {
    const before = this.profiles.length;
    this.profiles = this.profiles.filter((profile) => !matches(profile));
    return before - this.profiles.length;
  }

  /** The limit for the whole station: what bounds the sum of its connectors. */
  stationLimit(wall_ms: number): LimitUntil {
    return this.ofPurpose('station-max', { connector: 0 }, wall_ms);
  }

  /** The limit of one connector by its own profiles, without the station's. */
  connectorLimit(place: Place, wall_ms: number): LimitUntil {
    const tx = this.ofPurpose('tx', place, wall_ms);
    if (tx.limit_A !== FOREVER) return tx;
    const fallback = this.ofPurpose('tx-default', place, wall_ms);
    return { limit_A: fallback.limit_A, until_ms: Math.min(tx.until_ms, fallback.until_ms) };
  }

  private ofPurpose(purpose: Purpose, place: Place, wall_ms: number): LimitUntil {
    let best: { level: number; limit: LimitUntil } | undefined;
    let until_ms = FOREVER;
    for (const profile of this.profiles) {
      if (profile.purpose !== purpose || !applies(profile, place)) continue;
      const limit = this.limitOf(profile, place, wall_ms);
      until_ms = Math.min(until_ms, limit.until_ms);
      if (limit.limit_A === FOREVER) continue;
      // A profile for this connector goes before one for the whole station (1.6, 3.13.1).
      const level = profile.stackLevel * 2 + (profile.connector === 0 ? 0 : 1);
      if (best === undefined || level > best.level) best = { level, limit };
    }
    return { limit_A: best?.limit.limit_A ?? FOREVER, until_ms };
  }

  /** Infinity while the profile is not in force. */
  private limitOf(profile: Profile, place: Place, wall_ms: number): LimitUntil {
    const { validFrom_ms = -FOREVER, validTo_ms = FOREVER } = profile;
    if (wall_ms < validFrom_ms) return { limit_A: FOREVER, until_ms: validFrom_ms };
    if (wall_ms >= validTo_ms) return { limit_A: FOREVER, until_ms: FOREVER };
    const start_ms = startOf(profile, place, wall_ms);
    if (wall_ms < start_ms) return { limit_A: FOREVER, until_ms: Math.min(start_ms, validTo_ms) };
    const end_ms = start_ms + (profile.duration_s ?? FOREVER) * 1000;
    const again_ms = start_ms + recurrence_s(profile) * 1000;
    if (wall_ms >= end_ms) return { limit_A: FOREVER, until_ms: Math.min(again_ms, validTo_ms) };
    const elapsed_s = (wall_ms - start_ms) / 1000;
    let limit = FOREVER;
    let next_ms = Math.min(end_ms, again_ms, validTo_ms);
    for (const period of profile.periods) {
      if (period.start_s <= elapsed_s) limit = period.limit;
      else {
        next_ms = Math.min(next_ms, start_ms + period.start_s * 1000);
        break;
      }
    }
    return {
      limit_A: profile.unit === 'A' ? limit : limit / this.factor,
      until_ms: next_ms,
    };
  }
}

function applies(profile: Profile, place: Place): boolean {
  if (profile.purpose === 'tx') {
    return (
      profile.connector === place.connector &&
      place.transaction !== undefined &&
      (profile.transaction === undefined || profile.transaction === place.transaction)
    );
  }
  return profile.connector === 0 || profile.connector === place.connector;
}

function recurrence_s(profile: Profile): number {
  if (profile.kind === 'Daily') return DAY_S;
  return profile.kind === 'Weekly' ? 7 * DAY_S : FOREVER;
}

function startOf(profile: Profile, place: Place, wall_ms: number): number {
  if (profile.kind === 'Relative') return place.transactionStart_ms ?? profile.start_ms ?? 0;
  const start_ms = profile.start_ms ?? 0;
  const cycle_ms = recurrence_s(profile) * 1000;
  if (cycle_ms === FOREVER || wall_ms < start_ms) return start_ms;
  return start_ms + Math.floor((wall_ms - start_ms) / cycle_ms) * cycle_ms;
}
