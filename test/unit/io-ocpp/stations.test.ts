import assert from 'node:assert/strict';
import { instant } from '../../../src/time';
import type { Timers } from '../../../src/time';
import { createSimStations, webSocketTransport } from '../../../src/sim/stations';
import { amps } from '../../../src/units';
import { openRig, realClock, SECRET } from './rig';

const timers: Timers = {
  at(at, fn) {
    const timer = setTimeout(fn, Math.max(0, at - realClock.now()));
    return () => clearTimeout(timer);
  },
};

async function until(what: string, met: () => boolean): Promise<void> {
  const end = Date.now() + 4_000;
  while (!met()) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('stations over real WebSockets', () => {
  it('boot, prove their floor and take a lease; a wrong password leaves the others alone', async () => {
    const rig = await openRig();
    const station = { kind: 'ac', phases: 3, max_A: 32 } as const;
    const sims = createSimStations({
      stations: [
        { ...station, id: 'CP1', password: SECRET },
        { ...station, id: 'CP2', password: 'wrong' },
      ],
      transport: webSocketTransport({ url: rig.server.url }),
      clock: realClock,
      timers,
      seed: 3,
    });
    try {
      sims.start();
      await until(
        'floor verified',
        () => rig.fleet.images(realClock.now())[0]?.floorVerified === true,
      );
      const decided_at = realClock.now();
      const lease = { station: 'CP1', limit_A: amps(16), action: 'grant', ttl_ms: 30_000 } as const;
      rig.fleet.apply({ bootId: 'b', cycle: 1, decided_at, leases: [lease] }, decided_at);
      await until('lease acknowledged', () => rig.fleet.stats().leasesAcknowledged === 1);
      const limit = sims.station('CP1')?.ownLimit_A(instant(realClock.now()));
      assert.equal(limit, 16);
      await until('refusal', () => rig.gate.some((event) => event.code === 'credentials-wrong'));
      assert.equal(rig.fleet.stats().connected, 1);
    } finally {
      sims.stop();
      await rig.close();
    }
  });
});
