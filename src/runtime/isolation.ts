/**
 * Which lines are left out because a station on them does not obey: the smallest feeder that
 * contains it, never a line on which all stations hang. Pure reducer.
 */
import { circuitPath, type Site, type Station } from '../site';
import { between, type Instant, later } from '../time';
import type { OverdrawState } from './overdraw';

/** A station is told lower values first; only then its feeder is opened. */
const PATIENCE_ms = 30_000;
/** A feeder stays open at least so long. */
const HOLD_ms = 600_000;
/** So often within an hour; then it stays open until the next start of the gateway. */
const TIMES_MAX = 3;
const HOUR_ms = 3_600_000;
const FOREVER_ms = 100 * 365 * 24 * HOUR_ms;

type Line = Site['lines'][number];

interface Open {
  readonly station: string;
  readonly since: Instant;
  readonly until: Instant;
}

export interface IsolationState {
  readonly open: ReadonlyMap<string, Open>;
  /** By line: instants at which it was opened. */
  readonly times: ReadonlyMap<string, readonly Instant[]>;
}
export const NO_ISOLATION: IsolationState = { open: new Map(), times: new Map() };

/** Stations whose supply or cut input hangs on a line. Pure. */
export const stationsOn = (site: Site, line: Line): readonly Station[] =>
  site.stations.filter(
    (s) =>
      s.line === line.id ||
      (line.kind === 'isolate' && circuitPath(site, s.node).some((n) => n.id === line.node)),
  );

/** The line with the fewest stations that contains this one, if it spares others. Pure. */
export function smallestLine(site: Site, station: string): string | undefined {
  const [best] = site.lines
    .map((line) => ({ id: line.id, on: stationsOn(site, line) }))
    .filter(({ on }) => on.some((s) => s.id === station) && on.length < site.stations.length)
    .sort((a, b) => a.on.length - b.on.length);
  return best?.id;
}

/** Pure. */
export function nextIsolation(
  before: IsolationState,
  overdraw: OverdrawState,
  site: Site,
  now: Instant,
): IsolationState {
  const disobedient = [...overdraw].filter(
    ([, o]) =>
      o.isolated && o.above_since !== undefined && between(o.above_since, now) >= PATIENCE_ms,
  );
  const expired = [...before.open].some(([, o]) => now >= o.until);
  if (disobedient.length === 0 && !expired) return before;
  const open = new Map([...before.open].filter(([, o]) => now < o.until));
  const times = new Map(before.times);
  for (const [station] of disobedient) {
    const line = smallestLine(site, station);
    if (line === undefined || open.has(line)) continue;
    const recent = (times.get(line) ?? []).filter((t) => between(t, now) < HOUR_ms);
    const list = [...recent, now];
    times.set(line, list);
    const for_ms = list.length >= TIMES_MAX ? FOREVER_ms : HOLD_ms;
    open.set(line, { station, since: now, until: later(now, for_ms) });
  }
  return { open, times };
}
