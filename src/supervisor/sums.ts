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
        if (s.wiring.includes(phase)) sum += raisedPart_A(s, entries.get(s.id));
      }
      if (sum <= limit_A + ROUNDING_A) continue;
      const text = `${sum.toFixed(1)} A commanded on ${phase} of ${node.id}, limit ${limit_A.toFixed(1)} A`;
      return { node: node.id, text };
    }
  }
  return undefined;
}

/**
 * Whether the line may be energised: until its floor is verified a station counts at what it may
 * draw without one (safety-concept "Cold start"), beside the greatest base load and without sources.
 * The first limit that this passes, or undefined. Pure.
 */
export function admission(
  site: Site,
  record: CycleRecord,
  below: StationsBelow = stationsBelow(site),
): SumFinding | undefined {
  const entries = new Map(record.entries.map((e) => [e.id, e]));
  const drawn_A = (s: Station): number => {
    const entry = entries.get(s.id);
    return entry === undefined ? s.max_A : Math.max(s.static_A, entry.commanded, entry.counted);
  };
  const waits = site.stations.filter((s) => drawn_A(s) > s.static_A + ROUNDING_A).map((s) => s.id);
  if (waits.length === 0) return undefined;
  for (const node of site.nodes) {
    const base_A = site.nodes
      .filter((n) => isFed(site, n.id, node.id))
      .reduce((sum, n) => sum + n.baseLoadMax_A, 0);
    for (const phase of ['L1', 'L2', 'L3'] as const) {
      let sum = base_A;
      for (const s of below.get(node.id) ?? []) if (s.wiring.includes(phase)) sum += drawn_A(s);
      if (sum <= node.import_A + ROUNDING_A) continue;
      const some =
        waits.slice(0, 3).join(', ') + (waits.length > 3 ? ` and ${waits.length - 3} more` : '');
      const sums = `${sum.toFixed(0)} A on ${phase} of ${node.id}, limit ${node.import_A} A`;
      const text = `${some} not verified at the floor (connect, or measure pre_boot_A): ${sums}`;
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

/** A station at its static limit is carried by the static plan; above it its command counts. */
function raisedPart_A(station: Station, entry: RecordEntry | undefined): number {
  const commanded = entry === undefined ? station.max_A : entry.commanded;
  return commanded > station.static_A ? commanded : Math.min(commanded, station.static_A);
}

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
