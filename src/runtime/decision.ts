/**
 * The decision step: mode -> allocation -> leases. Pure: values in, values out, `now` a parameter.
 * The only place where a lease is renewed and a value raised.
 */
import { allocate, type AllocationMemory, type NodeUse, type StorageAdvice } from '../allocation';
import { nextBessLease, nextStationLease } from '../lease';
import type { BessState, Mode, Reason, Setpoint, SiteState, StationLease } from '../model';
import { between, type Instant } from '../time';
import { amps, watts } from '../units';
import { allocationInput } from './allocationInput';
import type { SiteFacts, StationFacts } from './siteFacts';
import type { StationTracker } from './stationTracker';

export interface StationDecision {
  readonly id: string;
  readonly lease: StationLease;
  readonly reasons: readonly Reason[];
  readonly paused: boolean;
}

export interface StorageDecision {
  readonly id: string;
  readonly kind: 'bess' | 'pv';
  readonly setpoint?: Setpoint;
  /** Value in force after this decision, W; absent: none. */
  readonly wanted_W?: number;
  readonly reasons: readonly Reason[];
}

export interface Decision {
  readonly stations: readonly StationDecision[];
  readonly storage: readonly StorageDecision[];
  readonly nodes: readonly NodeUse[];
  readonly memory: AllocationMemory;
  /** As in the input, for the next one. */
  readonly raised_at?: Instant;
  /** False when a value came out that is not finite: nothing of it is used. */
  readonly sound: boolean;
}

export interface DecisionInput {
  readonly facts: SiteFacts;
  readonly state: SiteState;
  readonly mode: Mode;
  readonly modeWhy: string;
  /** When a station was last seen above its safe static limit, or may have been. */
  readonly raised_at?: Instant;
  readonly memory: AllocationMemory;
  readonly trackers: ReadonlyMap<string, StationTracker>;
  readonly overdrawn: ReadonlySet<string>;
  readonly stationsSilent: boolean;
  readonly advice?: StorageAdvice;
}

/** Own meter values of stations older than this say nothing about now. */
const METER_AGE_MAX_ms = 7000;
/** Smallest change of a BESS setpoint worth a write, as a share of its rating. */
const BESS_DEAD_BAND = 0.02;

/** Decides one cycle. In every mode but `normal` all values go to static. Pure over its inputs. */
export function decide(input: DecisionInput): Decision {
  const { state, facts, trackers } = input;
  const raised = facts.stations.some(
    ({ station: s }) => (trackers.get(s.id)?.inForce_A(state.at) ?? s.max_A) > s.static_A + 1e-6,
  );
  const raised_at = raised ? state.at : input.raised_at;
  const known = raised_at === undefined ? input : { ...input, raised_at };
  const decision = input.mode === 'normal' ? dynamic(known) : toStatic(known);
  return raised_at === undefined ? decision : { ...decision, raised_at };
}

function toStatic(input: DecisionInput): Decision {
  const { state, facts } = input;
  const reason = (id: string, limit_A?: number): readonly Reason[] => [
    {
      source: 'mode',
      at: id,
      text: `mode ${input.mode}: ${input.modeWhy}; safe static limit holds`,
      ...(limit_A === undefined ? {} : { limit_A }),
    },
  ];
  return {
    stations: facts.stations.map((s) => ({
      id: s.station.id,
      lease: stationLease(input, s, s.station.static_A),
      reasons: reason(s.station.id, s.station.static_A),
      paused: false,
    })),
    storage: [
      ...state.bess.map((b) =>
        held(input, b) ? keptAsItIs(b.id) : bessDecision(input, b.id, 0, reason(b.id)),
      ),
      ...state.pv.map((p) => pvDecision(input, p.id, undefined, reason(p.id))),
    ],
    nodes: [],
    memory: input.memory,
    sound: true,
  };
}

/** No setpoint at all: its lease is neither renewed nor taken back. */
const keptAsItIs = (id: string): StorageDecision => ({
  id,
  kind: 'bess',
  wanted_W: 0,
  reasons: [
    {
      source: 'lease-order',
      at: id,
      text: 'its discharge is not renewed and not taken back before the loads on it are down',
    },
  ],
});

