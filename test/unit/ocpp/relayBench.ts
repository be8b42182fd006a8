import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import type { OcppPolicy } from '../../../src/guard/ocpp';
import { createStationFleet, encodeFrame } from '../../../src/ocpp';
import type {
  FleetEvent,
  Frame,
  JsonObject,
  OcppProtocol,
  RelayConfig,
  StationConfig,
  StationFleet,
  StationPort,
  UpstreamEvents,
} from '../../../src/ocpp';
import { later } from '../../../src/time';
import type { Instant } from '../../../src/time';
import { START, STATION, WALL_OFFSET } from './bench';

export interface RelayOptions {
  readonly protocol?: OcppProtocol;
  readonly policy?: Partial<OcppPolicy>;
  readonly relay?: Partial<RelayConfig>;
  readonly station?: Partial<StationConfig>;
  readonly recovered?: readonly string[];
  /** Default true: records are durable at once. */
  readonly durable?: boolean;
}

/** A played station, the fleet, and a played CPMS; all by hand, all in memory. */
export class RelayBench {
  readonly fleet: StationFleet;
  readonly events: FleetEvent[] = [];
  /** Texts that reached the station and the CPMS. */
  readonly toStation: string[] = [];
  readonly toCpms: string[] = [];
  readonly records: string[] = [];
  readonly waitingForDisk: (() => void)[] = [];
  now: Instant = START;
  stationClosed = false;
  private port: StationPort | undefined;
  private upstream: UpstreamEvents | undefined;
  private readonly protocol: OcppProtocol;
  private cycle = 0;

  constructor(options: RelayOptions = {}) {
    this.protocol = options.protocol ?? 'ocpp1.6';
    const wall = (now: Instant): number => now + WALL_OFFSET;
    const guard = createOcppGuard({ ...STRICT_POLICY, ...options.policy }, wall);
    this.records.push(...(options.recovered ?? []));
    this.fleet = createStationFleet(
      {
        stations: [{ ...STATION, ...options.station }],
        idPrefix: 'hf-',
        wall_ms: wall,
        authorise: (_, tag) => (tag === 'STRANGER' ? 'Invalid' : 'Accepted'),
        meterInterval_s: 0,
        guard: guard.own,
        onEvent: (event) => this.events.push(event),
        relay: {
          connect: (_station, _protocol, events) => {
            this.upstream = events;
            return {
              send: (text) => this.toCpms.push(text),
              close: () => (this.upstream = undefined),
            };
          },
          store: {
            append: (record, durable) => {
              this.records.push(record);
              if (options.durable === false) this.waitingForDisk.push(durable);
              else durable();
            },
            rewrite: (records) => this.records.splice(0, this.records.length, ...records),
          },
          recovered: options.recovered ?? [],
          fromCpms: guard.fromCpms,
          fromStation: guard.fromStation,
          ...options.relay,
        },
      },
      START,
    );
  }

  connect(): this {
    const link = {
      send: (frame: Frame) => {
        this.toStation.push(encodeFrame(frame));
      },
      close: () => {
        this.stationClosed = true;
      },
    };
    const outcome = this.fleet.connect('CP1', link, this.protocol, this.now);
    if (outcome.accepted) this.port = outcome.port;
    return this;
  }

  /** Station and CPMS connected, floor proved, all that was said so far forgotten. */
  attached(): this {
    this.connect();
    this.cpmsUp();
    this.pass(3);
    this.quietFloor();
    this.toCpms.length = 0;
    this.toStation.length = 0;
    return this;
  }

  /** Station connected and floor proved, no CPMS. */
  detached(): this {
    this.connect();
    this.pass(3);
    this.quietFloor();
    this.toStation.length = 0;
    return this;
  }

  private quietFloor(): void {
    for (let i = 0; i < 10; i += 1) {
      const call = this.lastToStation();
      if (call?.[0] !== 2) return;
      this.toStation.length = 0;
      this.station([3, call[1], { status: 'Accepted' }]);
    }
  }

  lastToStation(): readonly unknown[] | undefined {
    return parse(this.toStation.at(-1));
  }

  lastToCpms(): readonly unknown[] | undefined {
    return parse(this.toCpms.at(-1));
  }

  /** The station says something: text, or a message that is encoded. */
  station(message: string | readonly unknown[]): void {
    this.port?.receiveText(
      typeof message === 'string' ? message : JSON.stringify(message),
      this.now,
    );
  }

  cpms(message: string | readonly unknown[]): void {
    this.upstream?.received(
      typeof message === 'string' ? message : JSON.stringify(message),
      this.now,
    );
  }

  cpmsUp(): void {
    this.upstream?.opened(this.now);
  }

  cpmsDown(): void {
    const { upstream } = this;
    this.upstream = undefined;
    upstream?.closed(this.now);
  }

  get dialled(): boolean {
    return this.upstream !== undefined;
  }

  stationGone(): void {
    this.port?.closed(this.now);
    this.port = undefined;
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.now = later(this.now, 1000);
      this.cycle += 1;
      const batch = { bootId: 'b', cycle: this.cycle, decided_at: this.now, leases: [] };
      this.fleet.apply(batch, this.now);
      this.fleet.tick(this.now);
    }
  }

  codes(): readonly string[] {
    return this.events.map((event) => event.code);
  }
}

function parse(text: string | undefined): readonly unknown[] | undefined {
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return Array.isArray(value) ? value : undefined;
}

export const profile16 = (change: JsonObject = {}, schedule: JsonObject = {}): JsonObject => ({
  chargingProfileId: 5,
  stackLevel: 2,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    chargingRateUnit: 'A',
    startSchedule: '2026-06-01T00:00:00Z',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
    ...schedule,
  },
  ...change,
});
