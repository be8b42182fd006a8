import type { StationLease } from '../../../src/model';
import { createStationFleet } from '../../../src/ocpp';
import type { StationFleet } from '../../../src/ocpp';
import { createSimStations, memoryTransport } from '../../../src/sim/stations';
import type {
  SimStation,
  SimStationConfig,
  SimStations,
  SimTransport,
} from '../../../src/sim/stations';
import { amps } from '../../../src/units';
import { SIM_CONFIG } from './relaySite';
import { VirtualTime } from './virtualTime';

export interface Site {
  readonly time: VirtualTime;
  readonly fleet: StationFleet;
  readonly sims: SimStations;
  readonly station: SimStation;
  /** The limit that the controller leases each second, A; undefined = it is dead. */
  lease_A: number | undefined;
  /** Actions that the station sent, in order. */
  readonly heard: string[];
  /** No batch any more, and no clear either: the process is gone. */
  kill(): void;
  /** Another controller that knows nothing; the station keeps its power and its car. */
  restart(): void;
}

/** One simulated station and its controller in memory, in simulated time. */
export function oneStation(change: Partial<SimStationConfig> = {}, seed = 1): Site {
  const time = new VirtualTime();
  const create = (): StationFleet =>
    createStationFleet(
      {
        stations: [SIM_CONFIG],
        idPrefix: 'hf-',
        wall_ms: (now) => now + time.offset_ms,
        authorise: () => 'Accepted',
      },
      time.now(),
    );
  let fleet = create();
  const config = { id: 'CP1', kind: 'ac', phases: 3, max_A: 32, ...change } as const;
  let alive = true;
  const heard: string[] = [];
  let cut = (): void => undefined;
  const transport: SimTransport = {
    open(one, events) {
      const link = memoryTransport(fleet, time, time).open(one, events);
      cut = () => {
        link.close();
        events.closed(1006, '');
      };
      return {
        send(frame) {
          if (frame.type === 'call') heard.push(frame.action);
          link.send(frame);
        },
        sendText: (text) => link.sendText(text),
        close: () => link.close(),
      };
    },
  };
  const sims = createSimStations({
    stations: [config],
    transport,
    clock: time,
    timers: time,
    seed,
  });
  const [station] = sims.stations;
  if (station === undefined) throw new Error('no station');
  const site: Site = {
    time,
    get fleet() {
      return fleet;
    },
    sims,
    station,
    lease_A: 8,
    heard,
    kill: () => (alive = false),
    restart() {
      fleet = create();
      cut();
    },
  };
  let cycle = 0;
  time.every(1000, () => {
    if (!alive) return;
    fleet.tick(time.now());
    if (site.lease_A === undefined) return;
    cycle += 1;
    const lease: StationLease = {
      station: 'CP1',
      limit_A: amps(site.lease_A),
      action: cycle % 10 === 0 ? 'renew' : 'keep',
      ttl_ms: 30_000,
    };
    const batch = { bootId: 'b', cycle, decided_at: time.now(), leases: [lease] };
    fleet.apply(batch, time.now());
  });
  sims.start();
  return site;
}

export const CAR = { phases: 3, rotation: 0, max_A: 32, need_Wh: 80_000 } as const;

/** Greatest phase current at this moment. */
export const current = (site: Site): number =>
  Math.max(...site.station.trueCurrent_A(site.time.now()));
