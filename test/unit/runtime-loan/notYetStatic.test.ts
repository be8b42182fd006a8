import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import type { DeviceProfile } from '../../../src/device';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { createBus } from '../../../src/modbus';
import { FieldDevices, siteProfiles } from '../../../src/runtime';
import { createSimBess, type SimBess } from '../../../src/sim/devices';
import { createSegment, SeededRandom } from '../../../src/sim/segment';
import { VirtualTime } from '../../../src/sim/time';
import { later } from '../../../src/time';
import { watts } from '../../../src/units';

const SITE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');
const KEY = 'rs485-0';

/** The battery of the demo site, told what a test wants. */
class Rig {
  readonly time = new VirtualTime();
  readonly bess: SimBess;
  readonly field: FieldDevices;

  constructor(fedByReads: boolean) {
    const { time } = this;
    const { site } = loadSite(SITE);
    assert.ok(site !== undefined);
    const parsed = siteProfiles(site);
    assert.ok(parsed.ok);
    const known = parsed.profiles.get('bess');
    assert.ok(known !== undefined && known.data.lease.mechanism !== 'none');
    const data = { ...known.data, lease: { ...known.data.lease, fedByReads } };
    const profile: DeviceProfile = { ...known, data };
    const random = new SeededRandom(3);
    const options = { now: () => time.now(), random: () => random.next(), unit: 1 };
    this.bess = createSimBess(profile, options);
    const devices = [{ unit: 1, respond: (adu: Uint8Array) => this.bess.answer(adu) }];
    const segment = createSegment({ clock: time, timers: time, baud: 19200, devices, seed: 2 });
    const bus = createBus({
      port: segment.framePort(),
      codec: createPduCodec(),
      clock: time,
      timers: time,
      judge: () => ({ allow: true }),
      devices: [{ id: 'bess', unit: 1 }],
    });
    const only = { ...site, meters: [], pv: [] };
    this.field = new FieldDevices(
      only,
      new Map([['bess', profile]]),
      new Map([[KEY, bus]]),
      time.now(),
    );
    this.run(15);
  }

  run(seconds: number): void {
    for (let tenth = 0; tenth < 10 * seconds; tenth += 1) {
      this.field.poll(this.time.now());
      this.time.runUntil(later(this.time.now(), 100));
      this.bess.step(this.time.now(), 100);
    }
  }

  tell(action: 'grant' | 'clear'): void {
    const value = watts(action === 'clear' ? 0 : 5000);
    const setpoint = { device: 'bess', quantity: 'bess-power', ttl_ms: 20_000 } as const;
    const now = this.time.now();
    this.field.bess[0]?.actuator.apply({ ...setpoint, action, value, reasons: [] }, now);
    this.run(2);
  }

  why(): string | undefined {
    return this.field.notYetStatic(KEY, this.time.now());
  }
}

describe('whether every device of a bus is at static', () => {
  it('what was told before the start is waited for: the longest lease of the site', () => {
    const rig = new Rig(false);
    assert.match(rig.why() ?? '', /bess may hold a setpoint for 50 s more/);
    rig.run(50);
    assert.equal(rig.why(), undefined);
    assert.equal(rig.field.notYetStatic('another', rig.time.now()), undefined);
  });

  it('a setpoint counts until it is taken back and read back, or has expired', () => {
    const rig = new Rig(false);
    rig.tell('grant');
    assert.match(rig.why() ?? '', /for 1\d s more/);
    rig.tell('clear');
    assert.equal(rig.why(), undefined);
    rig.tell('grant');
    rig.bess.fault = 'frozen';
    rig.tell('clear');
    assert.match(rig.why() ?? '', /s more/, 'a clear that is not read back is none');
    rig.run(20);
    assert.equal(rig.why(), undefined, 'expired on the device');
  });

  it('a setpoint that reads keep alive never counts as expired; taking it back does', () => {
    const rig = new Rig(true);
    rig.tell('grant');
    rig.run(120);
    assert.match(rig.why() ?? '', /reads keep alive: it was never taken back/);
    rig.tell('clear');
    assert.equal(rig.why(), undefined);
  });
});
