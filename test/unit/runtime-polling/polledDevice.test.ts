import { strict as assert } from 'node:assert';
import { parseProfile, PROFILES, readPlan } from '../../../src/device';
import type { Bus, BusRequest } from '../../../src/modbus';
import { PolledDevice } from '../../../src/runtime';
import { gridLayout } from '../../../src/supervisor';
import { instant, later } from '../../../src/time';

describe('a polled grid meter', () => {
  it('hands on the reply that the supervisor decodes, whichever came last', () => {
    let several = 0;
    for (const data of PROFILES.filter((p) => p.nature === 'Meter')) {
      // Everything in each cycle: then several replies compete for being the newest.
      const blocks = data.blocks.map((b) => ({ ...b, every: 'cycle' as const }));
      const parsed = parseProfile({ ...data, blocks });
      assert(parsed.ok);
      const { profile } = parsed;
      const layout = gridLayout(profile, 10);
      const cyclic = readPlan(profile).filter((r) => r.every === 'cycle');
      if (layout === undefined) continue;
      if (cyclic.length > 1) several += 1;
      for (const last of cyclic) {
        const asked: BusRequest[] = [];
        const bus = { submit: (r: BusRequest) => void asked.push(r) };
        const start = instant(1000);
        const periods = { cycle_ms: 500, slow_ms: 10_000, priority: 2 } as const;
        const device = new PolledDevice('m', profile, bus as Bus, periods, start);
        device.poll(start);
        const order = [...asked].sort(
          (a, b) => Number(a.request === last.request) - Number(b.request === last.request),
        );
        order.forEach(({ request, onDone }, i) => {
          assert(request.kind === 'read');
          const at = later(start, 10 * i);
          const registers = new Array<number>(request.count).fill(0);
          const frame = Uint8Array.of(i);
          onDone({ ok: true, registers, received_at: at, frame, roundTrip_ms: 5, sent_at: at }, at);
        });
        const raw = device.raw();
        assert.equal(raw?.read.request.count, layout.registers, profile.id);
        assert.equal(raw.read.request.table === 'holding' ? 3 : 4, layout.functionCode);
      }
    }
    assert(several > 0, 'a meter with several cyclic reads is among them');
  });
});
