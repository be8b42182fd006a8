import { type AlarmChange, NO_ALARMS, nextAlarms } from '../alarm';
import { NO_ALLOCATION_MEMORY, type StorageAdvice } from '../allocation';
import type { DeviceProfile } from '../device';
import { initialMode, type ModeInput, type ModeState, nextMode, type StartKind } from '../mode';
import type { LeaseBatch, Links, Mode, SiteState } from '../model';
import { between, type Instant, later } from '../time';
import { conditionsOf } from './conditions';
import { decide, type Decision } from './decision';
import { CyclePace } from './cyclePace';
import { DrillRun } from './drillRun';
import { FieldDevices } from './fieldDevices';
import { type judgeGrid, latch, overdrawFacts, reportedLoad_A } from './latch';
import { deviceTrouble, ExpiryWatch, oldestUnproved_ms } from './deviceTrouble';
import { ENERGY_POINT } from './profiles';
import { MeterJudge } from './meterJudge';
import { nextIsolation, NO_ISOLATION } from './isolation';
import { contradicts, nextMismatch, NO_MISMATCH, unexplained_A } from './mismatch';
import type { GridWatch } from './gridWatch';
import { LimitBook } from './limitBook';
import { isolatedStations, nextOverdraw, type OverdrawState } from './overdraw';
import { Persons } from './persons';
import { adviceFrom, type PlanMessage } from './planMessages';
import type { RuntimePorts } from './ports';
import { auditOfStationEvent } from './stationEvents';
import { cycleRecord } from './record';
import type { SiteFacts } from './siteFacts';
import type { SiteSnapshot } from './snapshot';
import { StopContacts } from './stopContacts';
import { StationTracker } from './stationTracker';
import { snapshotOf } from './view';

export const CYCLE_ms = 1000;
/** Polls are looked at this often; the cycle is every fourth. */
const POLL_ms = 250;
/** A cycle that starts later than this is an overrun. */
const OVERRUN_ms = 500;
/** What was not heard of since the start is no alarm before its first polls may have failed. */
const START_GRACE_ms = 5000;

export interface RuntimeSetup {
  readonly facts: SiteFacts;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly bootId: string;
  readonly start: StartKind;
  readonly onSnapshot?: (snapshot: SiteSnapshot) => void;
  /** Negative controls and fault campaigns replace one step; absent on a gateway. */
  readonly inject?: Injected;
}

/** Steps of the cycle that a test may replace. */
export interface Injected {
  readonly judgeGrid?: typeof judgeGrid;
  readonly decide?: typeof decide;
  /** False leaves the ten-minute energy check out. */
  readonly energyCheck?: boolean;
}

/** The site process: latch, decide, act, prove, tell, once a second. */
export class SiteRuntime {
  private readonly setup: RuntimeSetup;
  private readonly ports: RuntimePorts;
  /** Drills of this site: `start`, `state`, `abort`. */
  readonly drills: DrillRun;
  /** What persons at the gateway ask for: `ask`, `release`. */
  readonly persons: Persons;
  /** What other parties ask for, and the site's own limits of this instant. */
  readonly limits: LimitBook;
  readonly devices: FieldDevices;
  private readonly trackers: ReadonlyMap<string, StationTracker>;
  private memory = NO_ALLOCATION_MEMORY;
  private raised_at: Instant | undefined;
  private modeState: ModeState;
  private overdraw: OverdrawState = new Map();
  private isolation = NO_ISOLATION;
  private readonly meter: MeterJudge;
  private readonly began: Instant;
  private readonly expiry: ExpiryWatch;
  private mismatch = NO_MISMATCH;
  private alarms = NO_ALARMS;
  private cycle = 0;
  private recordGood = true;
  /** How the last decision ended: one that is not sound leads to static, not to an open line. */
  private decided: ModeInput['decision'] = 'done';
  private serviceUntil: Instant | undefined;
  private readonly stopContacts = new StopContacts();
  private advice: StorageAdvice | undefined;
  private plan: { readonly message: PlanMessage; readonly ends_at: Instant } | undefined;
  private stopTimer: (() => void) | undefined;
  private last: SiteSnapshot | undefined;
  private readonly pace = new CyclePace(CYCLE_ms);
  private stopped = false;
  /** Sequence of the newest event of `stations` that is in the audit. */
  private lastStationEvent = 0;

