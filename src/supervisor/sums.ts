/**
 * The supervisor's own addition: what the cycle record commands, against the limits of its own copy
 * of the site file. Loads add as scalars; support counts only as far as the record commands it.
 */
import type { CycleRecord, RecordEntry } from '../model';
import { isFed, type Site, type Station } from './siteView';

export interface SumFinding {
  readonly node: string;
  readonly text: string;
}

/** Slack for rounding between two additions of the same numbers, A. */
const ROUNDING_A = 0.5;
/** W to A in plans uses 0.9 Un (SAFETY.md "Terms"). */
const LOW_VOLTAGE = 0.9;

/** The first limit that the commanded values exceed, or undefined. Pure. */
export function addUp(
  site: Site,
  record: CycleRecord,
  below: StationsBelow = stationsBelow(site),
): SumFinding | undefined {
  const entries = new Map(record.entries.map((e) => [e.id, e]));
  for (const station of site.stations) {
    const entry = entries.get(station.id);
    if (entry === undefined) return { node: station.id, text: `no entry for ${station.id}` };
    const { commanded } = entry;
    if (!isFinite(commanded) || commanded < 0 || commanded > station.max_A + ROUNDING_A) {
      return { node: station.id, text: `${station.id} is told ${entry.commanded} A` };
    }
  }
  for (const node of site.nodes) {
    const limit_A = node.import_A + supportBound_A(site, node.id, entries);
    for (const phase of ['L1', 'L2', 'L3'] as const) {
      let sum = 0;
      for (const s of below.get(node.id) ?? []) {
        if (s.wiring.includes(phase)) sum += entries.get(s.id)?.commanded ?? s.max_A;
      }
      if (sum <= limit_A + ROUNDING_A) continue;
      const text = `${sum.toFixed(1)} A commanded on ${phase} of ${node.id}, limit ${limit_A.toFixed(1)} A`;
      return { node: node.id, text };
    }
  }
  return undefined;
}

/** Which lines may be energised. `why`: none of them, as this limit would be passed. */
export interface Admission {
  readonly leftOut: readonly string[];
  readonly why?: SumFinding;
}

/**
 * Until its floor is verified a station counts at what it may draw without one or its line stays
 * open: lines are admitted as they fit at nameplate (SAFETY.md "Cold start"), beside the
 * greatest base load, batteries at the worst they fall back to, and no source. Pure.
 */
export function admission(
  site: Site,
  record: CycleRecord,
  below: StationsBelow = stationsBelow(site),
): Admission {
  const entries = new Map(record.entries.map((e) => [e.id, e]));
  const draws = new Map(site.stations.map((s) => [s.id, uncontrolled_A(s, entries.get(s.id))]));
  const fits = (s: Station): boolean => (draws.get(s.id) ?? s.max_A) <= s.static_A + ROUNDING_A;
  const waits = site.stations.filter((s) => !fits(s));
  const unfit = (out: readonly string[]): SumFinding | undefined =>
    overloaded(site, below, (s) =>
      s.line !== undefined && out.includes(s.line) ? s.static_A : (draws.get(s.id) ?? s.max_A),
    );
  const all = waits.length === 0 ? undefined : unfit([]);
  if (all === undefined) return { leftOut: [] };
  const some = waits.slice(0, 3).map((s) => s.id);
  const more = waits.length > 3 ? ` and ${waits.length - 3} more` : '';
  const text = `${some.join(', ')}${more} not verified at the floor (connect, or measure pre_boot_A): ${all.text}`;
  const waiting = site.lines.map((l) => l.id).filter((id) => waits.some((s) => s.line === id));
  const none = site.stations.every((s) => s.line === undefined || waiting.includes(s.line));
  if (none || unfit(waiting) !== undefined) return { leftOut: waiting, why: { ...all, text } };
  // Each that still fits beside those before it.
  const leftOut = waiting.reduce<readonly string[]>((out, id) => {
    const less = out.filter((o) => o !== id);
    return unfit(less) === undefined ? less : out;
  }, waiting);
  return { leftOut };
}

/** What it may draw on an energised line, A. */
const uncontrolled_A = (s: Station, entry: RecordEntry | undefined): number =>
  entry === undefined ? s.max_A : Math.max(s.static_A, entry.commanded, entry.counted);

/** The first limit that these draws pass. */
function overloaded(
  site: Site,
  below: StationsBelow,
  drawn_A: (s: Station) => number,
): SumFinding | undefined {
  for (const node of site.nodes) {
    const base_A = site.nodes
      .filter((n) => isFed(site, n.id, node.id))
      .reduce((sum, n) => sum + n.baseLoadMax_A, 0);
    const bess_W = site.bess
      .filter((b) => isFed(site, b.node, node.id))
      .reduce((sum, b) => sum + Math.max(0, 0 - b.expiry_min_W) + b.auxiliary_W, 0);
    const others_A = base_A + bess_W / (3 * LOW_VOLTAGE * site.nominal_V);
    for (const phase of ['L1', 'L2', 'L3'] as const) {
      let sum = others_A;
      for (const s of below.get(node.id) ?? []) if (s.wiring.includes(phase)) sum += drawn_A(s);
      if (sum <= node.import_A + ROUNDING_A) continue;
      const text = `${sum.toFixed(0)} A on ${phase} of ${node.id}, limit ${node.import_A} A`;
      return { node: node.id, text };
    }
  }
  return undefined;
}

/** Stations whose current flows through each node. Computed once: a signed tree does not change. */
export type StationsBelow = ReadonlyMap<string, readonly Station[]>;

/** Pure. */
export const stationsBelow = (site: Site): StationsBelow =>
  new Map(
    site.nodes.map((n) => [n.id, site.stations.filter((s) => isFed(site, s.node, n.id))] as const),
  );

/**
 * Support below a node that the record commands, bounded by the ratings, less what it commands a
 * BESS to charge; spread over three phases, A.
 */
function supportBound_A(
  site: Site,
  node: string,
  entries: ReadonlyMap<string, RecordEntry>,
): number {
  const below = <T extends { readonly node: string }>(all: readonly T[]): readonly T[] =>
    all.filter((d) => isFed(site, d.node, node));
  const bess = below(site.bess).reduce((sum, b) => {
    const told = entries.get(b.id)?.commanded ?? 0;
    return sum + Math.min(told, b.discharge_W);
  }, 0);
  const pv = below(site.pv).reduce((sum, p) => sum + p.rated_W, 0);
  return (bess + pv) / (3 * site.nominal_V);
}
