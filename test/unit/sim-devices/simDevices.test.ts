import assert from 'node:assert/strict';

import { clearSetpoint, decodeBess, decodeMeter, encodeSetpoint, lease } from '../../../src/device';
import {
  createSimBess,
  createSimMeter,
  createSimPv,
  type SimDevice,
} from '../../../src/sim/devices';
import { apply, Bench, bessWish, parsed, proof, pvWish, readAll } from './support';

const BESS = parsed('sunspec-bess-704');
const HYBRID = parsed('sunspec-bess-124');
const PV = parsed('sunspec-pv-123');
const METER = parsed('eastron-sdm630');
const TRUTH = { power_W: [1000, -2000, 3000], voltage_V: [230, 231, 229] } as const;

describe('simulated devices', () => {
  it('registers that do not exist and registers that are read-only answer with exception 2', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    assert.deepEqual(bess.access.readRegisters('holding', 100, 1), { exception: 2 });
    assert.deepEqual(bess.access.readRegisters('holding', 40260, 10), { exception: 2 });
    assert.deepEqual(bess.access.writeRegisters(40084, [1]), { exception: 2 });
  });
});

describe('simulated meter', () => {
  it('shows the truth after its lag of 0.2 to 1 s and not before', () => {
    const bench = new Bench();
    let power = 0;
    const meter = createSimMeter(
      METER,
      () => ({ power_W: [power, power, power], voltage_V: [230, 230, 230] }),
      bench,
    );
    assert(meter.lag_ms >= 200 && meter.lag_ms <= 1000);
    bench.run(meter, 5);
    power = 5000;
    let seen_ms = 0;
    for (; seen_ms < 2000; seen_ms += 100) {
      const reading = decodeMeter(METER, readAll(METER, meter), bench.at);
      assert(reading.quality === 'good');
      if (reading.value.total_W > 10000) break;
      bench.run(meter, 0.1);
    }
    assert(seen_ms >= meter.lag_ms && seen_ms <= meter.lag_ms + 200, `${seen_ms} ms`);
    assert.equal(meter.truePower_W(), 15000);
  });

  it('counts energy in both directions', () => {
    const bench = new Bench();
    let sign = 1;
    const meter = createSimMeter(
      METER,
      () => ({ power_W: [sign * 12000, sign * 12000, sign * 12000], voltage_V: [230, 230, 230] }),
      bench,
    );
    bench.run(meter, 100);
    sign = -1;
    bench.run(meter, 50);
    const reading = decodeMeter(METER, readAll(METER, meter), bench.at);
    assert(reading.quality === 'good');
    assert(Math.abs((reading.value.import_Wh ?? 0) - 1000) < 1);
    assert(Math.abs((reading.value.export_Wh ?? 0) - 500) < 1);
  });

  const faulty = (fault: SimDevice['fault']): ReturnType<typeof decodeMeter> => {
    const bench = new Bench();
    const meter = createSimMeter(METER, () => TRUTH, bench);
    bench.run(meter, 2);
    meter.fault = fault;
    bench.run(meter, 1);
    return decodeMeter(METER, readAll(METER, meter), bench.at);
  };

  it('nan: the reading is missing', () => {
    assert.equal(faulty('nan').quality, 'missing');
  });

  it('sign-flipped and low-9-percent: the power is wrong and nothing says so', () => {
    const flipped = faulty('sign-flipped');
    const low = faulty('low-9-percent');
    assert(flipped.quality === 'good' && low.quality === 'good');
    assert(Math.abs(flipped.value.total_W + 2000) < 10);
    assert(Math.abs(low.value.total_W - 1820) < 10);
  });

  it('implausible: P, U and I contradict each other', () => {
    const reading = faulty('implausible');
    assert(reading.quality === 'good');
    assert(reading.value.power[0] > 10 * reading.value.voltage[0] * reading.value.current[0]);
  });

  it('frozen: two reads are the same words; healthy: they differ in the last digits', () => {
    const bench = new Bench();
    const meter = createSimMeter(METER, () => TRUTH, bench);
    bench.run(meter, 2);
    assert.notDeepEqual(readAll(METER, meter), readAll(METER, meter));
    meter.fault = 'frozen';
    const before = readAll(METER, meter);
    bench.run(meter, 5);
    assert.deepEqual(readAll(METER, meter), before);
    meter.fault = 'none';
    assert.notDeepEqual(readAll(METER, meter), before);
  });

  it('silent: no answer on the segment', () => {
    const bench = new Bench();
    const meter = createSimMeter(METER, () => TRUTH, bench.with({ unit: 10 }));
    const request = Uint8Array.of(10, 4, 0, 0, 0, 2, 0x70, 0xb0);
    const answer = meter.answer(request);
    assert.equal(answer?.[2], 4);
    meter.fault = 'silent';
    assert.equal(meter.answer(request), null);
  });
});

