import type { DeviceProfile } from '../../device';
import type { Site } from '../../site';
import { circuitPath } from '../../site';
import { type Clock, type Instant, later, type Timers } from '../../time';
import { evenly, mapPhases, PHASES, sumPhases, type ThreePhase } from '../../units';
import {
  createSimBess,
  createSimMeter,
  createSimPv,
  type MeterTruth,
  type SimBess,
  type SimDevice,
  type SimMeter,
  type SimPv,
} from '../devices';
import type { SimLine } from '../line';
import { seededRandom, seedFor } from '../random';
import {
  createSimStations,
  type SimSession,
  type SimStationConfig,
  type SimStations,
  type SimTransport,
} from '../stations';
import { type BaseLoad, walkingBaseLoad } from './baseLoad';
import { daylight } from './daylight';
import { Judge } from './judge';
import type { NodeTruth, SiteTruth } from './truth';

/** The site is sampled and judged this often (INV-1). */
export const STEP_ms = 100;
/** Power factor of the base load. */
const BASE_POWER_FACTOR = 0.97;
const BASE_SINE = Math.sqrt(1 - BASE_POWER_FACTOR * BASE_POWER_FACTOR);
const VOLTAGE_NOISE_V = 0.4;
/** Voltage drop of the supply, V per A. */
const SUPPLY_OHM = 0.02;

export interface SimSiteOptions {
  readonly site: Site;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly reaction_ms: ReadonlyMap<string, number>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number;
  readonly transport: SimTransport;
  readonly line: SimLine;
  /** By id of the site file; what is not in it hangs on `line`. */
  readonly lines?: ReadonlyMap<string, SimLine>;
  readonly sessions: readonly SimSession[];
  readonly stationConfigs: readonly SimStationConfig[];
  /** Default: a walk between 30 and 70 % of the declared maximum. */
  readonly baseLoad?: BaseLoad;
  readonly irradiance?: (now: Instant) => number;
}

export interface SimSite {
  readonly meters: ReadonlyMap<string, SimMeter>;
  readonly bess: ReadonlyMap<string, SimBess>;
  readonly pv: ReadonlyMap<string, SimPv>;
  readonly stations: SimStations;
  readonly baseLoad: BaseLoad;
  readonly judge: Judge;
  device(id: string): SimDevice | undefined;
  truth(): SiteTruth;
  energyDelivered_Wh(): number;
  start(): void;
  stop(): void;
}

/** Builds the simulated site; nothing moves before `start`. */
export function createSimSite(options: SimSiteOptions): SimSite {
  return new World(options);
}

class World implements SimSite {
  readonly meters: ReadonlyMap<string, SimMeter>;
  readonly bess: ReadonlyMap<string, SimBess>;
  readonly pv: ReadonlyMap<string, SimPv>;
  readonly stations: SimStations;
  readonly baseLoad: BaseLoad;
  readonly judge: Judge;
  private readonly options: SimSiteOptions;
  private readonly random: () => number;
  /** By node: indexes of the nodes through which the current of a thing there flows. */
  private readonly paths: ReadonlyMap<string, readonly number[]>;
  /** While a step adds them up: active power per phase, then reactive, of each node. */
  private readonly flows: Float64Array;
  private now_: SiteTruth;
  private delivered_Wh = 0;
  /** By station: whether what it hangs on was up in the last step. */
  private readonly up = new Map<string, boolean>();
  /** By station: lines whose opening cuts it. */
  private readonly linesOf: ReadonlyMap<string, readonly string[]>;
  private cancel: (() => void) | undefined;

