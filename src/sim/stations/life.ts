import type { CallFrame, Frame, JsonObject } from '../../ocpp';
import type { Clock, Instant, Timers } from '../../time';
import type { Amps, ThreePhase } from '../../units';
import { StationCore } from './core';
import { MessageQueue } from './messageQueue';
import type { Payload } from './messageQueue';
import { NamedTimers } from './namedTimers';
import { between } from './random';
import type {
  SimBehaviour,
  SimLink,
  SimStation,
  SimStationConfig,
  SimTransport,
  SimVehicle,
} from './types';
import { time } from './wire16';

/** Dark time of a power cycle. */
const BOOT_MS = 2_000;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
const ANSWER_MS = 10_000;
/** A flooding station sends so often. */
const FLOOD_MS = 2;

/** What a hostile station sends between its own messages. */
const HOSTILE: readonly string[] = [
  '',
  '{',
  '[]',
  '[2]',
  '[2,"1"]',
  '[2,"1","Authorize",{"__proto__":{"x":1}}]',
  '[3,"hf-1",{"status":"Accepted"}]',
  '[2,"h1","MeterValues",{"connectorId":1,"meterValue":[{"timestamp":"1970","sampledValue":[{"value":"-1e308","measurand":"Power.Active.Import"}]}]}]',
  '[2,"h2","StatusNotification",{"connectorId":99999,"status":"Charging"}]',
  '[2,"h3","StartTransaction",{"connectorId":1,"idTag":"EVIL","meterStart":-5}]',
  '[2,"h4","SetChargingProfile",{}]',
  '[5,"h5","x",{}]',
];

export interface StationPorts {
  readonly transport: SimTransport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number;
}

/**
 * What the software of a simulated station does in every OCPP version: power, connection with
 * back-off, boot, heartbeat, its queue of calls. The version's own messages are in subclasses.
 */
export abstract class StationLife implements SimStation {
  readonly id: string;
  readonly core: StationCore;
  protected readonly config: SimStationConfig;
  protected readonly timers: NamedTimers;
  private readonly ports: StationPorts;
  private readonly queue = new MessageQueue();
  private behaviour: SimBehaviour;
  private link: SimLink | undefined;
  private accepted = false;
  private rebooted = true;
  private failures = 0;
  private lastId = 0;
  private heartbeat_ms = 300_000;
  private running = false;

  constructor(config: SimStationConfig, ports: StationPorts) {
    this.id = config.id;
    this.config = config;
    this.ports = ports;
    this.timers = new NamedTimers(ports.clock, ports.timers);
    this.core = new StationCore(config, ports.seed, ports.clock.now());
    this.behaviour = config.behaviour ?? 'honest';
    this.core.ignoresProfiles = this.behaviour === 'lying';
  }

  abstract plug(vehicle: SimVehicle, now: Instant, connector?: number): void;
  abstract unplug(now: Instant, connector?: number): void;
  /** Payload of the BootNotification of this version. */
  protected abstract bootPayload(): JsonObject;
  /** The answer to a CALL of the controller. */
  protected abstract answer(call: CallFrame, now: Instant): Frame;
  /** Boot accepted or connection back: report everything and go on metering. */
  protected abstract announce(afterBoot: boolean): void;

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

  /** A lying station reports what it was told, whatever it draws. */
  protected claimedCurrent(connector: number, now: Instant): readonly [number, number, number] {
    const [a, b, c] = this.core.connectorCurrent(connector, now);
    if (this.behaves !== 'lying') return [a, b, c];
    const wall_ms = this.core.wall_ms(now) ?? 0;
    const told = this.core.engine.stationLimit(wall_ms).limit_A;
    return [Math.min(a, told), Math.min(b, told), Math.min(c, told)];
  }

  // --- power and faults --------------------------------------------------------------------

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
    this.pester();
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
    this.timers.cancel('pester');
    this.queue.disconnected();
  }

  private opened(): void {
    this.failures = 0;
    if (this.behaviour === 'flapping') this.flap();
    this.pester();
    if (!this.rebooted) {
      this.ready(false);
      return;
    }
    this.boot();
  }

  private boot(): void {
    this.queue.first({
      id: this.nextId(),
      action: 'BootNotification',
      payload: this.bootPayload(),
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
    this.ready(true);
  }

  private ready(afterBoot: boolean): void {
    this.accepted = true;
    this.announce(afterBoot);
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

  /** Garbage, forged answers and lies, as fast as a station may send. */
  private pester(): void {
    if (this.behaviour === 'flooding') {
      this.timers.after('pester', FLOOD_MS, () => {
        this.link?.sendText('[2,"f","Heartbeat",{}]');
        this.pester();
      });
    }
    if (this.behaviour !== 'hostile') return;
    this.timers.after('pester', between(this.core.random, 20, 500), () => {
      const odd = HOSTILE[Math.floor(this.core.random() * HOSTILE.length)];
      if (odd !== undefined) this.link?.sendText(odd);
      this.pester();
    });
  }

  // --- messages ----------------------------------------------------------------------------

  /** Drops the connection every 5-30 s. */
  private flap(): void {
    if (this.behaviour !== 'flapping') return;
    this.timers.after('flap', between(this.core.random, 5_000, 30_000), () => this.link?.close());
  }

  // --- messages ----------------------------------------------------------------------------

  private received(frame: Frame): void {
    if (frame.type === 'call') {
      const respond = (): void => {
        const reply = this.answer(frame, this.now());
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

  /** Wall time as the station believes it. */
  wall(): number {
    return this.core.wall_ms(this.now()) ?? this.ports.clock.wall_ms();
  }

  now(): Instant {
    return this.ports.clock.now();
  }
}
