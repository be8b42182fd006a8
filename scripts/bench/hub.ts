/**
 * A fast hub in one-minute steps through the allocation: 8 DC ports of 150 kW on 250 kW of grid
 * with a battery of 500 kWh and the sun. Within a step the cycles run until commands,
 * acknowledgements and measurements have followed each other.
 */
import {
  allocate,
  type AllocationInput,
  type AllocationMemory,
  type AllocationResult,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { permissible_A } from '../../src/site';
import { type Instant, instant, later } from '../../src/time';
import type { ThreePhase } from '../../src/units';
import { type HubSession, vehiclePower_kW } from '../hubSessions';

const VOLTS = 230;
const PORTS = 8;
const PORT_kW = 150;
const GRID_kW = 250;
/** What each port has without any dynamic limit: its share of the grid. */
export const SHARE_kW = GRID_kW / PORTS;
const BATTERY_kWh = 500;
const BATTERY_kW = 500;
const EFFICIENCY = 0.95;
const DWELL_min = 60;
const PATIENCE_min = 20;
const CYCLES = 6;
/** Meter, cycle, station and DC vehicle (SAFETY.md, INV-1 b). */
const REACTION_ms = 7000;
const LEASE_ms = 60_000;

/** Amperes per phase of a power over three phases. */
const amps = (kW: number): number => (kW * 1000) / (3 * VOLTS);
const kilo = (a: number): number => (a * 3 * VOLTS) / 1000;

/**
 * The breaker of the connection: a moulded-case breaker set to 400 A with an electronic release;
 * lower (earliest) edge of the maker's band: 1.05 In two hours, 1.3 In two minutes, 2 In 25 s.
 */
export const HUB_CURVE = {
  name: 'MCCB 400 A electronic, 2 In held 25 s',
  rating_A: 400,
  points: [
    { ratio: 1.05, hold_s: 7200 },
    { ratio: 1.3, hold_s: 120 },
    { ratio: 2, hold_s: 25 },
    { ratio: 6, hold_s: 0.5 },
  ],
};

/** `unlimited`: no limit, no battery; `static`: every port at its static share. */
export type HubPolicy =
  | { readonly kind: 'unlimited' | 'static' }
  | { readonly kind: 'holdfast'; readonly contingency_A: number; readonly floor_kW: number };

/** Current that the named curve carries for the reaction time with D <= 0.5. */
export const namedContingency_A = (): number => permissible_A(HUB_CURVE, REACTION_ms / 1000, 0.5);
/** Support capped at a share of the grid limit. */
export const cappedContingency_A = (share: number): number => amps(GRID_kW) * (1 + share);

export interface HubResult {
  readonly served_kWh: number;
  readonly wanted_kWh: number;
  readonly turnedAway: number;
  /** Greatest import of a minute, and before the allocation answered a change of sun or cars. */
  readonly peak_kW: number;
  readonly transient_kW: number;
  readonly cycles: number;
}

interface Port {
  session: HubSession;
  soc: number;
  taken_kWh: number;
  leaves_min: number;
}

interface World {
  readonly ports: (Port | undefined)[];
  readonly told_A: number[];
  soc: number;
  battery_kW: number;
  memory: AllocationMemory;
  peak_kW: number;
  transient_kW: number;
  throughput_kWh: number;
}

/** Replays sessions; `sun_kW` by minute. Deterministic. */
export function runHub(
  sessions: readonly HubSession[],
  policy: HubPolicy,
  sun_kW: (minute: number) => number,
): HubResult {
  const world: World = {
    ports: Array.from({ length: PORTS }, () => undefined),
    told_A: Array.from({ length: PORTS }, () => 0),
    soc: 0.8,
    battery_kW: 0,
    memory: NO_ALLOCATION_MEMORY,
    peak_kW: 0,
    transient_kW: 0,
    throughput_kWh: 0,
  };
  let served_kWh = 0;
  let turnedAway = 0;
  let next = 0;
  let queue: HubSession[] = [];
  const last = Math.max(...sessions.map((s) => s.t_min)) + DWELL_min + PATIENCE_min;
  for (let minute = 0; minute <= last; minute += 1) {
    while ((sessions[next]?.t_min ?? Infinity) <= minute) {
      const s = sessions[next];
      if (s !== undefined) queue.push(s);
      next += 1;
    }
    const waiting = queue.filter((s) => minute - s.t_min <= PATIENCE_min);
    turnedAway += queue.length - waiting.length;
    queue = waiting;
    served_kWh += leave(world, minute);
    arrive(world, queue, minute);
    control(world, policy, sun_kW(minute), minute);
    charge(world, policy);
  }
  served_kWh += leave(world, Infinity);
  return {
    served_kWh,
    wanted_kWh: sessions.reduce((s, x) => s + x.kWh, 0),
    turnedAway,
    peak_kW: world.peak_kW,
    transient_kW: world.transient_kW,
    cycles: world.throughput_kWh / (2 * BATTERY_kWh),
  };
}

function leave(world: World, minute: number): number {
  let served = 0;
  world.ports.forEach((p, i) => {
    if (p === undefined) return;
    if (minute < p.leaves_min && p.taken_kWh < p.session.kWh - 1e-6) return;
    served += p.taken_kWh;
    world.ports[i] = undefined;
  });
  return served;
}

function arrive(world: World, queue: HubSession[], minute: number): void {
  world.ports.forEach((p, i) => {
    if (p !== undefined) return;
    const session = queue.shift();
    if (session === undefined) return;
    world.ports[i] = { session, soc: session.soc0, taken_kWh: 0, leaves_min: minute + DWELL_min };
  });
}

/** What a port draws now, kW. */
function draw_kW(world: World, i: number, told_kW: number): number {
  const p = world.ports[i];
  return p === undefined ? 0 : Math.min(told_kW, PORT_kW, vehiclePower_kW(p.session, p.soc));
}

function control(world: World, policy: HubPolicy, sun: number, minute: number): void {
  const load = (): number => world.told_A.reduce((s, a, i) => s + draw_kW(world, i, kilo(a)), 0);
  if (policy.kind !== 'holdfast') {
    const told = policy.kind === 'static' ? amps(SHARE_kW) : amps(PORT_kW);
    world.told_A.fill(told);
    world.battery_kW = 0;
    world.peak_kW = Math.max(world.peak_kW, load() - sun);
    return;
  }
  const quiet = world.ports.every((p) => p === undefined);
  for (let k = 0; k < (quiet ? 2 : CYCLES); k += 1) {
    const now = later(instant(minute * 60_000), k * 1000);
    const net = load() - sun - world.battery_kW;
    const input = inputOf(world, policy, sun, net, now);
    const result = allocate(input, world.memory, now);
    world.memory = result.memory;
    obey(world, result);
    world.transient_kW = Math.max(world.transient_kW, net);
  }
  world.peak_kW = Math.max(world.peak_kW, load() - sun - world.battery_kW);
}

function obey(world: World, result: AllocationResult<AllocationMemory>): void {
  result.stations.forEach((g, i) => (world.told_A[i] = g.limit_A));
  world.battery_kW = (result.bess[0]?.power_W ?? 0) / 1000;
}

function inputOf(
  world: World,
  policy: HubPolicy & { readonly kind: 'holdfast' },
  sun: number,
  net_kW: number,
  now: Instant,
): AllocationInput {
  const limit = amps(GRID_kW);
  const each = (net_kW * 1000) / 3;
  const battery_W = world.battery_kW * 1000;
  return {
    nodes: [
      {
        id: 'grid',
        import_A: [limit, limit, limit],
        limitReason: { source: 'contract', text: `grid limit ${GRID_kW} kW`, at: 'grid' },
        import_W: GRID_kW * 1000,
        export_W: GRID_kW * 1000,
        margin: 0,
        voltage_V: [VOLTS, VOLTS, VOLTS],
        measured: { net_W: [each, each, each], reactive_var: [0, 0, 0], at: now },
        baseWorst_A: 0,
        contingency_A: policy.contingency_A,
      },
    ],
    stations: world.told_A.map((told, i) => {
      const a = amps(draw_kW(world, i, kilo(told)));
      const three: ThreePhase<number> = [a, a, a];
      const p = world.ports[i];
      return {
        id: `port-${i}`,
        node: 'grid',
        wiring: ['L1', 'L2', 'L3'] as const,
        kind: 'dc' as const,
        floor_A: amps(policy.floor_kW),
        max_A: amps(PORT_kW),
        minStart_A: amps(5),
        weight: 1,
        priority: 5,
        state: p === undefined ? ('idle' as const) : ('claims' as const),
        reserved_A: amps(PORT_kW),
        commanded_A: Math.max(told, amps(policy.floor_kW)),
        measured_A: three,
        surely_A: three,
      };
    }),
    bess: [
      {
        id: 'bess',
        node: 'grid',
        discharge_W: BATTERY_kW * 1000,
        charge_W: BATTERY_kW * 1000,
        capacity_Wh: BATTERY_kWh * 1000,
        socMin: 0.05,
        socMax: 0.95,
        socReserve: 0.1,
        reading: {
          power_W: battery_W,
          soc: world.soc,
          chargeMax_W: world.soc < 0.95 ? BATTERY_kW * 1000 : 0,
          dischargeMax_W: world.soc > 0.05 ? BATTERY_kW * 1000 : 0,
        },
        lease: { value_W: battery_W, ends_at: later(now, LEASE_ms) },
        commanded_W: battery_W,
        expiryMin_W: 0,
        expiryMax_W: 0,
        usable: true,
        supports: true,
        stopInput: true,
      },
    ],
    pv: [
      {
        id: 'pv',
        node: 'grid',
        rated_W: 220_000,
        expiry_W: 0,
        measured_W: sun * 1000,
        usable: true,
      },
    ],
    nominal_V: VOLTS,
    reaction_ms: REACTION_ms,
    risePerSecond: 1,
  };
}

/** One minute of energy. */
function charge(world: World, policy: HubPolicy): void {
  world.ports.forEach((p, i) => {
    if (p === undefined) return;
    const power = draw_kW(world, i, kilo(world.told_A[i] ?? 0));
    const energy = Math.min(power / 60, p.session.kWh - p.taken_kWh);
    p.taken_kWh += energy;
    p.soc += energy / p.session.cap_kWh;
  });
  if (policy.kind !== 'holdfast') return;
  const power = world.battery_kW;
  const dc_kWh = (power > 0 ? power / EFFICIENCY : power * EFFICIENCY) / 60;
  world.soc = Math.min(1, Math.max(0, world.soc - dc_kWh / BATTERY_kWh));
  world.throughput_kWh += Math.abs(dc_kWh);
}
