import assert from 'node:assert/strict';

import {
  checkIdentity,
  clearSetpoint,
  decodeBess,
  decodeMeter,
  decodePv,
  encodeSetpoint,
  lease,
  PROFILES,
  readPoint,
  type DeviceProfile,
  type SetpointWish,
} from '../../../src/device';
import {
  createSimBess,
  createSimMeter,
  createSimPv,
  type SimBess,
  type SimPv,
} from '../../../src/sim/devices';
import { apply, Bench, bessWish, parsed, proof, readAll } from './support';

const TRUTH = { power_W: [1000, -2000, 3000], voltage_V: [230, 231, 229] } as const;

function deviceOf(profile: DeviceProfile, bench: Bench): ReturnType<typeof createSimMeter> {
  const device = {
    Meter: () => createSimMeter(profile, () => TRUTH, bench),
    Bess: () => createSimBess(profile, bench),
    PvInverter: () => createSimPv(profile, bench.with({ irradiance: () => 0.5 })),
  }[profile.nature]();
  return Object.assign(device, { lag_ms: 0 });
}

/** A device that, left to itself, does what its expiry range fears most. */
function worstOf(profile: DeviceProfile, bench: Bench): SimBess | SimPv {
  const terms = lease(profile);
  assert(terms.mechanism !== 'none');
  return profile.nature === 'Bess'
    ? createSimBess(profile, bench.with({ internal_W: terms.expiry.min_W, soc: 0.4 }))
    : createSimPv(profile, bench.with({ irradiance: () => 1 }));
}

function wishFor(profile: DeviceProfile, share: number): SetpointWish {
  const terms = lease(profile);
  assert(terms.mechanism !== 'none');
  const quantity = profile.nature === 'Bess' ? 'bess-power' : 'pv-limit';
  const ttl_ms = Math.max(10, terms.range_s.min) * 1000;
  return { quantity, value_W: share * profile.rating.power_W, ttl_ms, tag: 1 };
}

describe('each profile of the library', () => {
  for (const { id, nature } of PROFILES) {
    it(`${id}: its simulated device has its identity and gives the reading it can give`, () => {
      const bench = new Bench();
      const profile = parsed(id);
      const device = deviceOf(profile, bench);
      bench.run(device, 3);
      const image = readAll(profile, device);
      const decode = { Meter: decodeMeter, Bess: decodeBess, PvInverter: decodePv }[nature];
      const { quality } = decode(profile, image, bench.at);
      assert.equal(quality, profile.data.lacks === undefined ? 'good' : 'missing');
      const identity = checkIdentity(profile, image);
      assert(identity.ok, JSON.stringify(identity));
    });
  }

  for (const { id, lease: data } of PROFILES) {
    if (data.mechanism === 'none') continue;

    it(`${id}: a setpoint is proved, followed, and after its lease the range holds`, () => {
      const bench = new Bench();
      const profile = parsed(id);
      const terms = lease(profile);
      assert(terms.mechanism !== 'none');
      const device = worstOf(profile, bench);
      const wish = wishFor(profile, 0.3);
      const encoded = encodeSetpoint(profile, wish);
      apply(device, encoded);
      assert.equal(proof(device, encoded).ok, true, JSON.stringify(proof(device, encoded)));
      bench.run(device, Math.min(8, encoded.ttl_s - 1));
      assert(Math.abs(device.truePower_W() - encoded.value_W) < 1, `${device.truePower_W()}`);
      bench.run(device, encoded.ttl_s + 4);
      assert.equal(device.leaseExpiries(), 1);
      const power_W = device.truePower_W();
      assert(power_W >= terms.expiry.min_W && power_W <= terms.expiry.max_W, `${power_W}`);
      assert(Math.abs(power_W - encoded.value_W) > 1, 'the setpoint is gone');
    });

    it(`${id}: clearing is proved and ends the setpoint`, () => {
      const bench = new Bench();
      const profile = parsed(id);
      const device = deviceOf(profile, bench);
      const encoded = encodeSetpoint(profile, wishFor(profile, 0.3));
      apply(device, encoded);
      bench.run(device, 5);
      const cleared = clearSetpoint(profile, wishFor(profile, 0).quantity);
      apply(device, cleared);
      assert.equal(proof(device, cleared).ok, true);
      bench.run(device, 4);
      const expected_W = profile.nature === 'Bess' ? 0 : 0.5 * profile.rating.power_W;
      assert.equal(Math.abs(device.truePower_W() - expected_W) < 1, true);
    });
  }
});

