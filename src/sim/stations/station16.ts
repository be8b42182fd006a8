import type { Frame, JsonObject } from '../../ocpp';
import type { Clock, Instant, Timers } from '../../time';
import type { Amps, ThreePhase } from '../../units';
import { StationCore } from './core';
import { MessageQueue } from './messageQueue';
import type { Payload } from './messageQueue';
import { NamedTimers } from './namedTimers';
import { between } from './random';
import { answer16 } from './station16Answers';
import type {
  SimBehaviour,
  SimLink,
  SimStation,
  SimStationConfig,
  SimTransport,
  SimVehicle,
} from './types';
import { sampledValues16, time } from './wire16';

/** Dark time of a power cycle. */
const BOOT_MS = 2_000;
const IDLE_METER_MS = 60_000;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
const ANSWER_MS = 10_000;

export interface StationPorts {
  readonly transport: SimTransport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number;
}

/** The software of a simulated OCPP 1.6 station: boots, reports, obeys (or not). */
export class Station16 implements SimStation {
  readonly id: string;
  readonly core: StationCore;
  meterInterval_ms: number;
  private readonly config: SimStationConfig;
  private readonly ports: StationPorts;
  private readonly queue = new MessageQueue();
  private readonly statuses = new Map<number, string>();
  private readonly timers: NamedTimers;
  private readonly transactions = new Map<string, number>();
  private behaviour: SimBehaviour;
  private link: SimLink | undefined;
  private accepted = false;
  private rebooted = true;
  private failures = 0;
  private lastId = 0;
  private begun = 0;
  private heartbeat_ms = 300_000;
  private running = false;

  constructor(config: SimStationConfig, ports: StationPorts) {
    this.id = config.id;
    this.config = config;
    this.ports = ports;
    this.timers = new NamedTimers(ports.clock, ports.timers);
    this.core = new StationCore(config, ports.seed, ports.clock.now());
    this.meterInterval_ms = (config.meterInterval_s ?? 5) * 1000;
    this.behaviour = config.behaviour ?? 'honest';
    this.core.ignoresProfiles = this.behaviour === 'lying';
  }

  get online(): boolean {
    return this.accepted;
  }

  get behaves(): SimBehaviour {
    return this.behaviour;
  }

  // --- truth -------------------------------------------------------------------------------

  trueCurrent_A(now: Instant): ThreePhase<Amps> {
    return this.core.trueCurrent(now);
  }

  ownLimit_A(now: Instant): number {
    return this.core.ownLimit(now);
  }

  energy_Wh(now: Instant): number {
    let sum = 0;
    for (let i = 1; i <= this.core.connectors; i += 1) sum += this.core.energy_Wh(i, now);
    return sum;
  }

  // --- what people and the site do to it ----------------------------------------------------

  start(): void {
    const now = this.now();
    this.running = true;
    const clock = this.behaviour !== 'pre-boot-gap' && this.config.realTimeClock !== false;
    this.core.power(now, BOOT_MS, clock);
    if (clock) this.core.setClock(this.ports.clock.wall_ms(), now);
    this.rebooted = true;
    this.timers.after('connect', between(this.core.random, 0, 300), () => this.connect());
  }

  stop(): void {
    this.running = false;
    this.timers.cancelAll();
    this.accepted = false;
    this.link?.close();
    this.link = undefined;
  }

  reboot(now: Instant): void {
    const keepsClock = this.behaviour !== 'pre-boot-gap' && this.config.realTimeClock !== false;
    this.core.power(now, BOOT_MS, keepsClock);
    this.rebooted = true;
    this.lost();
    this.link?.close();
    this.link = undefined;
    this.timers.after('connect', BOOT_MS, () => this.connect());
  }

  setLine(line: 'fed' | 'open', now: Instant): void {
    this.core.setLine(line, now);
  }

  setBehaviour(behaviour: SimBehaviour | undefined, now: Instant): void {
    this.behaviour = behaviour ?? this.config.behaviour ?? 'honest';
    this.core.ignoresProfiles = this.behaviour === 'lying';
    this.core.changed(now);
    if (this.behaviour === 'flapping') this.flap();
    else this.timers.cancel('flap');
  }

  plug(vehicle: SimVehicle, now: Instant, connector = 1): void {
    if (this.core.vehicle(connector) !== undefined) this.unplug(now, connector);
    this.core.plug(vehicle, now, connector);
    this.report(connector, now);
    const idTag = `TAG-${this.id}`.slice(0, 20);
    this.call('Authorize', { idTag }, false, (result) => {
      const info = result['idTagInfo'];
      const accepted = typeof info === 'object' && info !== null && 'status' in info;
      if (accepted && info.status === 'Accepted') this.begin(connector, idTag);
    });
    // Offline, an honest station charges and tells later (AllowOfflineTxForUnknownId).
    if (!this.accepted) this.begin(connector, idTag);
  }

