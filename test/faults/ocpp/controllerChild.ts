/** A controller process for the kill tests: FOLDER PORT CPMS-URL GENERATION STATIONS [TTL_S]. */
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { hashSecret, listenOcpp, schemaCheck, upstreamConnector } from '../../../src/io/ocppRpc';
import { createStationFleet } from '../../../src/ocpp';
import { instant } from '../../../src/time';
import { amps } from '../../../src/units';
import type { Clock } from '../../../src/time';
import { openRecords } from '../../../src/io/store';
import { stationOf } from './stationOf';

/** What is leased when a TTL is given; above the floor of 8 A. */
const LEASE_A = amps(20);
/** Decisions a second. */
const CYCLES_PER_S = 4;

const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const [folder = '', port = '0', url = '', generation = '0', count = '1', ttl = '0'] = words;
  const ttl_ms = Number(ttl) * 1000;
  const ids = Array.from({ length: Number(count) }, (_, i) => `CP${i}`);
  const { store, recovered } = openRecords(folder);
  const offset_ms = clock.wall_ms() - clock.now();
  const wall_ms = (now: number): number => now + offset_ms;
  const guard = createOcppGuard(STRICT_POLICY, wall_ms);
  const schema = await schemaCheck(['ocpp1.6']);
  const fleet = createStationFleet(
    {
      stations: ids.map((id) => ({ ...stationOf(id), ...(ttl_ms > 0 && { ttl_ms }) })),
      idPrefix: `hf${generation}-`,
      wall_ms,
      authorise: () => 'Accepted',
      meterInterval_s: 1,
      guard: guard.own,
      relay: {
        connect: upstreamConnector({ url, clock }),
        store,
        recovered,
        fromCpms: guard.fromCpms,
        fromStation: guard.fromStation,
        schema,
        provisionalIds: true,
      },
    },
    clock.now(),
  );
  let cycle = 0;
  setInterval(() => {
    cycle += 1;
    const now = clock.now();
    const renews = ttl_ms > 0 && cycle % Math.floor((Number(ttl) * CYCLES_PER_S) / 3) === 0;
    const action = renews ? 'renew' : 'keep';
    const leases = ids.map((station) => ({ station, limit_A: LEASE_A, action, ttl_ms }) as const);
    const batch = { bootId: generation, cycle, decided_at: now };
    fleet.apply({ ...batch, leases: ttl_ms > 0 ? leases : [] }, now);
    if (renews) process.send?.({ renewed_ms: Date.now() });
    fleet.tick(now);
    process.send?.({ backlog: fleet.relayStats()?.backlog ?? 0 });
  }, 1000 / CYCLES_PER_S);
  const secretHash = await hashSecret('secret');
  const server = await listenOcpp({
    port: Number(port),
    fleet,
    clock,
    credentialOf: () => ({ secretHash }),
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: server.port });
}

void main();
