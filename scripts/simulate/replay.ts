/** Minutes of a site: vehicles come, are allocated by the real code, charge and leave. */
import {
  allocate,
  type AllocationInput,
  type AllocationMemory,
  type AllocationResult,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { declaredReaction, GRID, permissible_A, type Site, type Station } from '../../src/site';
import { type Instant, instant, later } from '../../src/time';
import { mapPhases, PHASES, type ThreePhase } from '../../src/units';
import type { SimSession } from './sessions';

/** Cycles a minute: values are lowered, acknowledged, measured and raised within it. */
const CYCLES = 6;
const LEASE_ms = 60_000;
const START_SOC = 0.6;
const EFFICIENCY = 0.95;
const PATIENCE_min = 20;
const CONTINGENCY_D = 0.5;

export interface Served {
  readonly wanted_kWh: number;
  readonly served_kWh: number;
  readonly starts: number;
}

export interface MinutePoint {
  readonly minute: number;
  readonly grid_kW: number;
  readonly stations_kW: number;
  readonly battery_kW: number;
  readonly sun_kW: number;
  readonly worstPhase_A: number;
}

export interface ReplayResult {
  readonly points: readonly MinutePoint[];
  readonly sessions: readonly Served[];
  readonly summary: {
    readonly sessions: number;
    readonly turned_away: number;
    readonly wanted_kWh: number;
    readonly served_kWh: number;
    readonly served_percent: number;
    readonly full_percent: number;
    readonly peak_kW: number;
    readonly peak_A: number;
    readonly minutes_over_limit: number;
    readonly fairness: number;
    readonly starts_per_session: number;
    readonly battery_cycles: number;
    readonly sun_kWh: number;
    readonly curtailed_kWh: number;
    readonly export_peak_kW: number;
  };
}

interface Plugged {
  readonly session: SimSession;
  readonly index: number;
  left_kWh: number;
  starts: number;
  charges: boolean;
}

interface World {
  readonly site: Site;
  readonly base_A: number;
  /** Share of its rating that PV could give this minute. */
  sunShare: number;
  /** By PV: limit in force, W; absent: none. */
  readonly sunLimit_W: Map<string, number>;
  curtailed_kWh: number;
  readonly plugged: Map<string, Plugged>;
  readonly told_A: Map<string, number>;
  readonly battery_W: Map<string, number>;
  readonly soc: Map<string, number>;
  memory: AllocationMemory;
  moved_kWh: number;
}

/** What is around the stations. */
export interface Surroundings {
  /** Share of the declared greatest base load that is there. */
  readonly base: number;
  /** Share of its rating that PV gives at noon of these clear days, 0..1. */
  readonly sun: number;
}

/** Clear sky between six and eighteen o'clock. */
const daylight = (minute: number): number =>
  Math.max(0, Math.sin((Math.PI * ((minute % 1440) - 360)) / 720));

/** Replays the sessions. Deterministic; `progress` gets a line a day. */
export function replaySite(
  site: Site,
  sessions: readonly SimSession[],
  around: Surroundings,
  progress: (text: string) => void,
): ReplayResult {
  const world: World = {
    site,
    base_A: around.base * site.connection.base_load_max_A,
    sunShare: 0,
    sunLimit_W: new Map(),
    curtailed_kWh: 0,
    plugged: new Map(),
    told_A: new Map(site.stations.map((s) => [s.id, s.static_A])),
    battery_W: new Map(site.bess.map((b) => [b.id, 0])),
    soc: new Map(site.bess.map((b) => [b.id, START_SOC])),
    memory: NO_ALLOCATION_MEMORY,
    moved_kWh: 0,
  };
  const served: Served[] = sessions.map((s) => ({
    wanted_kWh: s.energy_kWh,
    served_kWh: 0,
    starts: 0,
  }));
  const points: MinutePoint[] = [];
  const last = Math.max(...sessions.map((s) => s.departure_min)) + PATIENCE_min;
  let next = 0;
  let queue: number[] = [];
  let away = 0;
  for (let minute = sessions[0]?.arrival_min ?? 0; minute <= last; minute += 1) {
    for (; (sessions[next]?.arrival_min ?? Infinity) <= minute; next += 1) queue.push(next);
    leave(world, minute, served);
    queue = arrive(world, sessions, queue);
    const stay = queue.filter((i) => minute - (sessions[i]?.arrival_min ?? 0) < PATIENCE_min);
    away += queue.length - stay.length;
    queue = stay;
    world.sunShare = around.sun * daylight(minute);
    if (world.plugged.size > 0 || site.bess.length + site.pv.length > 0)
      points.push(oneMinute(world, minute));
    if (minute % 1440 === 0) progress(`simulate: day ${minute / 1440}`);
  }
  leave(world, Infinity, served);
  return { points, sessions: served, summary: summaryOf(world, served, points, away) };
}

function leave(world: World, minute: number, served: Served[]): void {
  for (const [id, p] of world.plugged) {
    if (minute < p.session.departure_min && p.left_kWh > 1e-6) continue;
    const wanted_kWh = p.session.energy_kWh;
    served[p.index] = { wanted_kWh, served_kWh: wanted_kWh - p.left_kWh, starts: p.starts };
    world.plugged.delete(id);
  }
}

/** Each takes the station of its name, or the first free one; who finds none waits. */
function arrive(world: World, sessions: readonly SimSession[], queue: readonly number[]): number[] {
  const waiting: number[] = [];
  for (const index of queue) {
    const session = sessions[index];
    if (session === undefined) continue;
    const free = world.site.stations.filter((s) => !world.plugged.has(s.id));
    const station = free.find((s) => s.id === session.station) ?? free[0];
    if (station === undefined) waiting.push(index);
    else {
      const left_kWh = session.energy_kWh;
      world.plugged.set(station.id, { session, index, left_kWh, starts: 0, charges: false });
    }
  }
  return waiting;
}

/** What a station draws, A on each of its phases. */
function drawn_A(world: World, s: Station): number {
  const p = world.plugged.get(s.id);
  if (p === undefined) return 0;
  const told = world.told_A.get(s.id) ?? 0;
  const most = (p.session.power_kW * 1000) / (world.site.nominal_V * s.wiring.length);
  return told < Math.min(s.min_start_A, 6) ? 0 : Math.min(told, s.max_A, most);
}

function loads_A(world: World): ThreePhase<number> {
  return mapPhases([0, 1, 2] as const, (_, p) =>
    world.site.stations.reduce(
      (sum, s) => sum + (s.wiring.includes(PHASES[p]) ? drawn_A(world, s) : 0),
      world.base_A,
    ),
  );
}

function oneMinute(world: World, minute: number): MinutePoint {
  for (let k = 0; k < CYCLES; k += 1) {
    const now = later(instant(minute * 60_000), k * 1000);
    const result = allocate(inputOf(world, now), world.memory, now);
    world.memory = result.memory;
    obey(world, result);
  }
  const volts = world.site.nominal_V;
  const loads = loads_A(world);
  const battery_W = [...world.battery_W.values()].reduce((a, b) => a + b, 0);
  const base_W = 3 * world.base_A * volts;
  const load_W = (loads[0] + loads[1] + loads[2]) * volts;
  const sun_W = sunOf_W(world);
  charge(world);
  return {
    minute,
    grid_kW: (load_W - battery_W - sun_W) / 1000,
    stations_kW: (load_W - base_W) / 1000,
    battery_kW: battery_W / 1000,
    sun_kW: sun_W / 1000,
    worstPhase_A: Math.max(...loads) - (battery_W + sun_W) / 3 / volts,
  };
}

/** What the inverters give now, W. */
const sunOf_W = (world: World): number =>
  world.site.pv.reduce((sum, p) => sum + inverter_W(world, p), 0);

const inverter_W = (world: World, p: Site['pv'][number]): number =>
  Math.min(world.sunShare * p.rated_W, world.sunLimit_W.get(p.id) ?? Infinity);

function obey(world: World, result: AllocationResult<AllocationMemory>): void {
  for (const g of result.stations) world.told_A.set(g.id, g.limit_A);
  for (const b of result.bess) world.battery_W.set(b.id, b.power_W);
  for (const p of result.pv) {
    if (p.limit_W === undefined) world.sunLimit_W.delete(p.id);
    else world.sunLimit_W.set(p.id, p.limit_W);
  }
}

function charge(world: World): void {
  for (const s of world.site.stations) {
    const p = world.plugged.get(s.id);
    if (p === undefined) continue;
    const a = drawn_A(world, s);
    const kWh = (a * world.site.nominal_V * s.wiring.length) / 60_000;
    p.left_kWh -= Math.min(p.left_kWh, kWh);
    if (a > 0 && !p.charges) p.starts += 1;
    p.charges = a > 0;
  }
  for (const b of world.site.bess) {
    const power_W = world.battery_W.get(b.id) ?? 0;
    const stored_Wh = (power_W > 0 ? -power_W / EFFICIENCY : -power_W * EFFICIENCY) / 60;
    const soc = (world.soc.get(b.id) ?? 0) + stored_Wh / b.capacity_Wh;
    world.soc.set(b.id, Math.min(1, Math.max(0, soc)));
    world.moved_kWh += Math.abs(stored_Wh) / 1000;
  }
  for (const p of world.site.pv) {
    world.curtailed_kWh += (world.sunShare * p.rated_W - inverter_W(world, p)) / 60_000;
  }
}

function inputOf(world: World, now: Instant): AllocationInput {
  const { site } = world;
  const volts = site.nominal_V;
  const reaction_ms = declaredReaction(site, GRID, () => undefined).reaction_ms;
  const battery_W = [...world.battery_W.values()].reduce((a, b) => a + b, 0);
  const net_W = mapPhases(loads_A(world), (a) => a * volts - (battery_W + sunOf_W(world)) / 3);
  return {
    nodes: site.nodes.map((n) => ({
      id: n.id,
      ...(n.parent === undefined ? {} : { parent: n.parent }),
      import_A: [n.import_A, n.import_A, n.import_A],
      limitReason: { source: 'circuit', text: `limit ${n.import_A} A`, at: n.id },
      ...(n.apparent_VA === undefined ? {} : { import_VA: n.apparent_VA }),
      ...(n.export_W === undefined ? {} : { export_W: n.export_W }),
      ...(n.neutral_A === undefined ? {} : { neutral_A: n.neutral_A }),
      margin: site.connection.control_margin,
      voltage_V: [volts, volts, volts],
      baseWorst_A: n.id === GRID ? 0 : n.baseLoadMax_A,
      contingency_A: permissible_A(n.curve, reaction_ms / 1000, CONTINGENCY_D),
      ...(n.id === GRID ? { measured: { net_W, reactive_var: [0, 0, 0], at: now } } : {}),
    })),
    stations: site.stations.map((s) => stationInput(world, s)),
    bess: site.bess.map((b) => batteryInput(world, b, now)),
    pv: site.pv.map((p) => sunInput(world, p)),
    nominal_V: volts,
    reaction_ms,
    risePerSecond: 1,
  };
}

function sunInput(world: World, p: Site['pv'][number]): AllocationInput['pv'][number] {
  const limit_W = world.sunLimit_W.get(p.id);
  return {
    id: p.id,
    node: p.node,
    rated_W: p.rated_W,
    expiry_W: p.expiry_W,
    usable: true,
    measured_W: inverter_W(world, p),
    ...(limit_W === undefined ? {} : { commanded_W: limit_W }),
  };
}

function stationInput(world: World, s: Station): AllocationInput['stations'][number] {
  const p = world.plugged.get(s.id);
  const a = drawn_A(world, s);
  const told = !p?.session.told
    ? {}
    : {
        departs_at: instant(p.session.departure_min * 60_000),
        energyNeed_Wh: p.session.energy_kWh * 1000,
      };
  return {
    id: s.id,
    node: s.node,
    wiring: s.wiring,
    kind: s.kind,
    floor_A: s.static_A,
    max_A: s.max_A,
    minStart_A: s.min_start_A,
    weight: s.weight,
    priority: s.priority,
    state: p === undefined ? 'idle' : 'claims',
    reserved_A: s.max_A,
    commanded_A: Math.max(world.told_A.get(s.id) ?? 0, s.static_A),
    measured_A: [a, a, a],
    surely_A: [a, a, a],
    ...(p === undefined
      ? {}
      : {
          plugged_at: instant(p.session.arrival_min * 60_000),
          delivered_Wh: (p.session.energy_kWh - p.left_kWh) * 1000,
        }),
    ...told,
  };
}

function batteryInput(
  world: World,
  b: Site['bess'][number],
  now: Instant,
): AllocationInput['bess'][number] {
  const power_W = world.battery_W.get(b.id) ?? 0;
  const soc = world.soc.get(b.id) ?? 0;
  return {
    id: b.id,
    node: b.node,
    discharge_W: b.discharge_W,
    charge_W: b.charge_W,
    capacity_Wh: b.capacity_Wh,
    socMin: b.soc_min,
    socMax: b.soc_max,
    socReserve: b.soc_reserve,
    reading: {
      power_W,
      soc,
      chargeMax_W: soc < b.soc_max ? b.charge_W : 0,
      dischargeMax_W: soc > b.soc_min ? b.discharge_W : 0,
    },
    lease: { value_W: power_W, ends_at: later(now, LEASE_ms) },
    commanded_W: power_W,
    expiryMin_W: b.expiry_min_W,
    expiryMax_W: b.expiry_max_W,
    usable: true,
    supports: true,
    stopInput: b.stop_input,
  };
}

function summaryOf(
  world: World,
  served: readonly Served[],
  points: readonly MinutePoint[],
  away: number,
): ReplayResult['summary'] {
  const wanted = served.reduce((s, x) => s + x.wanted_kWh, 0);
  const given = served.reduce((s, x) => s + x.served_kWh, 0);
  const shares = served.map((x) => x.served_kWh / x.wanted_kWh);
  const sum = shares.reduce((s, x) => s + x, 0);
  const squares = shares.reduce((s, x) => s + x * x, 0);
  const limit_A = world.site.connection.import_A;
  const capacity = world.site.bess.reduce((s, b) => s + b.capacity_Wh / 1000, 0);
  return {
    sessions: served.length,
    turned_away: away,
    wanted_kWh: wanted,
    served_kWh: given,
    served_percent: (100 * given) / wanted,
    full_percent: (100 * shares.filter((x) => x > 0.999).length) / served.length,
    peak_kW: points.reduce((m, p) => Math.max(m, p.grid_kW), 0),
    peak_A: points.reduce((m, p) => Math.max(m, p.worstPhase_A), 0),
    minutes_over_limit: points.filter((p) => p.worstPhase_A > limit_A + 1e-6).length,
    fairness: squares === 0 ? 0 : (sum * sum) / (shares.length * squares),
    starts_per_session: served.reduce((s, x) => s + x.starts, 0) / served.length,
    battery_cycles: capacity === 0 ? 0 : world.moved_kWh / (2 * capacity),
    sun_kWh: points.reduce((s, p) => s + p.sun_kW / 60, 0),
    curtailed_kWh: world.curtailed_kWh,
    export_peak_kW: points.reduce((m, p) => Math.max(m, 0 - p.grid_kW), 0),
  };
}
