/** What a drill looks at, gathered from trackers and the last snapshot. */
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
  },
  now: Instant,
): DrillFacts {
  const chosen = from.facts.stations.filter((s) =>
    c.kind === 'line' ? s.station.line !== undefined : s.station.id === c.subject,
  );
  let above_A: number | undefined = chosen.length === 0 ? undefined : 0;
  for (const { station } of chosen) {
    const measured = from.trackers.get(station.id)?.measured_A(now, METER_AGE_MAX_ms);
    const bound_A = c.kind === 'line' ? station.cut.value_A : station.static_A;
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
    ...(written === undefined ? {} : { renewed_at: written.at }),
    ...(above_A === undefined ? {} : { aboveStatic_A: above_A }),
  };
}
