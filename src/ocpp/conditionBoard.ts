import { later, passed } from '../time';
import type { Instant } from '../time';

/** What is wrong at the stations' side now; each word is the id of an alarm of the site. */
export const STATION_CONDITION_CODES = [
  'station-credentials',
  'station-certificate',
  'station-certificate-expired',
  'station-identity-conflict',
  'station-flood',
  'station-floor-failed',
  'station-clock',
  'station-lease-rejected',
  'station-limit-not-applied',
  'station-backlog-full',
  'deny-list-unusable',
] as const;
export type StationConditionCode = (typeof STATION_CONDITION_CODES)[number];

/** One condition as `stations` tells it to `site`; the site makes an alarm of it. */
export interface StationCondition {
  readonly code: StationConditionCode;
  /** Station identity, or what else it is about (`gate`). */
  readonly station: string;
  readonly text: string;
}

/** Something that happened at the gate or in a session. */
export interface BoardEvent {
  readonly at: Instant;
  readonly code: string;
  readonly station: string;
  readonly text: string;
}

interface Raise {
  readonly condition: StationConditionCode;
  /** Events within `WINDOW_MS` before it is raised. */
  readonly after: number;
  /** It clears by itself after this quiet time; absent: only by an event that clears it. */
  readonly lasts_ms?: number;
}

/** Refusals are counted over this time. */
const WINDOW_MS = 600_000;
/** An event that has no natural end counts as over after this quiet time. */
const QUIET_MS = 600_000;
/** Conditions and counters held; a stranger with many identities must not fill memory. */
const MAX_ENTRIES = 256;
const MAX_TEXT = 200;

const raise = (condition: StationConditionCode, after = 1, lasts_ms?: number): Raise => ({
  condition,
  after,
  ...(lasts_ms !== undefined && { lasts_ms }),
});

const RAISES: ReadonlyMap<string, Raise> = new Map([
  ['credentials-missing', raise('station-credentials', 3, QUIET_MS)],
  ['credentials-wrong', raise('station-credentials', 3, QUIET_MS)],
  ['throttled', raise('station-credentials', 3, QUIET_MS)],
  ['station-unknown', raise('station-credentials', 3, QUIET_MS)],
  ['certificate-refused', raise('station-certificate', 1, QUIET_MS)],
  ['certificate-expired', raise('station-certificate-expired')],
  ['identity-conflict', raise('station-identity-conflict', 1, QUIET_MS)],
  ['flood', raise('station-flood', 1, QUIET_MS)],
  ['slow-reader', raise('station-flood', 3, QUIET_MS)],
  ['floor-failed', raise('station-floor-failed')],
  ['clock-skew', raise('station-clock')],
  ['lease-rejected', raise('station-lease-rejected')],
  ['limit-not-applied', raise('station-limit-not-applied')],
  ['backlog-full', raise('station-backlog-full', 1, 60_000)],
  ['deny-list-unusable', raise('deny-list-unusable')],
]);

const CLEARS: ReadonlyMap<string, readonly StationConditionCode[]> = new Map<
  string,
  readonly StationConditionCode[]
>([
  ['connected', ['station-credentials', 'station-certificate']],
  ['certificate-valid', ['station-certificate-expired']],
  ['floor-verified', ['station-floor-failed']],
  ['clock-good', ['station-clock']],
  ['lease-accepted', ['station-lease-rejected']],
  ['limit-applied', ['station-limit-not-applied']],
  ['deny-list-read', ['deny-list-unusable']],
  // What was found on a live socket is unknown without one; "offline" says that.
  [
    'disconnected',
    [
      'station-floor-failed',
      'station-clock',
      'station-lease-rejected',
      'station-limit-not-applied',
      'station-certificate-expired',
    ],
  ],
]);

interface Entry {
  readonly condition: StationCondition;
  readonly until?: Instant;
}

interface Count {
  readonly times: readonly Instant[];
}

/**
 * Turns events into conditions that are true now: raised by an event (or by several), cleared by
 * its opposite or by quiet. It decides nothing else; a condition never changes a limit.
 */
export class ConditionBoard {
  private readonly entries = new Map<string, Entry>();
  private readonly counts = new Map<string, Count>();

  take(event: BoardEvent): void {
    for (const cleared of CLEARS.get(event.code) ?? []) {
      this.entries.delete(keyOf(cleared, event.station));
      this.counts.delete(keyOf(cleared, event.station));
    }
    const rule = RAISES.get(event.code);
    if (rule === undefined) return;
    // Identities that nobody declared are one subject: there may be any number of them.
    const station = event.code === 'station-unknown' ? 'gate' : event.station || 'gate';
    const key = keyOf(rule.condition, station);
    if (!this.counted(key, rule.after, event.at)) return;
    if (!this.entries.has(key) && this.entries.size >= MAX_ENTRIES) return;
    this.entries.set(key, {
      condition: { code: rule.condition, station, text: event.text.slice(0, MAX_TEXT) },
      ...(rule.lasts_ms !== undefined && { until: later(event.at, rule.lasts_ms) }),
    });
  }

  private counted(key: string, after: number, at: Instant): boolean {
    if (after <= 1) return true;
    const old = this.counts.get(key)?.times ?? [];
    const times = [...old.filter((t) => !passed(later(t, WINDOW_MS), at)), at].slice(-after);
    if (this.counts.size >= MAX_ENTRIES && !this.counts.has(key)) this.counts.clear();
    this.counts.set(key, { times });
    return times.length >= after;
  }

  /** Everything that is wrong now, in the order in which it began. */
  conditions(now: Instant): readonly StationCondition[] {
    for (const [key, { until }] of this.entries) {
      if (until !== undefined && passed(until, now)) this.entries.delete(key);
    }
    return [...this.entries.values()].map(({ condition }) => condition);
  }
}

const keyOf = (condition: StationConditionCode, station: string): string =>
  `${condition} ${station}`;
