import type { StationLease } from '../../../src/model';
import { createStationFleet } from '../../../src/ocpp';
import type {
  BatchOutcome,
  FleetConfig,
  FleetEvent,
  Frame,
  JsonObject,
  StationConfig,
  StationFleet,
  StationPort,
} from '../../../src/ocpp';
import { instant, later } from '../../../src/time';
import type { Instant } from '../../../src/time';
import { amps } from '../../../src/units';

export const START = instant(5_000_000);
export const WALL_OFFSET = Date.UTC(2026, 5, 1) - START;

export const STATION: StationConfig = {
  id: 'CP1',
  connectors: 2,
  phases: 3,
  floor_A: amps(8),
  max_A: amps(32),
  ttl_ms: 30_000,
  abilities: {
    leaseStorage: 'ram',
    honoursDuration: true,
    maxStackLevel: 8,
    minRenew_s: 0,
    zeroAllowed: true,
    unit: 'A',
  },
};

/** How the played station answers a call; default: everything Accepted, no schedule. */
export type Script = (action: string, payload: JsonObject) => JsonObject | 'error' | 'silence';

export const willing: Script = (action) =>
  action === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' };

/** One fleet and one played station, without any network. */
export class Bench {
  readonly fleet: StationFleet;
  readonly sent: Frame[] = [];
  readonly events: FleetEvent[] = [];
  closedWith: { code: number; reason: string } | undefined;
  now: Instant = START;
  script: Script = willing;
  private port: StationPort | undefined;
  private pending: Frame[] = [];
  private cycle = 0;

  constructor(station: Partial<StationConfig> = {}, config: Partial<FleetConfig> = {}) {
    this.fleet = createStationFleet(
      {
        stations: [{ ...STATION, ...station }],
        idPrefix: 'hf-',
        wall_ms: (now) => now + WALL_OFFSET,
        authorise: () => 'Accepted',
        onEvent: (event) => this.events.push(event),
        ...config,
      },
      this.now,
    );
  }

  get wall_ms(): number {
    return this.now + WALL_OFFSET;
  }

  connect(): boolean {
    const link = {
      send: (frame: Frame): void => {
        this.sent.push(frame);
        this.pending.push(frame);
      },
      close: (code: number, reason: string): void => {
        this.closedWith = { code, reason };
      },
    };
    const outcome = this.fleet.connect('CP1', link, 'ocpp1.6', this.now);
    if (outcome.accepted) this.port = outcome.port;
    return outcome.accepted;
  }

  /** Connects, boots and lets the floor be proved. */
  ready(): this {
    this.connect();
    this.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    this.settle();
    return this;
  }

  disconnect(): void {
    this.port?.closed(this.now);
    this.pending = [];
  }

  /** A CALL of the station; the result is what it gets back. */
  call(action: string, payload: JsonObject, id = `s${this.sent.length}`): Frame | undefined {
    const before = this.sent.length;
    this.port?.receive({ type: 'call', id, action, payload }, this.now);
    return this.sent.slice(before).find((frame) => frame.type !== 'call' && frame.id === id);
  }

  text(text: string): void {
    this.port?.receiveText(text, this.now);
  }

  /** Answers calls of the controller by the script until there are none. */
  settle(): void {
    for (;;) {
      const frame = this.pending.shift();
      if (frame === undefined) return;
      if (frame.type === 'call') this.answer(frame.id, this.script(frame.action, frame.payload));
    }
  }

  /** The call that was left unanswered last is answered after all, by the script. */
  answerLate(): void {
    const call = this.sent.findLast((frame) => frame.type === 'call');
    if (call?.type === 'call') this.answer(call.id, this.script(call.action, call.payload));
    this.settle();
  }

  private answer(id: string, reply: ReturnType<Script>): void {
    if (reply === 'silence') return;
    this.port?.receive(
      reply === 'error'
        ? { type: 'error', id, code: 'NotSupported', description: '' }
        : { type: 'result', id, payload: reply },
      this.now,
    );
  }

  /** Lets time pass in ticks of one second. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.now = later(this.now, 1000);
      this.fleet.tick(this.now);
      this.settle();
    }
  }

  lease(limit: number, action: StationLease['action'] = 'grant', ttl_ms = 30_000): BatchOutcome {
    this.cycle += 1;
    const lease = { station: 'CP1', limit_A: amps(limit), action, ttl_ms };
    const batch = { bootId: 'b1', cycle: this.cycle, decided_at: this.now, leases: [lease] };
    const outcome = this.fleet.apply(batch, this.now);
    this.settle();
    return outcome;
  }

  /** Calls of one action that the controller sent. */
  calls(action: string): readonly JsonObject[] {
    return this.sent.flatMap((frame) =>
      frame.type === 'call' && frame.action === action ? [frame.payload] : [],
    );
  }

  profiles(): readonly JsonObject[] {
    return this.calls('SetChargingProfile').flatMap((payload) => {
      const profile = payload['csChargingProfiles'];
      return isObject(profile) ? [profile] : [];
    });
  }

  get image(): ReturnType<StationFleet['images']>[number] {
    const [image] = this.fleet.images(this.now);
    if (image === undefined) throw new Error('no image');
    return image;
  }

  codes(): readonly string[] {
    return this.events.map((event) => event.code);
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of an object by a path of keys. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return Reflect.get(inner, key);
  }, value);
}
