/** The few facts of the site file that the supervisor uses, and its own walk up the tree. */
import type { CycleRecord } from '../model';
import type { Site, Station } from '../site';

export type { Site, Station };

/** The longest lease any device of the site may hold, ms. */
export function longestLease_ms(site: Site): number {
  const { station_ttl_s, bess_discharge_ttl_s, bess_charge_ttl_s } = site.leases;
  return (
    1000 *
    Math.max(
      60,
      station_ttl_s,
      bess_charge_ttl_s,
      bess_discharge_ttl_s,
      ...site.stations.map((s) => 3 * s.lease.min_renew_s),
      ...site.bess.map((b) => b.lease_s ?? 0),
    )
  );
}

/** Why an entry is about nothing of this site, or about something twice; undefined if all are good. */
export function foreignEntry(site: Site, record: CycleRecord): string | undefined {
  const seen = new Set<string>();
  const kinds = { station: site.stations, bess: site.bess, pv: site.pv } as const;
  for (const { id, kind } of record.entries) {
    if (!kinds[kind].some((d) => d.id === id)) return `there is no ${kind} "${id}" on this site`;
    if (seen.has(id)) return `two entries for ${id}`;
    seen.add(id);
  }
  return undefined;
}

/** Whether current for `node` flows through `through`. Pure. */
export function isFed(site: Site, node: string, through: string): boolean {
  let at: string | undefined = node;
  for (let depth = 0; at !== undefined && depth <= site.nodes.length; depth += 1) {
    if (at === through) return true;
    const here: string = at;
    at = site.nodes.find((n) => n.id === here)?.parent;
  }
  return false;
}