  constructor(setup: RuntimeSetup, ports: RuntimePorts) {
    this.setup = setup;
    this.ports = ports;
    const now = ports.clock.now();
    this.devices = new FieldDevices(setup.facts.site, setup.profiles, ports.buses, now);
    this.trackers = new Map(
      setup.facts.stations.map((s) => [
        s.station.id,
        new StationTracker(s.station.id, s.station.static_A),
      ]),
    );
    this.began = now;
    this.expiry = new ExpiryWatch(this.devices, ports.buses);
    this.drills = new DrillRun(setup.facts, this.trackers, ports);
    const { judgeGrid: byReading, energyCheck } = setup.inject ?? {};
    this.meter = new MeterJudge(() => this.drills.meterUnused(), byReading, energyCheck);
    this.persons = new Persons(ports);
    this.limits = new LimitBook(setup.facts.site, ports);
    this.modeState = initialMode(setup.start, now);
  }

  /** Starts polling and cycling; the first cycle comes as soon as the first polls may be back. */
  start(): void {
    const now = this.ports.clock.now();
    this.ports.audit.append({ kind: 'start', subject: 'site', text: `boot ${this.setup.bootId}` });
    this.tick(now, 3);
  }

  stop(): void {
    this.stopped = true;
    this.stopTimer?.();
    this.ports.audit.append({ kind: 'stop', subject: 'site', text: 'clean stop' });
  }

  mode(): Mode {
    return this.modeState.mode;
  }

  snapshot(): SiteSnapshot | undefined {
    return this.last;
  }

  /** Durations of the last cycles from their due time to the last hand-over, ms. */
  cycleDurations_ms(): readonly number[] {
    return this.pace.durations_ms();
  }

  /** End of the service grant; undefined closes it. Acts with the next cycle. */
  openService(until: Instant | undefined): void {
    this.serviceUntil = until;
  }

  /** State of the stop contacts; one that was active between two cycles acts in the next. */
  setEmergencyStop(active: boolean, why?: string): void {
    this.stopContacts.set(active, why);
  }

  /** Before `start`: an emergency stop from before the restart goes on. */
  restoreStop(): void {
    this.modeState = { ...this.modeState, stopUnacknowledged: true };
  }

  /** An emergency stop acts until a person on site has acknowledged it. */
  stopUnacknowledged(): boolean {
    return this.modeState.stopUnacknowledged;
  }

  /** Takes what the slow loop says; advice may be ignored, and ends with its expiry. */
  takePlan(message: PlanMessage): void {
    const now = this.ports.clock.now();
    this.plan = { message, ends_at: later(now, message.life_ms) };
    this.advice = adviceFrom(message, now);
  }

  private tick(due: Instant, phase: number): void {
    if (this.stopped) return;
    const now = this.ports.clock.now();
    this.devices.poll(now);
    if (phase === 0) this.runCycle(due, now);
    const after = this.ports.clock.now();
    // After a stall the missed ticks are not made up for: the next one is due from now.
    const next = between(due, after) > POLL_ms ? after : due;
    const at = later(next, POLL_ms);
    this.stopTimer = this.ports.timers.at(at, () => this.tick(at, (phase + 1) % 4));
  }