  private begin(connector: number, idTag: string): void {
    const now = this.now();
    if (this.core.vehicle(connector) === undefined || this.core.session(connector)) return;
    const started_ms = this.wall();
    const local = `local-${(this.begun += 1)}`;
    this.core.setSession(connector, { transaction: local, started_ms }, now);
    const payload = {
      connectorId: connector,
      idTag,
      meterStart: Math.round(this.core.energy_Wh(connector, now)),
      timestamp: new Date(started_ms).toISOString(),
    };
    this.call('StartTransaction', payload, true, (result) => {
      const id = result['transactionId'];
      if (typeof id !== 'number') return;
      this.transactions.set(local, id);
      if (this.core.session(connector)?.transaction !== local) return;
      this.core.setSession(connector, { transaction: String(id), started_ms }, this.now());
    });
    this.report(connector, now);
    this.meterSoon();
  }

  unplug(now: Instant, connector = 1): void {
    this.core.unplug(now, connector);
    this.finish(connector, 'EVDisconnected', now);
    this.report(connector, now);
  }

  /** Ends the transaction of a connector, if there is one. */
  finish(connector: number, reason: string, now: Instant): void {
    const session = this.core.session(connector);
    if (session === undefined) return;
    this.core.setSession(connector, undefined, now);
    this.meter(connector, now);
    const rest = {
      meterStop: Math.round(this.core.energy_Wh(connector, now)),
      timestamp: new Date(this.wall()).toISOString(),
      reason,
    };
    const payload = (): JsonObject => ({ ...this.transactionOf(session.transaction), ...rest });
    this.call('StopTransaction', payload, true);
  }

  // --- connection --------------------------------------------------------------------------

  private connect(): void {
    if (!this.running) return;
    let mine: SimLink | undefined = undefined;
    const own = (): boolean => mine !== undefined && this.link === mine;
    mine = this.ports.transport.open(this.config, {
      opened: () => {
        if (own()) this.opened();
      },
      received: (frame) => {
        if (own()) this.received(frame);
      },
      closed: () => {
        if (!own()) return;
        this.link = undefined;
        this.lost();
        const step = Math.min(this.failures, BACKOFF_MS.length - 1);
        const wait_ms = (BACKOFF_MS[step] ?? 10_000) * between(this.core.random, 0.8, 1.2);
        this.failures += 1;
        this.timers.after('connect', wait_ms, () => this.connect());
      },
    });
    this.link = mine;
  }

  private lost(): void {
    this.accepted = false;
    this.timers.cancel('meter');
    this.timers.cancel('heartbeat');
    this.timers.cancel('answer');
    this.timers.cancel('flap');
    this.queue.disconnected();
  }

  private opened(): void {
    this.failures = 0;
    if (this.behaviour === 'flapping') this.flap();
    if (!this.rebooted) {
      this.ready();
      return;
    }
    this.boot();
  }

  private boot(): void {
    const payload = { chargePointVendor: 'Holdfast', chargePointModel: 'Simulated' };
    this.queue.first({
      id: this.nextId(),
      action: 'BootNotification',
      payload,
      keep: false,
      onResult: (result) => this.booted(result),
    });
    this.pump();
  }

  private booted(result: JsonObject): void {
    const wall_ms = time(result, 'currentTime');
    if (wall_ms !== undefined) this.core.setClock(wall_ms, this.now());
    const interval = result['interval'];
    if (result['status'] !== 'Accepted') {
      const wait_s = typeof interval === 'number' && interval > 0 ? interval : 10;
      this.timers.after('boot', wait_s * 1000, () => this.boot());
      return;
    }
    if (typeof interval === 'number' && interval > 0) this.heartbeat_ms = interval * 1000;
    this.rebooted = false;
    this.statuses.clear();
    this.ready();
  }

  private ready(): void {
    this.accepted = true;
    const now = this.now();
    for (let i = 1; i <= this.core.connectors; i += 1) this.report(i, now);
    this.meterSoon();
    this.beat();
    this.pump();
  }

  private beat(): void {
    this.timers.after('heartbeat', this.heartbeat_ms, () => {
      this.heartbeat();
      this.beat();
    });
  }

  /** Asks for the time and takes it. */
  heartbeat(): void {
    this.call('Heartbeat', {}, false, (result) => {
      const wall_ms = time(result, 'currentTime');
      if (wall_ms !== undefined) this.core.setClock(wall_ms, this.now());
    });
  }