describe('simulated battery system', () => {
  it('follows a leased setpoint within 0.3 to 1.5 s and proves it by read-back', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    const encoded = encodeSetpoint(BESS, bessWish(20000, 15000));
    apply(bess, encoded);
    assert.deepEqual(proof(bess, encoded), { ok: true, leaseLeft_s: 15 });
    bench.run(bess, 0.1);
    assert.equal(bess.truePower_W(), 0);
    bench.run(bess, 1.5);
    assert.equal(bess.truePower_W(), 20000);
  });

  it('falls to the reversion value when its lease ends, and says so', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    apply(bess, encodeSetpoint(BESS, bessWish(-30000, 10000)));
    bench.run(bess, 9.9);
    assert.equal(bess.truePower_W(), -30000);
    bench.run(bess, 2);
    assert.equal(bess.truePower_W(), 0);
    assert.equal(bess.leaseExpiries(), 1);
    const reading = decodeBess(BESS, readAll(BESS, bess), bench.at);
    assert(reading.quality === 'good');
    assert.equal(reading.value.setpoint, 0);
    assert.equal(reading.value.leaseLeft_s, 0);
  });

  it('keeps the setpoint as long as writes renew it; reads do not', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    for (let i = 0; i < 5; i += 1) {
      apply(bess, encodeSetpoint(BESS, bessWish(-30000, 10000)));
      bench.run(bess, 5);
    }
    assert.equal(bess.truePower_W(), -30000);
    for (let i = 0; i < 12; i += 1) {
      bench.run(bess, 1);
      readAll(BESS, bess);
    }
    assert.equal(bess.truePower_W(), 0);
  });

  it('a watchdog that reads feed keeps the setpoint alive for a client that only polls', () => {
    const { lease: terms } = BESS.data;
    assert(terms.mechanism !== 'none');
    const fed = parsed('sunspec-bess-704', { lease: { ...terms, fedByReads: true } });
    const declared = lease(fed);
    assert(declared.mechanism !== 'none' && declared.fedByReads);
    const bench = new Bench();
    const bess = createSimBess(fed, bench);
    apply(bess, encodeSetpoint(fed, bessWish(-30000, 10000)));
    for (let i = 0; i < 60; i += 1) {
      bench.run(bess, 1);
      readAll(fed, bess);
    }
    assert.equal(bess.truePower_W(), -30000);
    bench.run(bess, 12);
    assert.equal(bess.truePower_W(), 0);
  });

  it('a timeout of 0, as other clients write it, never ends', () => {
    const bench = new Bench();
    const bess = createSimBess(HYBRID, bench);
    const encoded = encodeSetpoint(HYBRID, bessWish(-5000, 20000));
    assert(encoded.ok);
    const [timeout, ...rest] = encoded.writes;
    assert(timeout !== undefined);
    bess.access.writeRegisters(timeout.address, [0]);
    for (const { address, values } of rest) bess.access.writeRegisters(address, values);
    bench.run(bess, 3600);
    assert.equal(bess.truePower_W(), -5000);
    assert.equal(proof(bess, encoded).ok, false);
  });

  it('model 124 returns silently to internal control: full charging is inside its expiry range', () => {
    const bench = new Bench();
    const bess = createSimBess(HYBRID, bench.with({ internal_W: -10000, soc: 0.3 }));
    apply(bess, encodeSetpoint(HYBRID, bessWish(2000, 20000)));
    bench.run(bess, 10);
    assert.equal(bess.truePower_W(), 2000);
    bench.run(bess, 15);
    const terms = lease(HYBRID);
    assert(terms.mechanism !== 'none');
    assert(bess.truePower_W() >= terms.expiry.min_W && bess.truePower_W() <= terms.expiry.max_W);
    assert.equal(bess.truePower_W(), -10000);
  });

  it('its battery management wins: a full battery takes nothing, an empty one gives nothing', () => {
    const bench = new Bench();
    const full = createSimBess(BESS, bench.with({ soc: 1 }));
    apply(full, encodeSetpoint(BESS, bessWish(-30000, 60000)));
    bench.run(full, 5);
    assert.equal(full.truePower_W() === 0, true);
    const empty = createSimBess(BESS, bench.with({ soc: 0.04 }));
    apply(empty, encodeSetpoint(BESS, bessWish(30000, 60000)));
    bench.run(empty, 5);
    assert.equal(empty.truePower_W(), 0);
    const reading = decodeBess(BESS, readAll(BESS, empty), bench.at);
    assert(reading.quality === 'good');
    assert.equal(reading.value.dischargeMax, 0);
    assert(Math.abs(reading.value.chargeMax - 50000) < 50);
  });

  it('loses energy in both directions', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench.with({ soc: 0.5, efficiency: 0.9 }));
    apply(bess, encodeSetpoint(BESS, bessWish(-50000, 3600000)));
    bench.run(bess, 360);
    const charged = bess.soc() - 0.5;
    assert(Math.abs(charged - 0.9 * 0.05) < 0.001, `${charged}`);
  });

  it('deaf: accepted and read back, but the power does not follow; the old lease still ends', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    apply(bess, encodeSetpoint(BESS, bessWish(20000, 15000)));
    bench.run(bess, 5);
    bess.fault = 'deaf';
    const encoded = encodeSetpoint(BESS, bessWish(-40000, 15000));
    apply(bess, encoded);
    assert.deepEqual(proof(bess, encoded), { ok: true, leaseLeft_s: 15 });
    bench.run(bess, 5);
    assert.equal(bess.truePower_W(), 20000);
    bench.run(bess, 8);
    assert.equal(bess.truePower_W(), 0);
    bess.fault = 'none';
    apply(bess, encodeSetpoint(BESS, bessWish(-40000, 15000)));
    bench.run(bess, 2);
    assert.equal(bess.truePower_W(), -40000);
  });

  it('frozen: writes have no effect, the read-back says so, the lease ends all the same', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    apply(bess, encodeSetpoint(BESS, bessWish(20000, 15000)));
    bench.run(bess, 5);
    bess.fault = 'frozen';
    const encoded = encodeSetpoint(BESS, bessWish(10000, 15000));
    apply(bess, encoded);
    assert.equal(proof(bess, encoded).ok, false);
    bench.run(bess, 12);
    assert.equal(bess.truePower_W(), 0);
  });

  it('nan: the reading is missing; tripped: no power and state off', () => {
    const bench = new Bench();
    const bess = createSimBess(BESS, bench);
    apply(bess, encodeSetpoint(BESS, bessWish(20000, 60000)));
    bench.run(bess, 3);
    bess.tripped = true;
    bench.run(bess, 0.1);
    assert.equal(bess.truePower_W() === 0, true);
    const reading = decodeBess(BESS, readAll(BESS, bess), bench.at);
    assert(reading.quality === 'good');
    assert.equal(reading.value.state, 'off');
    bess.fault = 'nan';
    assert.equal(decodeBess(BESS, readAll(BESS, bess), bench.at).quality, 'missing');
  });
});