  private runCycle(due: Instant, now: Instant): void {
    this.cycle += 1;
    this.pace.begins(due, now);
    const stationsSilent = this.latchStations(now);
    const sources = { facts: this.setup.facts, devices: this.devices, trackers: this.trackers };
    const grid = this.meter.judge(sources, now);
    const { cycle } = this;
    const emergencyStop = this.stopContacts.take();
    const limits = this.limits.now(grid, now);
    const state = latch(sources, { grid, cycle, ...limits, emergencyStop }, now);
    this.overdraw = nextOverdraw(this.overdraw, overdrawFacts(sources, now), now);
    this.isolation = nextIsolation(this.isolation, this.overdraw, this.site, now);
    const { sum_A, complete } = reportedLoad_A(sources, now);
    const unexplained = unexplained_A(state, sum_A);
    this.mismatch = nextMismatch(this.mismatch, this.site, unexplained, now, complete);
    const supervisor = this.ports.supervisor.status();
    this.nextMode({ grid, state, stationsSilent, supervisor }, now);
    this.drills.follow(this.last, now);
    const decision = this.drills.leaveOut(this.decide(state, stationsSilent), this.mode());
    this.act(decision, now);
    const decided_at = this.ports.clock.now();
    const links: Links = {
      uplink: this.drills.uplinkUp(now) ? 'up' : 'down',
      cpms: this.ports.stations.cpms(),
    };
    const gridDevice = this.devices.meters.find((m) => m.file.id === this.site.gridMeter.id);
    const raw = gridDevice?.device.raw();
    const energy = gridDevice?.device.rawWith(ENERGY_POINT);
    const record = cycleRecord({
      bootId: this.setup.bootId,
      facts: this.setup.facts,
      state,
      decision,
      trackers: this.trackers,
      mode: this.modeState.mode,
      links,
      ...(raw === undefined ? {} : { gridReply: raw }),
      ...(energy === undefined ? {} : { energyReply: energy }),
      isolate: [...this.isolation.open.keys()],
      oldestUnacknowledged_ms: oldestUnproved_ms(this.devices, now),
      decided_at,
      wall_ms: this.ports.clock.wall_ms(),
    });
    this.ports.supervisor.send(record);
    this.decided = decision.sound ? 'done' : 'failed';
    this.recordGood = decision.sound && grid.health === 'fresh' && !stationsSilent;
    this.tell({ state, grid, decision, stationsSilent, links, due, now });
  }

  private get site(): SiteFacts['site'] {
    return this.setup.facts.site;
  }

  /** Newest images into the trackers; true when the stations process is silent. */
  private latchStations(now: Instant): boolean {
    const images = this.ports.stations.images();
    for (const image of images) this.trackers.get(image.station)?.observe(image, now);
    for (const event of this.ports.stations.events()) {
      if (event.sequence <= this.lastStationEvent) continue;
      this.lastStationEvent = event.sequence;
      this.ports.audit.append(auditOfStationEvent(event));
    }
    return images.length === 0 && this.site.stations.length > 0;
  }

  private nextMode(
    c: {
      readonly grid: GridWatch;
      readonly state: SiteState;
      readonly stationsSilent: boolean;
      readonly supervisor: ReturnType<RuntimePorts['supervisor']['status']>;
    },
    now: Instant,
  ): void {
    const { grid, supervisor, stationsSilent } = c;
    const backup = c.state.bess.some(
      (b) => b.reading.quality === 'good' && b.reading.value.state === 'backup',
    );
    const input: ModeInput = {
      grid: grid.health,
      recordGood: this.recordGood && grid.health === 'fresh',
      decision: this.decided,
      stations: stationsSilent ? 'silent' : 'fresh',
      line: supervisor.line,
      supervisor: supervisor.answers ? 'answers' : 'silent',
      latched: supervisor.latched,
      emergencyStop: c.state.emergencyStop,
      bessBackup: backup,
      person: this.persons.next(),
      ...(this.serviceUntil === undefined ? {} : { serviceUntil: this.serviceUntil }),
    };
    this.moveMode(input, now);
  }

  private moveMode(input: ModeInput, now: Instant): void {
    const next = nextMode(this.modeState, input, now);
    this.modeState = next.state;
    if (next.transition === undefined) return;
    const { from, to, why } = next.transition;
    this.ports.audit.append({ kind: 'mode', subject: 'site', text: `${from} -> ${to}: ${why}` });
  }

  private decide(state: SiteState, stationsSilent: boolean): Decision {
    const input = {
      facts: this.drills.abilities(),
      state,
      mode: this.modeState.mode,
      modeWhy: this.modeState.why,
      ...(this.raised_at === undefined ? {} : { raised_at: this.raised_at }),
      memory: this.memory,
      trackers: this.trackers,
      overdrawn: this.drills.reserved(isolatedStations(this.overdraw)),
      stationsSilent,
      ...(this.advice === undefined ? {} : { advice: this.advice }),
    };
    const decision = (this.setup.inject?.decide ?? decide)(input);
    this.memory = decision.memory;
    this.raised_at = decision.raised_at;
    return decision;
  }