  constructor(options: SimSiteOptions) {
    const { site, clock, seed } = options;
    this.options = options;
    this.random = seededRandom(seedFor(seed, 'world'));
    this.paths = new Map(
      site.nodes.map((n) => [
        n.id,
        circuitPath(site, n.id).map((node) => site.nodes.indexOf(node)),
      ]),
    );
    this.flows = new Float64Array(FLOWS * site.nodes.length);
    this.linesOf = new Map(
      site.stations.map((s) => {
        // An isolator opens the feeder itself: what is behind it is cut with it.
        const above = circuitPath(site, s.node).map((node) => node.id);
        const behind = site.lines.filter((l) => l.kind === 'isolate' && above.includes(l.node));
        return [s.id, [...(s.line === undefined ? [] : [s.line]), ...behind.map((l) => l.id)]];
      }),
    );
    this.judge = new Judge(site, options.reaction_ms, () => clock.wall_ms());
    const most_A = site.connection.base_load_max_A;
    this.baseLoad = options.baseLoad ?? walkingBaseLoad(0.3 * most_A, 0.7 * most_A, seed);
    this.now_ = emptyTruth(site);
    const profile = (id: string): DeviceProfile => {
      const found = options.profiles.get(id);
      if (found === undefined) throw new Error(`no profile for ${id}`);
      return found;
    };
    const common = (d: { id: string; unit: number }) => ({
      now: () => clock.now(),
      random: seededRandom(seedFor(seed, d.id)),
      unit: d.unit,
    });
    const meterTruth = (id: string): (() => MeterTruth) => {
      const index = site.nodes.findIndex((n) => n.id === id);
      return () => this.meterTruth(index);
    };
    this.meters = new Map(
      site.meters.map((m) => [m.id, createSimMeter(profile(m.id), meterTruth(m.node), common(m))]),
    );
    this.bess = new Map(
      site.bess.map((b) => [b.id, createSimBess(profile(b.id), { ...common(b), soc: 0.65 })]),
    );
    const sun = options.irradiance ?? daylight(seed, clock.now());
    this.pv = new Map(
      site.pv.map((p) => [p.id, createSimPv(profile(p.id), { ...common(p), irradiance: sun })]),
    );
    this.stations = createSimStations({
      stations: options.stationConfigs,
      transport: options.transport,
      clock,
      timers: options.timers,
      seed,
      sessions: options.sessions,
    });
  }

  device(id: string): SimDevice | undefined {
    return this.meters.get(id) ?? this.bess.get(id) ?? this.pv.get(id);
  }

  truth(): SiteTruth {
    return this.now_;
  }

  energyDelivered_Wh(): number {
    return this.delivered_Wh;
  }

  start(): void {
    this.stations.start();
    this.step(this.options.clock.now());
  }

  stop(): void {
    this.cancel?.();
    this.stations.stop();
  }

  private meterTruth(node: number): MeterTruth {
    const truth = this.now_.nodes[node];
    if (truth === undefined)
      return { power_W: NONE, voltage_V: this.now_.voltage_V, current_A: NONE };
    const { power_W, current_A } = truth;
    return { power_W, voltage_V: this.now_.voltage_V, current_A };
  }

  private step(due: Instant): void {
    const now = this.options.clock.now();
    this.followLine(now);
    for (const d of this.bess.values()) d.step(now, STEP_ms);
    for (const d of this.pv.values()) d.step(now, STEP_ms);
    this.now_ = this.measure(now);
    for (const d of this.meters.values()) d.step(now, STEP_ms);
    this.judge.sample(this.now_, now, STEP_ms / 1000);
    this.delivered_Wh += (this.now_.stations_W * STEP_ms) / 3_600_000;
    // A stalled program makes up for nothing: the next step is due from now.
    const next = later(now - due > 10 * STEP_ms ? now : due, STEP_ms);
    this.cancel = this.options.timers.at(next, () => this.step(next));
  }

  private followLine(now: Instant): void {
    const { site, line, lines } = this.options;
    for (const s of site.stations) {
      const ids = this.linesOf.get(s.id) ?? [];
      if (ids.length === 0) continue;
      const up = ids.every((id) => (lines?.get(id) ?? line).energised(now));
      if (up === (this.up.get(s.id) ?? true)) continue;
      this.up.set(s.id, up);
      this.stations.station(s.id)?.setLine(up ? 'fed' : 'open', now);
    }
  }

  /** Adds what flows at one node to it and to every node above it. */
  private add(node: string, p: ThreePhase<number>, q: ThreePhase<number>): void {
    const { flows } = this;
    for (const index of this.paths.get(node) ?? []) {
      const at = FLOWS * index;
      for (let i = 0; i < 3; i += 1) {
        flows[at + i] = (flows[at + i] ?? 0) + (p[i] ?? 0);
        flows[at + 3 + i] = (flows[at + 3 + i] ?? 0) + (q[i] ?? 0);
      }
    }
  }

