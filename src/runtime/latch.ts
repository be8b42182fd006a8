/** The latch of a cycle: everything known at one instant, frozen; and the judgement of the meter. */
import {
  absent,
  good,
  type LimitRequest,
  type NodeLimit,
  type SiteState,
  type StationImage,
} from '../model';
import type { Instant } from '../time';
import { evenly, type ThreePhase } from '../units';
import type { FieldDevices } from './fieldDevices';
import { type GridWatch, watchGrid } from './gridWatch';
import type { OverdrawFact } from './overdraw';
import type { SiteFacts } from './siteFacts';
import { IMAGE_STALE_ms, type StationTracker } from './stationTracker';

export interface LatchSources {
  readonly facts: SiteFacts;
  readonly devices: FieldDevices;
  readonly trackers: ReadonlyMap<string, StationTracker>;
}

/** A reading above this multiple of the connection's rating is no current but a wrong map. */
const NONSENSE = 12;

/** Is the grid meter to be believed at `now`? */
export function judgeGrid(from: LatchSources, now: Instant): GridWatch {
  const { site, grid } = from.facts;
  const meter = from.devices.meters.find((m) => m.file.id === site.gridMeter.id);
  const reading = from.devices.meterReading(site.gridMeter.id, now);
  const at = reading.quality === 'good' ? reading.at : now;
  const volts = site.nominal_V;
  let leastLoad_W = 0;
  for (const tracker of from.trackers.values()) {
    // What has just lost its connection may have lost its power with it.
    if (tracker.latest()?.connected !== true) continue;
    for (const a of tracker.surely_A(at)) leastLoad_W += a * volts;
  }
  const sources_W =
    site.bess.reduce((s, b) => s + b.discharge_W, 0) + site.pv.reduce((s, p) => s + p.rated_W, 0);
  return watchGrid(
    {
      reading,
      frozen: meter?.device.frozen() ?? false,
      nominal_V: volts,
      bound_A: NONSENSE * Math.max(grid.import_A, grid.curve.rating_A),
      leastLoad_W,
      sources_W,
    },
    now,
  );
}

/** The frozen state that the decision of this cycle looks at. */
export function latch(
  from: LatchSources,
  c: {
    readonly grid: GridWatch;
    readonly cycle: number;
    readonly requests: readonly LimitRequest[];
    readonly limits: readonly NodeLimit[];
    readonly emergencyStop: boolean;
  },
  now: Instant,
): SiteState {
  const { devices } = from;
  const stations = from.facts.stations.map(({ station }) => {
    const tracker = from.trackers.get(station.id);
    const image = tracker?.latest();
    const lease = tracker?.acknowledged(now);
    return {
      id: station.id,
      image: image === undefined ? absent<StationImage>('missing', 'never seen') : good(image, now),
      ...(lease === undefined ? {} : { lease }),
    };
  });
  return {
    cycle: c.cycle,
    at: now,
    grid: c.grid.reading,
    meters: new Map(devices.meters.map((m) => [m.file.id, devices.meterReading(m.file.id, now)])),
    bess: devices.bessStates(now),
    pv: devices.pvStates(now),
    stations,
    requests: c.requests,
    limits: c.limits,
    emergencyStop: c.emergencyStop,
  };
}

/** What each station was told and draws, for the overdraw rules. */
export function overdrawFacts(from: LatchSources, now: Instant): readonly OverdrawFact[] {
  return from.facts.stations.map(({ station }) => {
    const tracker = from.trackers.get(station.id);
    const measured = tracker?.measured_A(now, IMAGE_STALE_ms * 3);
    const told_A = tracker?.inForce_A(now) ?? station.static_A;
    return { id: station.id, told_A, ...(measured === undefined ? {} : { measured_A: measured }) };
  });
}

/**
 * What the stations' own meters say they draw together, by phase, A. One that says nothing counts
 * at what it may draw, and the sum is not `complete`; one that waits for a vehicle draws nothing.
 */
export function reportedLoad_A(
  from: LatchSources,
  now: Instant,
): { readonly sum_A: ThreePhase<number>; readonly complete: boolean } {
  const sum: [number, number, number] = [0, 0, 0];
  let complete = true;
  for (const { station, silent_A } of from.facts.stations) {
    const tracker = from.trackers.get(station.id);
    const image = tracker?.latest();
    const seen = image?.connected === true;
    const reported = seen ? tracker?.measured_A(now, IMAGE_STALE_ms * 4) : undefined;
    if (reported === undefined && seen && image.status === 'Available') continue;
    if (reported === undefined) complete = false;
    const may_A = Math.max(tracker?.inForce_A(now) ?? station.max_A, seen ? 0 : silent_A);
    const measured = reported ?? evenly(may_A);
    // A station reports its own L1, L2, L3; its wiring says which phases of the site these are.
    station.wiring.forEach((phase, own) => {
      const current = measured[own === 0 ? 0 : own === 1 ? 1 : 2];
      sum[phase === 'L1' ? 0 : phase === 'L2' ? 1 : 2] += current;
    });
  }
  return { sum_A: sum, complete };
}
