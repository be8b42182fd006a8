/** Translates one frozen SiteState into what the allocation looks at. No decision is made here. */
import type {
  AllocationBess,
  AllocationInput,
  AllocationNode,
  AllocationPv,
  AllocationStation,
  NodeMeasurement,
  StorageAdvice,
} from '../allocation';
import type { BessState, Measurement, MeterReading, PvState, SiteState } from '../model';
import type { Instant } from '../time';
import { mapPhases, type ThreePhase } from '../units';
import { type CircuitNode, GRID, type Site } from '../site';
import { composeLimit } from './limitSources';
import type { SiteFacts, StationFacts } from './siteFacts';
import type { StationTracker } from './stationTracker';

/** Own meter values of a station older than this say nothing about now. */
const METER_VALUE_AGE_MAX_ms = 12_000;
/** Station and vehicle need so long to follow a lower limit (SAFETY.md "Simulation realism"). */
const SETTLES_ms = { ac: 7000, dc: 4000 } as const;
/** INV-7: at most 10 % of the node's limit per 10 s. */
const RISE_PER_SECOND = 0.01;
/** W to A without a measured voltage (SAFETY.md "Terms"). */
const LOW_VOLTAGE = 0.9;

export interface InputSources {
  readonly facts: SiteFacts;
  readonly state: SiteState;
  readonly trackers: ReadonlyMap<string, StationTracker>;
  /** Stations that draw more than told: reserved at their maximum. */
  readonly overdrawn: ReadonlySet<string>;
  readonly stationsSilent: boolean;
  /** Of the slow loop; the allocation looks at its expiry. */
  readonly advice?: StorageAdvice;
}

/** Pure over its sources. */
export function allocationInput(from: InputSources): AllocationInput {
  const { facts, state } = from;
  return {
    nodes: facts.site.nodes.map((n) => node(from, n.id)),
    stations: facts.stations.map((s) => station(from, s)),
    bess: state.bess.map((b) => bess(facts, b)),
    pv: state.pv.map((p) => pv(facts, p)),
    nominal_V: facts.site.nominal_V,
    reaction_ms: facts.reaction_ms,
    risePerSecond: RISE_PER_SECOND,
    ...(from.advice === undefined ? {} : { advice: from.advice }),
  };
}

function node(from: InputSources, id: string): AllocationNode {
  const { facts, state } = from;
  const { site } = facts;
  const circuit = site.nodes.find((n) => n.id === id) ?? facts.grid;
  const composed = composeLimit(site, circuit, state.requests, state.at, state.limits);
  const meter = site.meters.find((m) => m.node === id);
  const reading: Measurement<MeterReading> | undefined =
    id === facts.grid.id
      ? state.grid
      : meter === undefined
        ? undefined
        : state.meters.get(meter.id);
  const measured = reading?.quality === 'good' ? measurement(reading.value, reading.at) : undefined;
  const voltage_V: ThreePhase<number> =
    state.grid.quality === 'good'
      ? mapPhases(state.grid.value.voltage, Number)
      : mapPhases([0, 0, 0], () => site.nominal_V * LOW_VOLTAGE);
  const c = site.connection;
  const root = id === facts.grid.id;
  return {
    id,
    import_A: composed.import_A,
    limitReason: composed.reason,
    margin: c.control_margin,
    voltage_V,
    baseWorst_A: circuit.baseLoadMax_A,
    contingency_A: facts.contingency_A.get(id) ?? circuit.import_A,
    ...(circuit.parent === undefined ? {} : { parent: circuit.parent }),
    ...loadsMax(site, circuit),
    ...(composed.import_W === undefined ? {} : { import_W: composed.import_W }),
    ...(composed.export_W === undefined ? {} : { export_W: composed.export_W }),
    ...(circuit.apparent_VA === undefined ? {} : { import_VA: circuit.apparent_VA }),
    ...(circuit.neutral_A === undefined ? {} : { neutral_A: circuit.neutral_A }),
    ...(root && c.unbalance_A !== undefined ? { unbalance_A: c.unbalance_A } : {}),
    ...(measured === undefined ? {} : { measured }),
  };
}

/**
 * `ride_through: reserve` keeps the declared envelope free: loads fit without any inverter, and
 * the largest step of the base load fits on top (INV-1 (b): 0 samples). A busbar bounds its flow.
 */
function loadsMax(site: Site, node: CircuitNode): { loadsMax_A?: number } {
  const { connection: c } = site;
  const step_A = node.id === GRID ? c.base_load_step_A : 0;
  const free_A = c.ride_through === 'reserve' ? node.import_A - step_A : Infinity;
  const bound_A = Math.min(free_A, node.busbar_A ?? Infinity);
  return Number.isFinite(bound_A) ? { loadsMax_A: Math.max(0, bound_A) } : {};
}

