/** Facts computed once from site file and profiles, so that the cycle only looks them up. */
import {
  type CircuitNode,
  declaredReaction,
  type DeviceCatalogue,
  GRID,
  permissible_A,
  raisable,
  type Site,
  type Station,
  stationTtl_ms,
  supportAllowed,
  TRIP_NOTICED,
} from '../site';

export interface StationFacts {
  readonly station: Station;
  /** May be raised above its floor at all (honours duration, flash budget). */
  readonly raisable: boolean;
  readonly ttl_ms: number;
  /** Counted while it is not connected or its floor is not verified, A. */
  readonly silent_A: number;
  readonly minStart_A: number;
}

export interface SiteFacts {
  readonly site: Site;
  readonly grid: CircuitNode;
  readonly reaction_ms: number;
  readonly supports: boolean;
  /** By node: current that the curve carries for the declared reaction, see `CONTINGENCY_D`, A. */
  readonly contingency_A: ReadonlyMap<string, number>;
  readonly stations: readonly StationFacts[];
}

/**
 * Loss of all inverters keeps D at or below this: not the 0.5 of INV-9 (b), but what the supervisor
 * lets pass. Above it a declared disturbance would open the line until the breaker has cooled or a
 * person has come.
 */
const CONTINGENCY_D = TRIP_NOTICED;

/** Pure. */
export function siteFacts(site: Site, catalogue: DeviceCatalogue): SiteFacts {
  const [grid] = site.nodes;
  if (grid === undefined) throw new Error('a decoded site has a connection point');
  const reaction_ms = declaredReaction(site, GRID, catalogue).reaction_ms;
  return {
    site,
    grid,
    reaction_ms,
    supports: supportAllowed(site, catalogue),
    contingency_A: new Map(
      site.nodes.map((n) => [n.id, permissible_A(n.curve, reaction_ms / 1000, CONTINGENCY_D)]),
    ),
    stations: site.stations.map((station) => ({
      station,
      raisable: raisable(site, station),
      ttl_ms: stationTtl_ms(site, station),
      silent_A: Math.min(
        station.installer_cap_A ?? station.max_A,
        Math.max(station.static_A, station.pre_boot_A ?? station.max_A),
      ),
      minStart_A: Math.max(
        station.min_start_A,
        station.min_W / (site.nominal_V * station.wiring.length),
      ),
    })),
  };
}