describe('traps of the field', () => {
  it('a watchdog that reads feed keeps the setpoint alive for a client that only polls', () => {
    const bench = new Bench();
    const profile = parsed('sinexcel-pws2-30k');
    const terms = lease(profile);
    assert(terms.mechanism !== 'none' && terms.fedByReads);
    const bess = createSimBess(profile, bench);
    apply(bess, encodeSetpoint(profile, bessWish(-20000, 10000)));
    for (let i = 0; i < 60; i += 1) {
      bench.run(bess, 1);
      readAll(profile, bess);
    }
    assert.equal(bess.truePower_W(), -20000);
    bench.run(bess, 14);
    assert.equal(bess.truePower_W() === 0, true);
  });

  it('silent return to internal control: registers keep the setpoint, the power does not', () => {
    const bench = new Bench();
    const profile = parsed('kostal-plenticore');
    const bess = createSimBess(profile, bench.with({ internal_W: -7000, soc: 0.4 }));
    const encoded = encodeSetpoint(profile, bessWish(3000, 60000));
    apply(bess, encoded);
    bench.run(bess, 70);
    assert.equal(proof(bess, encoded).ok, true);
    const reading = decodeBess(profile, readAll(profile, bess), bench.at);
    assert(reading.quality === 'good');
    assert.equal(reading.value.power, -7000);
  });

  it('a write that is accepted and read back but not executed shows in measured power only', () => {
    const bench = new Bench();
    const profile = parsed('kostal-plenticore');
    const bess = createSimBess(profile, bench);
    bess.fault = 'deaf';
    const encoded = encodeSetpoint(profile, bessWish(3000, 60000));
    apply(bess, encoded);
    assert.equal(proof(bess, encoded).ok, true);
    bench.run(bess, 10);
    const reading = decodeBess(profile, readAll(profile, bess), bench.at);
    assert(reading.quality === 'good');
    assert.equal(reading.value.power === 0, true);
  });

  it('a heartbeat that repeats itself is no renewal, one that changes is', () => {
    const bench = new Bench();
    const profile = parsed('solar-log');
    const wish = { quantity: 'pv-limit', value_W: 40000, ttl_ms: 300000 } as const;
    const renewed = (tags: readonly number[]): number => {
      const pv = createSimPv(profile, bench.with({ irradiance: () => 1 }));
      for (const tag of tags) {
        apply(pv, encodeSetpoint(profile, { ...wish, tag }));
        bench.run(pv, 160);
      }
      return pv.truePower_W();
    };
    assert.equal(renewed([7, 7, 7]), 100000);
    assert.equal(renewed([7, 8, 9]), 40000);
  });

  it('a sign that depends on the firmware comes from the running state', () => {
    const profile = parsed('sungrow-sh');
    const image = (state: number, power: number) => [
      {
        table: 'input' as const,
        address: 13000,
        values: [state, ...new Array<number>(20).fill(0), power & 0xffff, 500],
      },
    ];
    for (const power of [2345, -2345]) {
      const charging = readPoint(profile, 'power_W', image(0x02, power));
      const discharging = readPoint(profile, 'power_W', image(0x04, power));
      assert.deepEqual(charging, { ok: true, value: -2345 });
      assert.deepEqual(discharging, { ok: true, value: 2345 });
    }
  });

  it('setpoint registers in flash are declared, forbidden, and in no setpoint', () => {
    for (const id of ['victron-gx-system', 'deye-hybrid-3p']) {
      const profile = parsed(id);
      const worn = [...profile.points.values()].filter(({ write }) => write?.wears === true);
      assert(worn.length > 0);
      for (const { address, words } of worn)
        assert(
          profile.forbidden.some(
            (no) => no.address <= address && address + words <= no.address + no.count,
          ),
        );
      assert.equal(encodeSetpoint(profile, bessWish(0, 60000)).ok, false);
    }
  });
});
