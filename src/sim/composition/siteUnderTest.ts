/**
 * One simulated site with the whole controller around it, in one process. The same assembly serves
 * the demo (real sockets, byte-mode segment, wall time) and the virtual composition (memory only).
 */
import type { DeviceProfile } from '../../device';
import { createOcppGuard, STRICT_POLICY } from '../../guard/ocpp';
import type { FramePort, PduCodec } from '../../modbus';
import type { Bus } from '../../modbus';
import type { LeaseBatch } from '../../model';
import { ConditionBoard, createStationFleet, type StationFleet } from '../../ocpp';
import {
  type AuditPort,
  type BusAssembly,
  type InputsPort,
  type Injected,
  type BusPlan,
  type DrillBookPort,
  type SiteFacts,
  siteFacts,
  stationsLeast_W,
  SiteRuntime,
  type SiteSnapshot,
  type StationsPort,
  stationConfig,
  type SupervisorPort,
  type UplinkPort,
} from '../../runtime';
import { type DeviceCatalogue, declaredReaction, type Site } from '../../site';
import { type StartKind } from '../../mode';
import { lineStatus, Supervisor } from '../../supervisor';
import { type Clock, type Instant, later, type Timers } from '../../time';
import { SimLine } from '../line';
import { seededRandom, seedFor } from '../random';
import { type BaseLoad, createSimSite, simStationConfigs, type SimSite } from '../site';
import type { SimSession, SimStationConfig, SimTransport } from '../stations';
import { busySessions } from './busySessions';
import type { HeldTimers } from './heldTimers';
import { SiteProcess } from './siteProcess';

export interface SiteUnderTestOptions {
  readonly site: Site;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly catalogue: DeviceCatalogue;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number;
  readonly codec: PduCodec;
  /** How vehicles come; default: generated from the seed for `horizon_ms`. */
  readonly sessions?: readonly SimSession[];
  readonly horizon_ms: number;
  readonly transportFor: (fleet: StationFleet) => SimTransport;
  readonly portFor: (plan: BusPlan, sim: SimSite, timers: Timers) => FramePort;
  readonly uplink: UplinkPort;
  readonly audit: AuditPort;
  readonly start?: StartKind;
  /** Contacts of grid operator and emergency stop; absent: none can be read. */
  readonly inputs?: InputsPort;
  readonly stationPassword?: string;
  readonly onFleetEvent?: (code: string, station: string, text: string) => void;
  readonly onSnapshot?: (snapshot: SiteSnapshot) => void;
  /** Replaces steps of the cycle: faults and negative controls. */
  readonly inject?: Injected;
  /** Where results of drills are kept; default: nowhere. */
  readonly drillBook?: DrillBookPort;
  /** Default: a walk between 30 and 70 % of the declared maximum. */
  readonly baseLoad?: BaseLoad;
  /** Share of full sun; default: clouds from the seed. */
  readonly irradiance?: (now: Instant) => number;
  /** Flaws of every simulated station: a negative control. */
  readonly stationFlaws?: SimStationConfig['flaws'];
  /** Replaces the curve limits by which support is capped: a negative control. */
  readonly contingency_A?: number;
}

/** A hand-over between two parts of one process takes this long. */
const HANDOVER_ms = 2;

export class SiteUnderTest {
  readonly facts: SiteFacts;
  readonly sim: SimSite;
  readonly fleet: StationFleet;
  readonly supervisor: Supervisor;
  /** By id of the site file; a site without lines has one all the same. */
  readonly lines: ReadonlyMap<string, SimLine>;
  /** The first of them. */
  readonly line: SimLine;
  /** False: the supervisor process is dead; nothing reaches it and nothing comes from it. */
  supervisorAlive = true;
  /** False: decisions no longer reach the stations (command path cut). */
  commandPath = true;
  /** False: nobody minds a contact that holds without edges; a negative control. */
  contactsJudged = true;
  /** When the supervisor accepted the first record. */
  firstAccepted_at: Instant | undefined;
  private readonly options: SiteUnderTestOptions;
  private readonly board = new ConditionBoard();
  private process: SiteProcess;
  private starts = 0;
  private stopped = false;

  constructor(options: SiteUnderTestOptions) {
    this.options = options;
    const { site, clock, timers, seed } = options;
    const facts = siteFacts(site, options.catalogue);
    const cap_A = options.contingency_A;
    this.facts =
      cap_A === undefined
        ? facts
        : { ...facts, contingency_A: new Map(site.nodes.map((n) => [n.id, cap_A])) };
    this.line = new SimLine();
    this.lines = new Map(site.lines.map((l, i) => [l.id, i === 0 ? this.line : new SimLine()]));
    const event = options.onFleetEvent;
    const wall_ms = (at: number): number => clock.wall_ms() + (at - clock.now());
    const ocppGuard = createOcppGuard(STRICT_POLICY, wall_ms);
    this.fleet = createStationFleet(
      {
        stations: site.stations.map((s) => stationConfig(site, s)),
        idPrefix: `hf${(seed % 100_000).toString(36)}`,
        wall_ms: (now) => clock.wall_ms() + (now - clock.now()),
        authorise: () => 'Accepted',
        guard: ocppGuard.own,
        nominal_V: site.nominal_V,
        onEvent: (e) => {
          this.board.take(e);
          event?.(e.code, e.station, e.text);
        },
      },
      clock.now(),
    );
    const reaction_ms = new Map(
      site.nodes.map((n) => [n.id, declaredReaction(site, n.id, options.catalogue).reaction_ms]),
    );
    const { stationFlaws: flaws, stationPassword = 'demo-station-secret' } = options;
    const stationConfigs = simStationConfigs(site, stationPassword).map((c) =>
      flaws === undefined ? c : { ...c, flaws },
    );
    const now = clock.now();
    this.sim = createSimSite({
      site,
      profiles: options.profiles,
      reaction_ms,
      clock,
      timers,
      seed,
      transport: options.transportFor(this.fleet),
      line: this.line,
      lines: this.lines,
      stationConfigs,
      ...(options.baseLoad === undefined ? {} : { baseLoad: options.baseLoad }),
      ...(options.irradiance === undefined ? {} : { irradiance: options.irradiance }),
      sessions:
        options.sessions ??
        busySessions(stationConfigs, { seed, from: now, horizon_ms: options.horizon_ms }),
    });
    this.supervisor = new Supervisor(
      {
        site,
        gridProfile: profileOf(options.profiles, site.gridMeter.id),
        reaction_ms: this.facts.reaction_ms,
        start: options.start ?? 'first',
        kept: { returnsWithinHour: 0, latched: false },
        random: seededRandom(seedFor(seed, 'supervisor')),
      },
      now,
    );
    this.process = this.processOf(options.start ?? 'first');
  }

