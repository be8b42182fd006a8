import type { CaseFinding } from '../../../scripts/campaign';
import { createStationFleet } from '../../../src/ocpp';
import type { Frame, JsonObject } from '../../../src/ocpp';
import { createSimStations, memoryTransport } from '../../../src/sim/stations';
import type { SimTransport } from '../../../src/sim/stations';
import { between } from '../../../src/time';
import type { Instant } from '../../../src/time';
import { amps } from '../../../src/units';
import { seededRandom } from '../../../src/sim/stations/random';
import { VirtualTime } from '../../unit/sim-stations/virtualTime';
import { stationOf } from './stationOf';

const TTL_MS = 30_000;
const FLOOR_A = 8;
const NEVER_S = 1e6;

/** Times after the last renewal that was sent, s. */
interface Fall {
  readonly limit_s: number;
  readonly power_s: number;
}

/**
 * Kills the controller at a random moment of a lease, and watches one honest station: its own limit
 * and its true current. A run with `strip` takes the duration out of every profile: the control.
 */
function oneRun(seed: number, strip: boolean): Fall {
  const time = new VirtualTime();
  const random = seededRandom(seed);
  const fleet = createStationFleet(
    {
      stations: [stationOf('CP1')],
      idPrefix: 'hf-',
      wall_ms: (now) => now + time.offset_ms,
      authorise: () => 'Accepted',
    },
    time.now(),
  );
  const memory = memoryTransport(fleet, time, time);
  const sims = createSimStations({
    stations: [{ id: 'CP1', kind: 'ac', phases: 3, max_A: 32 }],
    transport: strip ? stripped(memory) : memory,
    clock: time,
    timers: time,
    seed,
  });
  const [station] = sims.stations;
  if (station === undefined) throw new Error('no station');
  let alive = true;
  let cycle = 0;
  let renewed_at = time.now();
  time.every(1_000, () => {
    if (!alive) return;
    cycle += 1;
    const action = cycle % 10 === 0 ? 'renew' : 'keep';
    // It counts from sending: a controller may die before it hears the acknowledgement.
    if (action === 'renew') renewed_at = time.now();
    const lease = { station: 'CP1', limit_A: amps(32), action, ttl_ms: TTL_MS } as const;
    fleet.apply({ bootId: 'b', cycle, decided_at: time.now(), leases: [lease] }, time.now());
    fleet.tick(time.now());
  });
  sims.start();
  time.run(3_000);
  station.plug({ phases: 3, rotation: 0, max_A: 32, need_Wh: 90_000 }, time.now());
  time.run(30_000 + random() * 30_000);
  const [image] = fleet.images(time.now());
  alive = false;
  if (image?.lease === undefined) return { limit_s: NEVER_S, power_s: NEVER_S };
  return watch(time, station, renewed_at);
}

function watch(
  time: VirtualTime,
  station: { ownLimit_A(now: Instant): number; trueCurrent_A(now: Instant): readonly number[] },
  renewed_at: Instant,
): Fall {
  let limit_s = NEVER_S;
  let power_s = NEVER_S;
  for (let i = 0; i < 900; i += 1) {
    time.run(100);
    const since_s = between(renewed_at, time.now()) / 1000;
    const raised = Math.max(...station.trueCurrent_A(time.now())) > FLOOR_A + 1e-6;
    if (station.ownLimit_A(time.now()) > FLOOR_A) limit_s = NEVER_S;
    else if (limit_s === NEVER_S) limit_s = since_s;
    if (raised) power_s = NEVER_S;
    else if (power_s === NEVER_S) power_s = since_s;
  }
  return { limit_s, power_s };
}

/** Takes the end out of every charging profile on its way to the station. */
function stripped(inner: SimTransport): SimTransport {
  return {
    open: (station, events) =>
      inner.open(station, { ...events, received: (frame) => events.received(withoutEnd(frame)) }),
  };
}

function withoutEnd(frame: Frame): Frame {
  if (frame.type !== 'call' || frame.action !== 'SetChargingProfile') return frame;
  const clean: unknown = JSON.parse(
    JSON.stringify(frame.payload, (key, value: unknown) =>
      key === 'duration' ? undefined : value,
    ),
  );
  const payload: JsonObject = typeof clean === 'object' && clean !== null ? { ...clean } : {};
  return { ...frame, payload };
}

/** All runs; a run passes when limit and power fall in time. */
export function leaseKill(runs: number, seed: number): CaseFinding {
  let passed = 0;
  let limit_s = 0;
  let power_s = 0;
  for (let i = 0; i < runs; i += 1) {
    const fall = oneRun(seed * 10_000 + i, false);
    limit_s = Math.max(limit_s, fall.limit_s);
    power_s = Math.max(power_s, fall.power_s);
    if (fall.limit_s <= TTL_MS / 1000 + 2 && fall.power_s <= TTL_MS / 1000 + 7) passed += 1;
  }
  const control = oneRun(seed, true);
  const controlFell = control.limit_s < NEVER_S;
  return {
    measured: { runs, passed, limit_at_floor_max_s: limit_s, power_at_floor_max_s: power_s },
    bars: [
      { name: 'passed', op: '==', value: runs },
      { name: 'limit_at_floor_max_s', op: '<=', value: TTL_MS / 1000 + 2 },
      { name: 'power_at_floor_max_s', op: '<=', value: TTL_MS / 1000 + 7 },
    ],
    ...(controlFell && { failure: 'without a duration the lease ended all the same' }),
    negativeControl: { disabled: 'duration of the lease', outcome: controlFell ? 'pass' : 'fail' },
  };
}