/**
 * Whether a live discharge is left to itself for now: loads go down first (SAFETY.md
 * "Leases"). As long as a station may still be above static; then until vehicles have followed,
 * where that exports no more than may be. Its lease ends it in any case.
 */
function held(input: DecisionInput, b: BessState): boolean {
  return discharges(b, input.state.at) && loadsRest(input);
}

/** Whether loads may still rest on what sources were allowed to give: those come down first. */
function loadsRest(input: DecisionInput): boolean {
  const { state, facts } = input;
  const now = state.at;
  const { raised_at } = input;
  if (state.emergencyStop || input.mode === 'service') return false;
  if (raised_at === now) return true;
  const inTime = raised_at !== undefined && between(raised_at, now) < facts.reaction_ms;
  return inTime && sources_W(input) - drawn_W(input) <= facts.site.connection.export_W;
}

/**
 * A battery that can no longer be seen or does not follow is not credited any more; what it gives
 * ends with its lease, after the loads that rested on it, and not before them.
 */
const leftToItsLease = (b: BessState, now: Instant): boolean =>
  discharges(b, now) && (b.reading.quality !== 'good' || b.notResponding);

/** It holds a live lease to discharge. */
const discharges = ({ lease }: BessState, now: Instant): boolean =>
  lease !== undefined && lease.ends_at > now && lease.value > 0;

/** What batteries and sun feed in at most now, W. */
function sources_W({ state, facts }: DecisionInput): number {
  const sun = state.pv.map((p) => {
    const rated_W = facts.site.pv.find((x) => x.id === p.id)?.rated_W ?? 0;
    return p.reading.quality === 'good' ? Math.min(rated_W, p.reading.value.power) : rated_W;
  });
  const batteries = state.bess.map((b) => Math.max(0, b.lease?.value ?? 0));
  return [...sun, ...batteries].reduce((sum, w) => sum + w, 0);
}

/** What the stations still draw by their own meters, W; unknown: nothing. */
const drawn_W = ({ state, facts, trackers }: DecisionInput): number =>
  facts.stations.reduce((sum, { station: s }) => {
    const measured = trackers.get(s.id)?.measured_A(state.at, METER_AGE_MAX_ms) ?? [0, 0, 0];
    return sum + measured.reduce((a, b) => a + b, 0) * facts.site.nominal_V;
  }, 0);

function dynamic(input: DecisionInput): Decision {
  const { state, facts } = input;
  const result = allocate(allocationInput(input), input.memory, state.at);
  const sound =
    result.stations.every((s) => Number.isFinite(s.limit_A) && s.limit_A >= 0) &&
    result.bess.every((b) => Number.isFinite(b.power_W)) &&
    result.pv.every((p) => p.limit_W === undefined || Number.isFinite(p.limit_W));
  if (!sound) return { ...toStatic(input), sound: false };
  const stations = facts.stations.map((s): StationDecision => {
    const grant = result.stations.find((g) => g.id === s.station.id);
    const limit_A = Math.min(grant?.limit_A ?? s.station.static_A, s.station.max_A);
    return {
      id: s.station.id,
      lease: stationLease(input, s, limit_A, grant?.until),
      reasons: grant?.reasons ?? [],
      paused: grant?.paused ?? false,
    };
  });
  const storage = [
    ...result.bess.map((b) => {
      const seen = state.bess.find((x) => x.id === b.id);
      return seen !== undefined && leftToItsLease(seen, state.at)
        ? keptAsItIs(b.id)
        : bessDecision(input, b.id, b.power_W, b.reasons);
    }),
    ...result.pv.map((p) => pvDecision(input, p.id, p.limit_W, p.reasons)),
  ];
  return { stations, storage, nodes: result.nodes, memory: result.memory, sound: true };
}

function stationLease(
  input: DecisionInput,
  facts: StationFacts,
  limit_A: number,
  until?: Instant,
): StationLease {
  const { station } = facts;
  const tracker = input.trackers.get(station.id);
  const acknowledged = tracker?.acknowledged(input.state.at);
  const sent = tracker?.written();
  const rules = {
    station: station.id,
    floor_A: station.static_A,
    ttl_ms: facts.ttl_ms,
    minRenew_ms: station.lease.min_renew_s * 1000,
  };
  const view = {
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(sent === undefined ? {} : { sent }),
  };
  const lease = nextStationLease(rules, view, limit_A, input.state.at, until);
  return { ...lease, limit_A: amps(lease.limit_A) };
}

