/** A controller process for the kill test: FOLDER PORT CPMS-URL GENERATION STATIONS. */
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { hashSecret, listenOcpp, schemaCheck, upstreamConnector } from '../../../src/io/ocppRpc';
import { createStationFleet } from '../../../src/ocpp';
import { instant } from '../../../src/time';
import type { Clock } from '../../../src/time';
import { openRecords } from '../../../src/io/store';
import { stationOf } from './stationOf';

const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };

async function main(): Promise<void> {
  const [folder = '', port = '0', url = '', generation = '0', count = '1'] = process.argv.slice(2);
  const { store, recovered } = openRecords(folder);
  const offset_ms = clock.wall_ms() - clock.now();
  const wall_ms = (now: number): number => now + offset_ms;
  const guard = createOcppGuard(STRICT_POLICY, wall_ms);
  const schema = await schemaCheck(['ocpp1.6']);
  const fleet = createStationFleet(
    {
      stations: Array.from({ length: Number(count) }, (_, i) => stationOf(`CP${i}`)),
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
    fleet.apply({ bootId: generation, cycle, decided_at: now, leases: [] }, now);
    fleet.tick(now);
    process.send?.({ backlog: fleet.relayStats()?.backlog ?? 0 });
  }, 250);
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
