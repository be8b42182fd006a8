import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { startBroker } from '../../src/sim/broker';
import { type Gateway, startGateway } from './gateway';

const LOOKS = 40;
const LOOK_ms = 250;
const PROCESSES = ['supervisor', 'recorder', 'stations', 'uplink', 'site'] as const;

/** What of one process the kernel knows of the network: `protocol local port > remote port`. */
function flowsOf(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        // Closed in between.
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6'].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((row) => {
        const [, local = '', remote = '', , , , , , , inode = ''] = row.trim().split(/\s+/);
        return inodes.has(inode) ? `${protocol} ${portOf(local)} > ${portOf(remote)}` : [];
      }),
  );
}

const portOf = (address: string): number => Number.parseInt(address.split(':').at(-1) ?? '', 16);

/** All flows of each process that were seen in ten seconds from the start on. */
async function watched(gateway: Gateway): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const seen = new Map(PROCESSES.map((name) => [name, new Set<string>()]));
  for (let look = 0; look < LOOKS; look += 1) {
    for (const name of PROCESSES) {
      const pid = gateway.pidOf(name);
      if (pid !== undefined) for (const flow of flowsOf(pid)) seen.get(name)?.add(flow);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_ms));
  }
  return seen;
}

describe('INV-6: the processes of a gateway hold declared flows only', function () {
  this.timeout(90_000);
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  it('devices for site, stations for stations, the broker for uplink, nothing for the others', async () => {
    const broker = await startBroker();
    const gateway = await startGateway({ seed: 3, broker: `mqtt://127.0.0.1:${broker.port}` });
    try {
      const seen = await watched(gateway);
      const of = (name: string): readonly string[] => [...(seen.get(name) ?? [])];
      assert.deepEqual([of('supervisor'), of('recorder')], [[], []]);
      const { devicePort, ocppPort } = gateway;
      const ours: Readonly<Record<string, RegExp>> = {
        site: new RegExp(`^tcp6? \\d+ > ${devicePort}$`),
        stations: new RegExp(`^tcp6? ${ocppPort} > \\d+$`),
        uplink: new RegExp(`^tcp6? \\d+ > ${broker.port}$`),
      };
      for (const [name, declared] of Object.entries(ours)) {
        assert(of(name).length > 0, `${name} was seen to speak with nobody`);
        const others = of(name).filter((flow) => !declared.test(flow));
        assert.deepEqual(others, [], name);
      }
    } finally {
      await gateway.stop();
      await broker.close();
    }
  });
});