function bessDecision(
  input: DecisionInput,
  id: string,
  wanted_W: number,
  reasons: readonly Reason[],
): StorageDecision {
  const { site } = input.facts;
  const file = site.bess.find((b) => b.id === id);
  const state = input.state.bess.find((b) => b.id === id);
  if (file === undefined || state === undefined) return { id, kind: 'bess', reasons };
  const action = nextBessLease(
    {
      wanted_W,
      dischargeTtl_ms: 1000 * (file.lease_s ?? site.leases.bess_discharge_ttl_s),
      chargeTtl_ms: 1000 * site.leases.bess_charge_ttl_s,
      deadBand_W: BESS_DEAD_BAND * Math.max(file.charge_W, file.discharge_W),
    },
    state.lease,
    input.state.at,
  );
  // What was sent and never proved may be in force all the same: it is taken back as well.
  const sent = state.lease === undefined && (state.commanded_W ?? 0) !== 0;
  const ttl_ms = 1000 * site.leases.bess_charge_ttl_s;
  const back = { action: 'clear', value_W: 0, ttl_ms } as const;
  const todo = action.action === 'keep' && wanted_W === 0 && sent ? back : action;
  if (todo.action === 'keep') return { id, kind: 'bess', wanted_W, reasons };
  const setpoint: Setpoint = {
    device: id,
    quantity: 'bess-power',
    value: watts(todo.value_W),
    ttl_ms: todo.ttl_ms,
    action: todo.action,
    reasons,
  };
  return { id, kind: 'bess', setpoint, wanted_W, reasons };
}

/**
 * PV curtailment is written like a BESS setpoint and ends by itself at its expiry value. The static
 * plan counts the sun at that value: where it is less than the rating, a device without a lease
 * would give more. So one is held all the time, a short one: in normal at what may be, out of it at
 * the expiry value, as soon as no load may rest on more. It is never taken back, which would raise
 * the sun to its rating.
 */
function pvDecision(
  input: DecisionInput,
  id: string,
  limit_W: number | undefined,
  reasons: readonly Reason[],
): StorageDecision {
  const { site } = input.facts;
  const file = site.pv.find((p) => p.id === id);
  const state = input.state.pv.find((p) => p.id === id);
  if (file === undefined || state === undefined) return { id, kind: 'pv', reasons };
  const falls = file.expiry_W < file.rated_W;
  const { bess_charge_ttl_s, bess_discharge_ttl_s } = site.leases;
  const ttl_ms = 1000 * (falls ? bess_charge_ttl_s : bess_discharge_ttl_s);
  const live = state.lease !== undefined && state.lease.ends_at > input.state.at;
  const base = { device: id, quantity: 'pv-limit' as const, ttl_ms, reasons };
  if (falls && limit_W === undefined) {
    if (input.mode === 'normal') return pvDecision(input, id, file.rated_W, reasons);
    // A live lease is left to end: its value counts as commanded until then.
    const { lease } = state;
    if (live && lease !== undefined && loadsRest(input))
      return { id, kind: 'pv', wanted_W: lease.value, reasons };
    return pvDecision(input, id, file.expiry_W, reasons);
  }
  if (limit_W === undefined) {
    if (!live) return { id, kind: 'pv', reasons };
    const setpoint: Setpoint = { ...base, value: watts(file.rated_W), action: 'clear' };
    return { id, kind: 'pv', setpoint, reasons };
  }
  const wish = {
    // 0 means "no lease" to the lease rules; a bound of 0 W is held as 1 W.
    wanted_W: Math.max(1, limit_W),
    dischargeTtl_ms: ttl_ms,
    chargeTtl_ms: ttl_ms,
    deadBand_W: BESS_DEAD_BAND * file.rated_W,
  };
  const { lease } = state;
  const held =
    lease === undefined ? undefined : { ...lease, value: watts(Math.max(1, lease.value)) };
  const action = nextBessLease(wish, held, input.state.at);
  if (action.action === 'keep') return { id, kind: 'pv', wanted_W: limit_W, reasons };
  const setpoint: Setpoint = { ...base, value: watts(limit_W), action: 'grant' };
  return { id, kind: 'pv', setpoint, wanted_W: limit_W, reasons };
}