  private processOf(start: StartKind): SiteProcess {
    const { options } = this;
    this.starts += 1;
    return new SiteProcess({
      facts: this.facts,
      profiles: options.profiles,
      bootId: `boot-${options.seed}-${this.starts}`,
      start,
      codec: options.codec,
      clock: options.clock,
      timers: options.timers,
      portFor: (plan, timers) => options.portFor(plan, this.sim, timers),
      ports: {
        stations: this.stationsPort(),
        supervisor: this.supervisorPort(),
        uplink: options.uplink,
        audit: options.audit,
        ...(options.drillBook === undefined ? {} : { drillBook: options.drillBook }),
        ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
      },
      ...(options.onSnapshot === undefined ? {} : { onSnapshot: options.onSnapshot }),
      ...(options.inject === undefined ? {} : { inject: options.inject }),
    });
  }

  get runtime(): SiteRuntime {
    return this.process.runtime;
  }

  get buses(): ReadonlyMap<string, Bus> {
    return this.process.buses;
  }

  /** What the buses were made from, for a console that uses and lends them. */
  get assembly(): BusAssembly {
    return this.process.assembly;
  }

  /** Timers of the site process alone; held = the process hangs. */
  get siteTimers(): HeldTimers {
    return this.process.timers;
  }

  /** The site process dies; another one starts after `after_ms`, by the rules of a return. */
  killSite(after_ms: number): void {
    const { clock, timers } = this.options;
    this.process.kill();
    timers.at(later(clock.now(), after_ms), () => {
      if (this.stopped) return;
      this.process = this.processOf('return');
      this.process.runtime.start();
    });
  }

  /** Something happened at the stations' gate. */
  gateEvent(code: string, station: string, text: string): void {
    this.board.take({ at: this.options.clock.now(), code, station, text });
    this.options.onFleetEvent?.(code, station, text);
  }

  start(): void {
    this.sim.start();
    this.runtime.start();
    this.second(this.options.clock.now());
  }

  stop(): void {
    this.stopped = true;
    this.process.stop();
    this.sim.stop();
  }

  /** What the `stations` and `supervisor` processes do each second, whatever `site` does. */
  private second(due: Instant): void {
    if (this.stopped) return;
    const now = this.options.clock.now();
    if (this.commandPath) this.fleet.tick(now);
    if (this.supervisorAlive) this.supervisor.tick(now);
    this.supervisor.stationMeters({ at: now, sum_W: stationsLeast_W(this.fleet.images(now), now) });
    const next = later(now - due > 2000 ? now : due, 1000);
    this.options.timers.at(next, () => this.second(next));
  }

  private lineStates(now: Instant): ReturnType<typeof lineStatus> {
    const one = { feedback: (at: Instant) => this.line.feedback(at) };
    const all = this.lines.size === 0 ? new Map([['line', one]]) : this.lines;
    const out = this.supervisor.leftOut(now);
    return lineStatus(all, this.contactsJudged ? out : { now: out.now, mustBeOpen: [] }, now);
  }

  private stationsPort(): StationsPort {
    const { clock } = this.options;
    return {
      images: () => this.fleet.images(clock.now()),
      apply: (batch: LeaseBatch) => {
        if (this.commandPath) this.fleet.apply(batch, clock.now());
      },
      cpms: () => 'down',
      leasesAcknowledged: () => this.fleet.stats().leasesAcknowledged,
      modeAndLinks: () => undefined,
      conditions: () => this.board.conditions(clock.now()),
      events: () => [],
    };
  }

  private supervisorPort(): SupervisorPort {
    const { clock, timers } = this.options;
    return {
      send: (record) => {
        timers.at(later(clock.now(), HANDOVER_ms), () => {
          if (!this.supervisorAlive) return;
          const now = clock.now();
          const before = this.supervisor.report().accepted;
          const feed = this.supervisor.record(record, now);
          if (feed.edge) for (const id of feed.lines) this.lines.get(id)?.edge(now);
          if (feed.edge && this.facts.site.lines.length === 0) this.line.edge(now);
          if (this.supervisor.report().accepted > before) this.firstAccepted_at ??= now;
        });
      },
      lineDrill: (line) => this.supervisor.lineDrill(clock.now(), line),
      release: () => this.supervisor.release(),
      status: () => {
        const report = this.supervisor.report();
        return {
          answers: this.supervisorAlive,
          ...this.lineStates(clock.now()),
          latched: report.latched,
          text: report.text,
          acceptedRecords: report.accepted,
        };
      },
    };
  }
}

function profileOf(profiles: ReadonlyMap<string, DeviceProfile>, id: string): DeviceProfile {
  const profile = profiles.get(id);
  if (profile === undefined) throw new Error(`no profile for ${id}`);
  return profile;
}
