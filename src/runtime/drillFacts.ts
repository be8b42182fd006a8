/** What a drill looks at, gathered from trackers and the last snapshot. */
import { byPerson } from '../mode';
import type { Instant } from '../time';
import { maxPhase } from '../units';
import type { DrillFacts, DrillKind } from './drill';
import type { SiteFacts } from './siteFacts';
import type { SiteSnapshot } from './snapshot';
import type { StationTracker } from './stationTracker';

/** Own meter values of a station may be this old in a drill, ms. */
const METER_AGE_MAX_ms = 7000;

export function drillFactsOf(
  from: {
    readonly facts: SiteFacts;
    readonly trackers: ReadonlyMap<string, StationTracker>;
  },
  c: {
    readonly kind: DrillKind;
    readonly subject: string;
    readonly snapshot: SiteSnapshot | undefined;
    readonly line: DrillFacts['line'];
    readonly uplink: DrillFacts['uplink'];
    readonly barred: boolean;
  },
  now: Instant,
): DrillFacts {
  const chosen = from.facts.stations.filter((s) =>
    c.kind === 'line'
      ? s.station.line === c.subject
      : c.kind !== 'silence' || s.station.id === c.subject,
  );
  let above_A: number | undefined = chosen.length === 0 ? undefined : 0;
  for (const { station } of chosen) {
    const measured = from.trackers.get(station.id)?.measured_A(now, METER_AGE_MAX_ms);
    const bound_A = c.kind === 'line' ? station.cut.value_A : station.static_A;
    const image = from.trackers.get(station.id)?.latest();
    // Nobody plugged in: such a station sends no meter values and draws nothing.
    if (measured === undefined && image?.connected === true && image.status === 'Available')
      continue;
    if (measured === undefined) above_A = undefined;
    else if (above_A !== undefined) above_A = Math.max(above_A, maxPhase(measured) - bound_A);
  }
  const [first] = chosen;
  const tracker = first === undefined ? undefined : from.trackers.get(first.station.id);
  const lease = tracker?.acknowledged(now);
  const floor_A = first?.station.static_A ?? 0;
  const written = tracker?.written();
  return {
    mode: c.snapshot?.mode ?? 'static',
    support_W: c.snapshot?.support_W ?? 0,
    alarms: c.snapshot?.alarms.map((a) => a.id) ?? [],
    raised: lease !== undefined && lease.limit_A > floor_A,
    ttl_ms: first?.ttl_ms ?? 0,
    line: c.line,
    uplink: c.uplink,
    barred: c.barred,
    anyRaised: c.snapshot?.stations.some((x) => x.limit_A > x.static_A) ?? true,
    ...(c.snapshot?.grid === undefined
      ? {}
      : { headroom_A: c.snapshot.importLimit_A - maxPhase(c.snapshot.grid.current_A) }),
    ...(byPerson(c.snapshot?.modeWhy ?? '') ? { byPerson: true as const } : {}),
    ...(written === undefined ? {} : { renewed_at: written.at }),
    ...(above_A === undefined ? {} : { aboveStatic_A: above_A }),
  };
}

/** Samples kept: a lease and the time after it. */
const SAMPLES_MAX = 120;
/** The reference is taken this long before the lease ends, and so long. */
const BEFORE_ms = 8000;

interface DropSample {
  readonly at: Instant;
  /** The station by its own report, and what the site meter shows without its report, W. */
  readonly reported_W: number;
  readonly seen_W: number;
}

/**
 * By how much a station's draw fell, by its own report and by the site meter: what grid and sources
 * deliver less what all other stations report does not depend on the drilled one's word.
 */
export class DropWatch {
  private samples: readonly DropSample[] = [];

  /** Takes the newest cycle; the drop since before the end of the lease, once it can be told. */
  take(
    s: SiteSnapshot | undefined,
    station: string,
    f: Pick<DrillFacts, 'renewed_at' | 'ttl_ms'>,
    now: Instant,
  ): DrillFacts['drop'] {
    const sample = s === undefined ? undefined : sampleOf(s, station, now);
    if (sample !== undefined) this.samples = [...this.samples, sample].slice(-SAMPLES_MAX);
    if (f.renewed_at === undefined) return undefined;
    const ends = f.renewed_at + f.ttl_ms;
    const before = this.samples.filter((x) => x.at <= ends - 1000 && x.at > ends - BEFORE_ms);
    const after = this.samples.filter((x) => x.at > now - 3000);
    if (before.length === 0 || after.length === 0 || now < ends) return undefined;
    const mean = (of: readonly DropSample[], pick: (x: DropSample) => number): number =>
      of.reduce((sum, x) => sum + pick(x), 0) / of.length;
    const fell = (pick: (x: DropSample) => number): number =>
      mean(before, pick) - mean(after, pick);
    return { reported_W: fell((x) => x.reported_W), seen_W: fell((x) => x.seen_W) };
  }
}

function sampleOf(s: SiteSnapshot, station: string, now: Instant): DropSample | undefined {
  if (s.grid === undefined) return undefined;
  let seen_W = s.grid.power_W;
  for (const x of s.storage) {
    if (x.power_W === undefined) return undefined;
    seen_W += x.power_W;
  }
  let reported_W: number | undefined;
  for (const x of s.stations) {
    if (x.id === station) reported_W = x.power_W;
    else if (x.power_W !== undefined) seen_W -= x.power_W;
    else if (x.status !== 'Available') return undefined;
  }
  return reported_W === undefined ? undefined : { at: now, reported_W, seen_W };
}
