/** The snapshot of one cycle for people and for the uplink. Pure. */
import type { ActiveAlarm } from '../alarm';
import type { ModeState } from '../mode';
import type { Links, SiteState } from '../model';
import { between, type Instant } from '../time';
import { mapPhases, sumPhases } from '../units';
import type { Decision } from './decision';
import type { GridWatch } from './gridWatch';
import type { PlanMessage, PlanView } from './planMessages';
import type { SupervisorStatus } from './ports';
import type { SiteFacts, StationFacts } from './siteFacts';
import type { SiteSnapshot, StationView, StorageView } from './snapshot';
import type { StationTracker } from './stationTracker';

export interface ViewSources {
  readonly facts: SiteFacts;
  readonly bootId: string;
  readonly state: SiteState;
  readonly grid: GridWatch;
  readonly mode: ModeState;
  readonly decision: Decision;
  readonly plan?: { readonly message: PlanMessage; readonly ends_at: Instant };
  readonly trackers: ReadonlyMap<string, StationTracker>;
  readonly alarms: readonly ActiveAlarm[];
  readonly links: Links;
  readonly supervisor: SupervisorStatus;
  readonly cycle_ms: number;
  readonly leasesAcknowledged: number;
  readonly wall_ms: number;
  readonly now: Instant;
}

/** Pure over its sources. */
export function snapshotOf(from: ViewSources): SiteSnapshot {
  const { facts, state, now } = from;
  const { grid: root } = facts;
  const use = from.decision.nodes.find((n) => n.id === root.id);
  const reading = state.grid.quality === 'good' ? state.grid : undefined;
  return {
    site: facts.site.id,
    bootId: from.bootId,
    cycle: state.cycle,
    wall_ms: from.wall_ms,
    mode: from.mode.mode,
    modeWhy: from.mode.why,
    modeSince_s: between(from.mode.since, now) / 1000,
    links: from.links,
    line: `${from.supervisor.line}: ${from.supervisor.text}`,
    gridHealth: from.grid.why,
    importLimit_W: Math.min(
      root.apparent_VA ?? root.import_A * 3 * facts.site.nominal_V,
      ...(state.limits ?? []).map((l) => l.import_W ?? Infinity),
    ),
    nominal_V: facts.site.nominal_V,
    importLimit_A: root.import_A,
    support_W: use?.support_W ?? 0,
    supportCap_W: use?.supportCap_W ?? 0,
    capCost_W: use?.capCost_W ?? 0,
    reaction_s: facts.reaction_ms / 1000,
    stations: facts.stations.map((s) => stationView(from, s)),
    storage: from.decision.storage.map((d) => storageView(from, d)),
    ...(from.plan === undefined ? {} : { plan: planView(from.plan, now) }),
    alarms: from.alarms,
    cycle_ms: from.cycle_ms,
    leasesAcknowledged: from.leasesAcknowledged,
    ...(reading === undefined
      ? {}
      : {
          grid: {
            power_W: sumPhases(reading.value.power),
            current_A: mapPhases(reading.value.current, Number),
            age_ms: between(reading.at, now),
          },
        }),
  };
}

function planView({ message, ends_at }: NonNullable<ViewSources['plan']>, now: Instant): PlanView {
  const left_s = between(now, ends_at) / 1000;
  const { priceCheck, findings, review, bias, offPlan } = message;
  const always = { priceCheck, findings, review, bias, offPlan };
  if (left_s <= 0) {
    return { ...always, mode: 'none', text: 'the last plan has expired: greedy peak shaving' };
  }
  const { mode, text, socMin, socMax, peakTarget_W, shadowPrice } = message;
  return {
    ...always,
    mode,
    text,
    left_s,
    ...(socMin === undefined ? {} : { socMin }),
    ...(socMax === undefined ? {} : { socMax }),
    ...(peakTarget_W === undefined ? {} : { peakTarget_W }),
    ...(shadowPrice === undefined ? {} : { shadowPrice }),
  };
}

function stationView(from: ViewSources, facts: StationFacts): StationView {
  const { station } = facts;
  const tracker = from.trackers.get(station.id);
  const decided = from.decision.stations.find((d) => d.id === station.id);
  const image = tracker?.latest();
  const ends = tracker?.endsAt(from.now);
  return {
    id: station.id,
    connected: image?.connected ?? false,
    status: image?.status ?? 'unknown',
    limit_A: decided?.lease.limit_A ?? station.static_A,
    static_A: station.static_A,
    max_A: station.max_A,
    phases: station.wiring.length,
    reasons: decided?.reasons ?? [],
    floorVerified: image?.floorVerified ?? false,
    ...(image?.power_W === undefined ? {} : { power_W: image.power_W }),
    ...(ends === undefined ? {} : { leaseLeft_s: between(from.now, ends) / 1000 }),
  };
}

function storageView(from: ViewSources, decided: Decision['storage'][number]): StorageView {
  const bess = from.state.bess.find((b) => b.id === decided.id);
  const pv = from.state.pv.find((p) => p.id === decided.id);
  const reading = bess?.reading ?? pv?.reading;
  const lease = bess?.lease ?? pv?.lease;
  const soc = bess?.reading.quality === 'good' ? bess.reading.value.stateOfCharge : undefined;
  return {
    id: decided.id,
    kind: decided.kind,
    reasons: decided.reasons,
    ...(reading?.quality === 'good' ? { power_W: reading.value.power } : {}),
    ...(soc === undefined ? {} : { soc }),
    ...(decided.wanted_W === undefined ? {} : { setpoint_W: decided.wanted_W }),
    ...(lease === undefined ? {} : { leaseLeft_s: between(from.now, lease.ends_at) / 1000 }),
  };
}