function measurement(m: MeterReading, at: Instant): NodeMeasurement {
  const reactive = mapPhases(m.power, (p, i) => {
    const apparent = m.voltage[i] * m.current[i];
    return Math.sqrt(Math.max(0, apparent * apparent - p * p));
  });
  return { net_W: mapPhases(m.power, Number), reactive_var: reactive, at };
}

function station(from: InputSources, facts: StationFacts): AllocationStation {
  const { state, trackers } = from;
  const { station: s } = facts;
  const tracker = trackers.get(s.id);
  const image = from.stationsSilent ? undefined : tracker?.latest();
  const controllable =
    image !== undefined && image.connected && image.floorVerified && facts.raisable;
  const inForce_A = tracker?.mayDraw_A(state.at, SETTLES_ms[s.kind]) ?? s.static_A;
  const gridAt = state.grid.quality === 'good' ? state.grid.at : state.at;
  const overdrawn = from.overdrawn.has(s.id);
  const known = image !== undefined && image.connected && image.floorVerified;
  const reserved_A = overdrawn
    ? s.max_A
    : known
      ? Math.max(inForce_A, s.static_A)
      : Math.max(inForce_A, facts.silent_A);
  const measured = tracker?.measured_A(state.at, METER_VALUE_AGE_MAX_ms);
  return {
    id: s.id,
    node: s.node,
    wiring: s.wiring,
    kind: s.kind,
    floor_A: s.static_A,
    max_A: s.max_A,
    minStart_A: facts.minStart_A,
    weight: s.weight,
    priority: s.priority,
    state: !controllable || overdrawn ? 'reserved' : image.wantsEnergy ? 'claims' : 'idle',
    reserved_A,
    commanded_A: inForce_A,
    surely_A: tracker?.surely_A(gridAt) ?? [0, 0, 0],
    ...(measured === undefined ? {} : { measured_A: measured }),
    ...(image?.requested_A === undefined ? {} : { requested_A: image.requested_A }),
    ...(image?.departs_at === undefined ? {} : { departs_at: image.departs_at }),
    ...(image?.energyNeed_Wh === undefined ? {} : { energyNeed_Wh: image.energyNeed_Wh }),
  };
}

function bess(facts: SiteFacts, b: BessState): AllocationBess {
  const file = facts.site.bess.find((x) => x.id === b.id);
  if (file === undefined) throw new Error(`${b.id} is in the state but not in the site`);
  const reading =
    b.reading.quality === 'good'
      ? {
          power_W: b.reading.value.power,
          soc: b.reading.value.stateOfCharge,
          chargeMax_W: b.reading.value.chargeMax,
          dischargeMax_W: b.reading.value.dischargeMax,
        }
      : undefined;
  const on = b.reading.quality === 'good' && ['on', 'standby'].includes(b.reading.value.state);
  return {
    id: b.id,
    node: file.node,
    discharge_W: file.discharge_W,
    charge_W: file.charge_W,
    capacity_Wh: file.capacity_Wh,
    socMin: file.soc_min,
    socMax: file.soc_max,
    socReserve: file.soc_reserve,
    commanded_W: b.commanded_W ?? 0,
    expiryMin_W: file.expiry_min_W,
    expiryMax_W: file.expiry_max_W,
    usable: on && !b.notResponding,
    supports: facts.supports,
    // Headroom that is kept free must not wait for a relay.
    stopInput: file.stop_input && facts.site.connection.ride_through !== 'reserve',
    ...(reading === undefined ? {} : { reading }),
    ...(b.lease === undefined
      ? {}
      : { lease: { value_W: b.lease.value, ends_at: b.lease.ends_at } }),
  };
}

function pv(facts: SiteFacts, p: PvState): AllocationPv {
  const file = facts.site.pv.find((x) => x.id === p.id);
  if (file === undefined) throw new Error(`${p.id} is in the state but not in the site`);
  // Its short lease ends before those of the stations: they may rest on what it falls to only.
  const falls = file.expiry_W < file.rated_W;
  const rests_W = falls ? Math.min(p.commanded_W ?? Infinity, file.expiry_W) : p.commanded_W;
  return {
    id: p.id,
    node: file.node,
    rated_W: file.rated_W,
    expiry_W: file.expiry_W,
    usable: p.reading.quality === 'good' && !p.notResponding,
    ...(p.reading.quality === 'good' ? { measured_W: Number(p.reading.value.power) } : {}),
    ...(rests_W === undefined ? {} : { commanded_W: rests_W }),
  };
}