  /** A source spreads evenly over three phases. */
  private addSource(node: string, w: number): void {
    this.add(node, evenly(0 - w / 3), NONE);
  }

  private measure(now: Instant): SiteTruth {
    const { site } = this.options;
    this.flows.fill(0);
    const noise = (): number => VOLTAGE_NOISE_V * (this.random() - 0.5);
    const droop = mapPhases(this.now_.nodes[0]?.current_A ?? NONE, (a) => a * SUPPLY_OHM);
    const voltage = mapPhases(droop, (d) => site.nominal_V - d + noise());
    const base_VA = mapPhases(this.baseLoad.step(STEP_ms / 1000), (a, i) => a * voltage[i]);
    const base_W = mapPhases(base_VA, (va) => va * BASE_POWER_FACTOR);
    const base_var = mapPhases(base_VA, (va) => va * BASE_SINE);
    this.add(site.nodes[0]?.id ?? '', base_W, base_var);
    let stations_W = 0;
    for (const s of site.stations) {
      const current = this.stations.station(s.id)?.trueCurrent_A(now) ?? NONE;
      const power = mapPhases(current, (a, i) => a * voltage[i]);
      stations_W += sumPhases(power);
      this.add(s.node, power, NONE);
    }
    let bess_W = 0;
    for (const b of site.bess) {
      const w = this.bess.get(b.id)?.truePower_W() ?? 0;
      bess_W += w;
      this.addSource(b.node, w);
    }
    let pv_W = 0;
    for (const p of site.pv) {
      const w = this.pv.get(p.id)?.truePower_W() ?? 0;
      pv_W += w;
      this.addSource(p.node, w);
    }
    const nodes = site.nodes.map((n, index) => this.nodeTruth(n.id, index, voltage));
    return { voltage_V: voltage, nodes, bess_W, pv_W, stations_W, base_W: sumPhases(base_W) };
  }

  private nodeTruth(id: string, index: number, voltage: ThreePhase<number>): NodeTruth {
    const flow = (i: number): number => this.flows[FLOWS * index + i] ?? 0;
    const power_W: ThreePhase<number> = [flow(0), flow(1), flow(2)];
    const reactive_var: ThreePhase<number> = [flow(3), flow(4), flow(5)];
    const apparent_VA = magnitude(sumPhases(power_W), sumPhases(reactive_var));
    const current_A = mapPhases(voltage, (v, i) => magnitude(power_W[i], reactive_var[i]) / v);
    return { id, current_A, power_W, apparent_VA };
  }
}

/** Numbers that `flows` has for each node. */
const FLOWS = 6;
const NONE: ThreePhase<number> = [0, 0, 0];

/** Math.hypot to the last bit; most nodes carry no reactive power, and hypot is slow. */
const magnitude = (p: number, q: number): number => (q === 0 ? Math.abs(p) : Math.hypot(p, q));

function emptyTruth(site: Site): SiteTruth {
  const v = site.nominal_V;
  return {
    voltage_V: [v, v, v],
    nodes: site.nodes.map((n) => ({
      id: n.id,
      current_A: [0, 0, 0],
      power_W: [0, 0, 0],
      apparent_VA: 0,
    })),
    bess_W: 0,
    pv_W: 0,
    stations_W: 0,
    base_W: 0,
  };
}

/** The simulator's configuration of each station of a site. Pure. */
export function simStationConfigs(site: Site, password: string): readonly SimStationConfig[] {
  return site.stations.map((s): SimStationConfig => {
    const first = s.wiring[0] ?? 'L1';
    const rotation = PHASES.indexOf(first);
    const phases = s.wiring.length === 1 ? 1 : s.wiring.length === 2 ? 2 : 3;
    const cut =
      s.cut.via === 'none'
        ? {}
        : {
            cut: {
              value_A: s.cut.value_A,
              reaction_ms: s.cut.reaction_s * 1000,
              contactor: s.cut.via === 'contactor',
            },
          };
    return {
      id: s.id,
      kind: s.kind,
      phases,
      rotation: rotation === 1 ? 1 : rotation === 2 ? 2 : 0,
      max_A: s.max_A,
      connectors: s.connectors,
      password,
      ...cut,
    };
  });
}
