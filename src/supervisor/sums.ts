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
export function addUp(site: Site, record: CycleRecord): SumFinding | undefined {
  const entries = new Map(record.entries.map((e) => [e.id, e]));
  for (const station of site.stations) {
    const entry = entries.get(station.id);
    if (entry === undefined) return { node: station.id, text: `no entry for ${station.id}` };
    if (!isFinite(entry.commanded) || entry.commanded > station.max_A + ROUNDING_A) {
      return { node: station.id, text: `${station.id} is told ${entry.commanded} A` };
    }
  }
  for (const node of site.nodes) {
    const limit_A = node.import_A + (node.parent === undefined ? supportBound_A(site, entries) : 0);
    for (const phase of ['L1', 'L2', 'L3'] as const) {
      const sum = site.stations
        .filter((s) => isFed(site, s.node, node.id) && s.wiring.includes(phase))
        .reduce((total, s) => total + raisedPart_A(s, entries.get(s.id)), 0);
      if (sum <= limit_A + ROUNDING_A) continue;
      const text = `${sum.toFixed(1)} A commanded on ${phase} of ${node.id}, limit ${limit_A.toFixed(1)} A`;
      return { node: node.id, text };
    }
  }
  return undefined;
}

/** A station at its static limit is carried by the static plan; above it its command counts. */
function raisedPart_A(station: Station, entry: RecordEntry | undefined): number {
  const commanded = entry === undefined ? station.max_A : entry.commanded;
  return commanded > station.static_A ? commanded : Math.min(commanded, station.static_A);
}

/** Support that the record commands, bounded by the ratings, spread over three phases, A. */
function supportBound_A(site: Site, entries: ReadonlyMap<string, RecordEntry>): number {
  const bess = site.bess.reduce((sum, b) => {
    const told = entries.get(b.id)?.commanded ?? 0;
    return sum + Math.min(Math.max(0, told), b.discharge_W);
  }, 0);
  const pv = site.pv.reduce((sum, p) => sum + p.rated_W, 0);
  return (bess + pv) / (3 * site.nominal_V);
}
