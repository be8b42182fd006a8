import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { type Bus, createBus } from '../../../src/modbus';
import type { BessState } from '../../../src/model';
import { siteProfiles } from '../../../src/runtime';
import { busKey } from '../../../src/runtime/assemble';
import { FieldDevices } from '../../../src/runtime/fieldDevices';
import { createSimBess, createSimPv, type SimBess, type SimFault } from '../../../src/sim/devices';
import { createSegment, SeededRandom } from '../../../src/sim/segment';
import { VirtualTime } from '../../../src/sim/time';
import { later } from '../../../src/time';
import { watts } from '../../../src/units';

const SITE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');

/** A bus on an emulated wire with this device as unit 1, and a guard that allows all. */
function busTo(device: Pick<SimBess, 'answer'>, id: string, time: VirtualTime): Bus {
  const devices = [{ unit: 1, respond: (adu: Uint8Array) => device.answer(adu) }];
  const segment = createSegment({ clock: time, timers: time, baud: 19200, devices, seed: 2 });
  return createBus({
    port: segment.framePort(),
    codec: createPduCodec(),
    clock: time,
    timers: time,
    judge: () => ({ allow: true }),
    devices: [{ id, unit: 1 }],
  });
}

/** The battery of the demo site on an emulated wire, commanded once a second as by the loop. */
class Rig {
  readonly time = new VirtualTime();
  readonly bess: SimBess;
  readonly field: FieldDevices;
  setpoint_W = 5000;

  constructor() {
    const { time } = this;
    const { site } = loadSite(SITE);
    assert.ok(site !== undefined);
    const parsed = siteProfiles(site);
    assert.ok(parsed.ok);
    const [file] = site.bess;
    const profile = parsed.profiles.get(file?.id ?? '');
    assert.ok(file !== undefined && profile !== undefined);
    const random = new SeededRandom(3);
    const now = () => time.now();
    this.bess = createSimBess(profile, { now, random: () => random.next(), unit: 1 });
    const bus = busTo(this.bess, file.id, time);
    const only = { ...site, meters: [], pv: [] };
    this.field = new FieldDevices(only, parsed.profiles, new Map([[busKey(file), bus]]), now());
  }

  state(): BessState {
    const [state] = this.field.bessStates(this.time.now());
    assert.ok(state !== undefined);
    return state;
  }

  /** Runs for `seconds`; gives the first second in which `told` held. */
  run(seconds: number, told: (state: BessState) => boolean = () => false): number | undefined {
    let first: number | undefined;
    for (let s = 1; s <= seconds; s += 1) {
      const now = this.time.now();
      this.field.bess[0]?.actuator.apply(
        {
          device: 'bess',
          quantity: 'bess-power',
          action: 'renew',
          value: watts(this.setpoint_W),
          ttl_ms: 10_000,
          reasons: [],
        },
        now,
      );
      for (let tenth = 0; tenth < 10; tenth += 1) {
        this.field.poll(this.time.now());
        this.time.runUntil(later(this.time.now(), 100));
        this.bess.step(this.time.now(), 100);
      }
      if (first === undefined && told(this.state())) first = s;
    }
    return first;
  }

  fault(fault: SimFault): void {
    this.bess.fault = fault;
  }
}

describe('verified actuation', () => {
  it('a setpoint counts after echo and read-back, and a device that follows is responding', () => {
    const rig = new Rig();
    rig.run(15);
    const state = rig.state();
    assert.equal(state.lease?.value, 5000);
    assert.equal(state.notResponding, false);
    assert.ok(Math.abs(rig.bess.truePower_W() - 5000) < 1);
  });

  it('deaf: proved by read-back but not executed, so not responding within 8 s', () => {
    const rig = new Rig();
    rig.run(15);
    rig.fault('deaf');
    rig.setpoint_W = -20_000;
    const told_s = rig.run(30, (state) => state.notResponding);
    assert.ok(told_s !== undefined && told_s <= 8, `told after ${told_s ?? 'never'} s`);
    rig.fault('none');
    rig.run(15);
    assert.equal(rig.state().notResponding, false);
  });

  it('frozen: what is not read back is no lease, and the reading is not believed', () => {
    const rig = new Rig();
    rig.run(15);
    rig.fault('frozen');
    rig.setpoint_W = -20_000;
    rig.run(15);
    const state = rig.state();
    assert.notEqual(state.lease?.value, -20_000);
    assert.notEqual(state.reading.quality, 'good');
    assert.equal(state.commanded_W, -20_000);
  });
});

describe('sun that was curtailed', () => {
  it('counts up to its rating again once the limit is taken back', () => {
    const time = new VirtualTime();
    const { site } = loadSite(SITE);
    assert.ok(site !== undefined);
    const parsed = siteProfiles(site);
    assert.ok(parsed.ok);
    const [file] = site.pv;
    const profile = parsed.profiles.get(file?.id ?? '');
    assert.ok(file !== undefined && profile !== undefined);
    const random = new SeededRandom(3);
    const now = () => time.now();
    const sun = { now, random: () => random.next(), unit: 1, irradiance: () => 1 };
    const sim = createSimPv(profile, sun);
    const bus = busTo(sim, file.id, time);
    const only = { ...site, meters: [], bess: [] };
    const field = new FieldDevices(only, parsed.profiles, new Map([[busKey(file), bus]]), now());
    const cycle = (value_W: number, action: 'grant' | 'clear'): number | undefined => {
      const setpoint = { device: file.id, quantity: 'pv-limit', ttl_ms: 15_000 } as const;
      const value = watts(value_W);
      field.pv[0]?.actuator.apply({ ...setpoint, action, value, reasons: [] }, now());
      for (let tenth = 0; tenth < 10; tenth += 1) {
        field.poll(now());
        time.runUntil(later(now(), 100));
        sim.step(now(), 100);
      }
      return field.pvStates(now())[0]?.commanded_W;
    };
    for (let s = 0; s < 12; s += 1) cycle(8000, 'grant');
    assert.equal(cycle(8000, 'grant'), 8000);
    for (let s = 0; s < 3; s += 1) cycle(file.rated_W, 'clear');
    assert.equal(cycle(file.rated_W, 'clear'), file.rated_W);
  });
});
