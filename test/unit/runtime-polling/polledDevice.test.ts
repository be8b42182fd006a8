import { strict as assert } from 'node:assert';
import { parseProfile, profileById, PROFILES, readPlan } from '../../../src/device';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { type Bus, type BusRequest, createBus } from '../../../src/modbus';
import { PolledDevice } from '../../../src/runtime';
import { createSimBess } from '../../../src/sim/devices';
import { createSegment, SeededRandom } from '../../../src/sim/segment';
import { VirtualTime } from '../../../src/sim/time';
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

describe('a polled battery', () => {
  /** A device whose every read is answered by its own simulation. */
  function rig() {
    const data = profileById('sunspec-bess-704');
    const parsed = data === undefined ? undefined : parseProfile(data);
    assert(parsed?.ok === true);
    const time = new VirtualTime();
    const random = new SeededRandom(1);
    const options = { now: () => time.now(), random: () => random.next(), unit: 20 };
    const bess = createSimBess(parsed.profile, options);
    const devices = [{ unit: 20, respond: (adu: Uint8Array) => bess.answer(adu) }];
    const segment = createSegment({ clock: time, timers: time, baud: 19200, devices, seed: 2 });
    const make = () => segment.framePort();
    const bus = createBus({
      port: make(),
      codec: createPduCodec(),
      clock: time,
      timers: time,
      judge: () => ({ allow: true }),
      devices: [{ id: 'bess', unit: 20 }],
    });
    const periods = { cycle_ms: 1000, slow_ms: 10_000, priority: 3 } as const;
    const device = new PolledDevice('bess', parsed.profile, bus, periods, time.now());
    const run = (s: number): void => {
      for (let i = 0; i < 4 * s; i += 1) {
        device.poll(time.now());
        time.runUntil(later(time.now(), 250));
      }
    };
    run(10);
    assert.equal(device.mayWrite(), true);
    return { time, bus, device, segment, make, run };
  }

  it('is not written to after a loss of the port that no request met, until it is known again', () => {
    const { time, bus, device, make, run } = rig();
    assert(bus.suspend('a short loss'));
    bus.resume(make());
    time.runUntil(later(time.now(), 100));
    assert.equal(bus.statistics().open, true);
    assert.equal(device.mayWrite(), false);
    run(5);
    assert.equal(device.mayWrite(), true);
  });

  it('is not written to after a long silence, until it is known again', () => {
    const { device, segment, run } = rig();
    segment.silent.add(20);
    run(10);
    assert.equal(device.mayWrite(), false);
    segment.silent.delete(20);
    run(20);
    assert.equal(device.mayWrite(), true);
  });

  it('counts as gone within two seconds of its last answer, and not any more at the next one', () => {
    const { time, device, segment, run } = rig();
    assert.equal(device.gone(time.now()), false);
    segment.silent.add(20);
    run(2);
    assert.equal(device.gone(time.now()), true);
    segment.silent.delete(20);
    run(4);
    assert.equal(device.gone(time.now()), false);
  });

  it('is not gone because one answer was lost, at whatever moment of a poll', () => {
    for (let begin_ms = 0; begin_ms < 1000; begin_ms += 50) {
      const { time, device, segment } = rig();
      const start = time.now();
      const missing: number[] = [];
      for (let ms = 0; ms < 3000; ms += 10) {
        // Shorter than a request and its repetition.
        if (ms === begin_ms) segment.silent.add(20);
        if (ms === begin_ms + 100) segment.silent.delete(20);
        if (ms % 250 === 0) device.poll(time.now());
        time.runUntil(later(start, ms + 10));
        if (device.gone(time.now())) missing.push(ms);
      }
      assert.deepEqual(missing, [], `lost from ${begin_ms} ms`);
    }
  });
});
