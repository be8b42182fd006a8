import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import type { OcppPolicy } from '../../../src/guard/ocpp';
import { createStationFleet, parseFrame } from '../../../src/ocpp';
import type {
  FleetConfig,
  FleetEvent,
  JsonObject,
  RelayConfig,
  StationConfig,
  StationFleet,
  UpstreamEvents,
} from '../../../src/ocpp';
import { createSimStations, memoryTransport } from '../../../src/sim/stations';
import type { SimStation, SimStationConfig } from '../../../src/sim/stations';
import { amps } from '../../../src/units';
import { VirtualTime } from './virtualTime';

export const SIM_CONFIG: StationConfig = {
  id: 'CP1',
  connectors: 1,
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

export interface RelaySiteOptions {
  readonly station?: Partial<StationConfig>;
  readonly sim?: Partial<SimStationConfig>;
  readonly policy?: Partial<OcppPolicy>;
  readonly relay?: Partial<RelayConfig>;
  readonly fleet?: Partial<FleetConfig>;
  readonly seed?: number;
}

/** One simulated station, its controller, and a CPMS that answers everything; simulated time. */
export class RelaySite {
  readonly time = new VirtualTime();
  readonly fleet: StationFleet;
  readonly station: SimStation;
  readonly events: FleetEvent[] = [];
  /** Messages of the CPMS's side, newest last. */
  readonly toCpms: JsonObject[] = [];
  readonly replies = new Map<string, JsonObject | 'error'>();
  /** The limit that is leased, A; undefined = no batch at all. */
  lease_A: number | undefined = 8;
  /** Cycles between renewals. */
  renew = 10;
  private upstream: UpstreamEvents | undefined;
  private cycle = 0;
  private lastId = 0;

  constructor(options: RelaySiteOptions = {}) {
    const { time } = this;
    const wall_ms = (now: number): number => now + time.offset_ms;
    const guard = createOcppGuard({ ...STRICT_POLICY, ...options.policy }, wall_ms);
    const config = { ...SIM_CONFIG, ...options.station };
    this.fleet = createStationFleet(
      {
        stations: [config],
        idPrefix: 'hf-',
        wall_ms,
        authorise: () => 'Accepted',
        guard: guard.own,
        onEvent: (event) => this.events.push(event),
        relay: {
          connect: (_station, _protocol, events) => {
            this.upstream = events;
            this.soon(() => events.opened(time.now()));
            return {
              send: (text) => this.soon(() => this.heard(text)),
              close: () => (this.upstream = undefined),
            };
          },
          store: { append: (_, durable) => durable(), rewrite: () => undefined },
          recovered: [],
          fromCpms: guard.fromCpms,
          fromStation: guard.fromStation,
          ...options.relay,
        },
        ...options.fleet,
      },
      time.now(),
    );
    const sims = createSimStations({
      stations: [{ id: 'CP1', kind: 'ac', phases: 3, max_A: 32, ...options.sim }],
      transport: memoryTransport(this.fleet, time, time),
      clock: time,
      timers: time,
      seed: options.seed ?? 1,
    });
    const [station] = sims.stations;
    if (station === undefined) throw new Error('no station');
    this.station = station;
    time.every(1000, () => this.tick());
    sims.start();
    time.run(8_000);
  }

  private soon(fn: () => void): void {
    this.time.at(this.time.now(), fn);
  }

  private tick(): void {
    const now = this.time.now();
    this.fleet.tick(now);
    if (this.lease_A === undefined) return;
    this.cycle += 1;
    const action = this.cycle % this.renew === 0 ? 'renew' : 'keep';
    const lease = { station: 'CP1', limit_A: amps(this.lease_A), action, ttl_ms: 30_000 } as const;
    const batch = { bootId: 'b', cycle: this.cycle, decided_at: now, leases: [lease] };
    this.fleet.apply(batch, now);
  }

  private heard(text: string): void {
    const parsed = parseFrame(text, 1e6);
    if (!parsed.ok) return;
    const { frame } = parsed;
    if (frame.type === 'call') {
      this.toCpms.push({ action: frame.action, payload: frame.payload, id: frame.id });
      this.answer(frame.id, frame.action);
    } else this.replies.set(frame.id, frame.type === 'result' ? frame.payload : 'error');
  }

  private answer(id: string, action: string): void {
    const currentTime = new Date(this.time.wall_ms()).toISOString();
    const answers: Readonly<Record<string, object>> = {
      BootNotification: { status: 'Accepted', currentTime, interval: 300 },
      Heartbeat: { currentTime },
      Authorize: { idTagInfo: { status: 'Accepted' }, idTokenInfo: { status: 'Accepted' } },
      StartTransaction: { transactionId: 4711, idTagInfo: { status: 'Accepted' } },
    };
    this.upstream?.received(JSON.stringify([3, id, answers[action] ?? {}]), this.time.now());
  }

  /** A CALL of the CPMS; the result is the station's (or the guard's) answer. */
  cpms(action: string, payload: JsonObject): JsonObject | 'error' | undefined {
    const id = `cpms-${(this.lastId += 1)}`;
    this.upstream?.received(JSON.stringify([2, id, action, payload]), this.time.now());
    this.time.run(2_000);
    return this.replies.get(id);
  }

  /** Calls of one action that reached the CPMS. */
  calls(action: string): readonly JsonObject[] {
    return this.toCpms.filter((one) => one['action'] === action);
  }

  /** Greatest phase current of the whole station. */
  get current(): number {
    return Math.max(...this.station.trueCurrent_A(this.time.now()));
  }

  codes(): readonly string[] {
    return this.events.map((event) => event.code);
  }
}