  private act(decision: Decision, now: Instant): void {
    for (const d of decision.storage) {
      const all = d.kind === 'bess' ? this.devices.bess : this.devices.pv;
      const actuator = all.find((x) => x.file.id === d.id)?.actuator;
      if (d.setpoint === undefined) actuator?.rest(now);
      else actuator?.apply(d.setpoint, now);
    }
    const batch: LeaseBatch = {
      bootId: this.setup.bootId,
      cycle: this.cycle,
      decided_at: now,
      leases: decision.stations.map((s) => s.lease),
    };
    for (const s of decision.stations) this.trackers.get(s.id)?.sending(s.lease, this.cycle, now);
    this.ports.stations.apply(batch);
  }

  private tell(c: {
    readonly state: SiteState;
    readonly grid: GridWatch;
    readonly decision: Decision;
    readonly stationsSilent: boolean;
    readonly links: Links;
    readonly due: Instant;
    readonly now: Instant;
  }): void {
    const { now } = c;
    const changes = this.raiseAlarms(c);
    for (const { change, alarm } of changes) {
      const text = `${change} ${alarm.id}: ${alarm.text}`;
      this.ports.audit.append({ kind: 'alarm', subject: alarm.subject, text });
    }
    this.ports.stations.modeAndLinks(this.modeState.mode, c.links);
    const cycle_ms = this.pace.ends(c.due, this.ports.clock.now());
    this.last = snapshotOf({
      facts: this.setup.facts,
      bootId: this.setup.bootId,
      state: c.state,
      grid: c.grid,
      mode: this.modeState,
      decision: c.decision,
      ...(this.plan === undefined ? {} : { plan: this.plan }),
      trackers: this.trackers,
      alarms: this.alarms.active,
      links: c.links,
      supervisor: this.ports.supervisor.status(),
      cycle_ms,
      leasesAcknowledged: this.leasesAcknowledged(),
      wall_ms: this.ports.clock.wall_ms(),
      now,
    });
    if (!this.drills.uplinkUnused(now)) this.ports.uplink.publish(this.last);
    this.setup.onSnapshot?.(this.last);
  }

  private leasesAcknowledged(): number {
    const field = [...this.devices.bess, ...this.devices.pv];
    const acknowledged = field.reduce((n, d) => n + d.actuator.current().acknowledged, 0);
    return acknowledged + this.ports.stations.leasesAcknowledged();
  }

  private raiseAlarms(c: {
    readonly state: SiteState;
    readonly grid: GridWatch;
    readonly stationsSilent: boolean;
    readonly now: Instant;
  }): readonly AlarmChange[] {
    const energy = this.meter.energyWhy();
    const conditions = conditionsOf({
      site: this.site,
      state: c.state,
      grid: c.grid,
      mode: this.modeState,
      overdraw: this.overdraw,
      stationsSilent: c.stationsSilent || this.ports.stations.gone?.() === true,
      starting: between(this.began, c.now) < START_GRACE_ms,
      ...(energy === undefined ? {} : { meterEnergy: energy }),
      ...(contradicts(this.mismatch, c.now) ? { mismatch_A: this.mismatch.excess_A } : {}),
      ocpp: this.ports.stations.conditions(),
      supervisor: this.ports.supervisor.status(),
      ...(this.plan === undefined ? {} : { plan: this.plan.message }),
      uplinkDown: this.site.uplinks.length > 0 && !this.drills.uplinkUp(c.now),
      drills: this.drills.conditions(),
      ...deviceTrouble(this.devices, c.now),
      expiry: this.expiry.follow(c.now),
      ...(this.pace.late_ms > OVERRUN_ms ? { overrun_ms: this.pace.late_ms } : {}),
      stopWhy: this.stopContacts.why,
    });
    const next = nextAlarms(this.alarms, conditions, c.now);
    this.alarms = next.state;
    return next.changes;
  }
}