  /** A Reset of the controller: the answer goes out first. */
  resetSoon(): void {
    this.timers.after('reset', 500, () => this.reboot(this.now()));
  }

  /** Drops the connection every 5-30 s. */
  private flap(): void {
    this.timers.after('flap', between(this.core.random, 5_000, 30_000), () => this.link?.close());
  }

  // --- messages ----------------------------------------------------------------------------

  private received(frame: Frame): void {
    if (frame.type === 'call') {
      const respond = (): void => {
        const reply = answer16(this, frame, this.now());
        this.link?.send(reply);
        this.core.changed(this.now());
      };
      if (this.behaviour === 'slow') {
        this.timers.after(`slow-${frame.id}`, between(this.core.random, 3_000, 6_000), respond);
      } else respond();
      return;
    }
    const message = this.queue.answered(frame.id);
    if (message === undefined) return;
    this.timers.cancel('answer');
    if (frame.type === 'result') message.onResult?.(frame.payload);
    this.pump();
  }

  call(
    action: string,
    payload: Payload,
    keep: boolean,
    onResult?: (result: JsonObject) => void,
  ): void {
    if (!keep && !this.accepted) return;
    const message = { id: this.nextId(), action, payload, keep };
    this.queue.push(onResult === undefined ? message : { ...message, onResult });
    this.pump();
  }

  private pump(): void {
    if (this.link === undefined) return;
    const frame = this.queue.next();
    if (frame === undefined) return;
    this.link.send(frame);
    this.timers.after('answer', ANSWER_MS, () => this.link?.close());
  }

  private nextId(): string {
    this.lastId += 1;
    return `${this.id.slice(0, 20)}-${this.ports.seed.toString(36).slice(0, 6)}-${this.lastId}`;
  }

  // --- reports -----------------------------------------------------------------------------

  /** Sends the connector's status when it changed. */
  report(connector: number, now: Instant, always = false): void {
    const status = this.statusOf(connector, now);
    if (!always && this.statuses.get(connector) === status) return;
    if (!this.accepted) return;
    this.statuses.set(connector, status);
    const timestamp = new Date(this.wall()).toISOString();
    const payload = { connectorId: connector, errorCode: 'NoError', status, timestamp };
    this.call('StatusNotification', payload, false);
  }

  private statusOf(connector: number, now: Instant): string {
    if (this.core.vehicle(connector) === undefined) return 'Available';
    if (this.core.session(connector) === undefined) return 'Preparing';
    if (this.core.full(connector)) return 'SuspendedEV';
    return this.core.offered(connector, now) > 0 ? 'Charging' : 'SuspendedEVSE';
  }

  meterSoon(): void {
    if (!this.accepted) return;
    this.timers.after('meter', this.meterInterval_ms, () => {
      const now = this.now();
      let busy = false;
      for (let i = 1; i <= this.core.connectors; i += 1) {
        busy ||= this.core.session(i) !== undefined;
        this.report(i, now);
        this.meter(i, now);
      }
      if (busy) this.meterSoon();
      else this.timers.after('meter', IDLE_METER_MS, () => this.meterSoon());
    });
  }

  meter(connector: number, now: Instant): void {
    const session = this.core.session(connector);
    const sampledValue = sampledValues16(
      this.claimedCurrent(connector, now),
      this.core.energy_Wh(connector, now),
    );
    const timestamp = new Date(this.wall()).toISOString();
    const payload = (): JsonObject => ({
      connectorId: connector,
      ...(session !== undefined && this.transactionOf(session.transaction)),
      meterValue: [{ timestamp, sampledValue }],
    });
    this.call('MeterValues', payload, session !== undefined);
  }

  /** The id given by the controller; known when a message leaves, not when it is written. */
  private transactionOf(transaction: string): { readonly transactionId: number } {
    return { transactionId: this.transactions.get(transaction) ?? Number(transaction) };
  }

  /** A lying station reports what it was told, whatever it draws. */
  private claimedCurrent(connector: number, now: Instant): readonly [number, number, number] {
    const [a, b, c] = this.core.connectorCurrent(connector, now);
    if (this.behaviour !== 'lying') return [a, b, c];
    const wall_ms = this.core.wall_ms(now) ?? 0;
    const told = this.core.engine.stationLimit(wall_ms).limit_A;
    return [Math.min(a, told), Math.min(b, told), Math.min(c, told)];
  }

  /** Wall time as the station believes it. */
  wall(): number {
    return this.core.wall_ms(this.now()) ?? this.ports.clock.wall_ms();
  }

  now(): Instant {
    return this.ports.clock.now();
  }
}