describe('simulated PV inverter', () => {
  it('gives what the sun gives up to its limit, and everything again when the lease ends', () => {
    const bench = new Bench();
    const pv = createSimPv(PV, bench.with({ irradiance: () => 0.8 }));
    bench.run(pv, 1);
    assert.equal(pv.truePower_W(), 24000);
    const encoded = encodeSetpoint(PV, pvWish(6000, 10000));
    apply(pv, encoded);
    assert.deepEqual(proof(pv, encoded), { ok: true });
    bench.run(pv, 3);
    assert.equal(pv.truePower_W(), 6000);
    bench.run(pv, 6.9);
    assert.equal(pv.truePower_W(), 6000);
    bench.run(pv, 3);
    assert.equal(pv.truePower_W(), 24000);
    assert.equal(pv.available_W(), 24000);
  });

  it('a cleared limit no longer applies', () => {
    const bench = new Bench();
    const pv = createSimPv(PV, bench.with({ irradiance: () => 1 }));
    apply(pv, encodeSetpoint(PV, pvWish(0, 60000)));
    bench.run(pv, 3);
    assert.equal(pv.truePower_W(), 0);
    const cleared = clearSetpoint(PV, 'pv-limit');
    apply(pv, cleared);
    assert.deepEqual(proof(pv, cleared), { ok: true });
    bench.run(pv, 3);
    assert.equal(pv.truePower_W(), 30000);
  });
});
