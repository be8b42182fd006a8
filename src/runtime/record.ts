/** The proof of one cycle, as the supervisor gets it. Pure. */
import type { CycleRecord, Links, Mode, RecordEntry, SiteState } from '../model';
import type { Instant } from '../time';
import type { Decision } from './decision';
import type { RawReply } from './polledDevice';
import type { SiteFacts } from './siteFacts';
import type { StationTracker } from './stationTracker';

export interface RecordSources {
  readonly bootId: string;
  readonly facts: SiteFacts;
  readonly state: SiteState;
  readonly decision: Decision;
  readonly trackers: ReadonlyMap<string, StationTracker>;
  readonly mode: Mode;
  readonly links: Links;
  readonly gridReply?: RawReply;
  /** Reply that brought the grid meter's energy registers. */
  readonly energyReply?: RawReply;
  readonly oldestUnacknowledged_ms: number;
  readonly decided_at: Instant;
  readonly wall_ms: number;
  /** Lines to be left out. */
  readonly isolate: readonly string[];
}

/** Pure over its sources. */
export function cycleRecord(from: RecordSources): CycleRecord {
  const { state, gridReply, energyReply } = from;
  const entries = [...stationEntries(from), ...storageEntries(from)];
  return {
    bootId: from.bootId,
    cycle: state.cycle,
    latched_at: state.at,
    decided_at: from.decided_at,
    wall_ms: from.wall_ms,
    mode: from.mode,
    links: from.links,
    entries,
    oldestUnacknowledged_ms: from.oldestUnacknowledged_ms,
    decisionDone: from.decision.sound,
    ...(from.isolate.length === 0 ? {} : { isolate: from.isolate }),
    ...(gridReply === undefined ? {} : { gridFrame: rawFrame(from, gridReply) }),
    ...(energyReply === undefined ? {} : { energyFrame: rawFrame(from, energyReply) }),
  };
}

const rawFrame = (from: RecordSources, reply: RawReply): CycleRecord['gridFrame'] & object => ({
  device: from.facts.site.gridMeter.id,
  at: reply.at,
  frame: hex(reply.frame),
});

function stationEntries(from: RecordSources): readonly RecordEntry[] {
  return from.facts.stations.map(({ station, silent_A }): RecordEntry => {
    const decided = from.decision.stations.find((d) => d.id === station.id);
    const tracker = from.trackers.get(station.id);
    const commanded = decided?.lease.limit_A ?? station.static_A;
    const lease = tracker?.acknowledged(from.state.at);
    const inForce = tracker?.inForce_A(from.state.at) ?? silent_A;
    const image = tracker?.latest();
    const known = image?.connected === true && image.floorVerified;
    const acknowledged =
      known && (lease === undefined ? commanded <= station.static_A : lease.limit_A === commanded);
    const counted = known ? Math.max(inForce, commanded) : Math.max(inForce, silent_A);
    const ends_at = tracker?.endsAt(from.state.at);
    return {
      id: station.id,
      kind: 'station',
      commanded,
      proved: acknowledged ? 'acknowledged' : 'reserved',
      counted,
      ...(ends_at === undefined ? {} : { ends_at }),
    };
  });
}

function storageEntries(from: RecordSources): readonly RecordEntry[] {
  return from.decision.storage.map((d): RecordEntry => {
    const all = d.kind === 'bess' ? from.state.bess : from.state.pv;
    const state = all.find((x) => x.id === d.id);
    const lease = state?.lease;
    const commanded = d.wanted_W ?? 0;
    // Support is credited only from an acknowledged lease; a pending one is already counted as
    // lost.
    const proved = lease !== undefined && d.setpoint === undefined ? 'acknowledged' : 'reserved';
    return {
      id: d.id,
      kind: d.kind,
      commanded,
      proved,
      counted: Math.min(commanded, lease === undefined ? 0 : Number(lease.value)),
      ...(lease === undefined ? {} : { ends_at: lease.ends_at }),
    };
  });
}

const HEX = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += HEX[b] ?? '';
  return text;
}
