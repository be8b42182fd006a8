import assert from 'node:assert/strict';

import { decodeBess, decodeMeter, decodePv, readPoint } from '../../../src/device';
import type { RegisterImage } from '../../../src/device';
import { AT, parsed, registersOf } from './support';

const METER = parsed('sunspec-meter-203');
const METER_RAW = {
  W_total: 300,
  W_L1: 100,
  W_L2: 100,
  W_L3: 100,
  A_L1: 4,
  A_L2: 4,
  A_L3: 4,
  V_L1: 230,
  V_L2: 230,
  V_L3: 230,
  VA_total: 300,
  Wh_import: 5,
  Wh_export: 6,
};
const meter = (raw: Record<string, number>, factors: Record<string, number> = {}): RegisterImage =>
  registersOf(METER, { ...METER_RAW, ...raw }, factors);

describe('decoding of readings', () => {
  it('a sentinel in a required value makes the reading missing, with the point named', () => {
    for (const name of ['W_L1', 'A_L2', 'V_L3']) {
      const reading = decodeMeter(METER, meter({ [name]: -32768 }), AT);
      assert(reading.quality === 'missing');
      assert.match(reading.reason, new RegExp(`${name}: not implemented`));
    }
  });

  it('a sentinel in an optional value leaves it out and keeps the rest', () => {
    const reading = decodeMeter(METER, meter({ VA_total: -32768, Wh_export: 0 }), AT);
    assert(reading.quality === 'good');
    assert.equal('apparent_VA' in reading.value, false);
    assert.equal('export_Wh' in reading.value, false);
    assert.equal(reading.value.import_Wh, 5);
  });

  it('a scale factor that is not implemented makes its values missing', () => {
    const reading = decodeMeter(METER, meter({}, { W_L1: -32768 }), AT);
    assert(reading.quality === 'missing');
    assert.match(reading.reason, /W_L1: scale factor not implemented/);
  });

  it('a scale factor outside -10..10 is bad', () => {
    const reading = decodeMeter(METER, meter({}, { V_L1: 11 }), AT);
    assert(reading.quality === 'bad');
    assert.match(reading.reason, /scale factor 11/);
  });

  it('scale factors from -10 to 10 shift the decimal point and nothing else', () => {
    for (let exponent = -10; exponent <= 10; exponent += 1) {
      const value = readPoint(METER, 'W_L1', meter({ W_L1: -123 }, { W_L1: exponent }));
      assert(value.ok);
      assert.equal(value.value, Number(`-123e${exponent}`));
    }
  });

  it('registers that were not read make the reading missing', () => {
    const reading = decodeMeter(METER, [], AT);
    assert(reading.quality === 'missing');
    assert.match(reading.reason, /not read/);
  });

  it('a block that ends inside a value does not give it', () => {
    const profile = parsed('eastron-sdm630');
    const image = [{ table: 'input' as const, address: 0, values: [0x4366] }];
    assert.equal(readPoint(profile, 'V_L1', image).ok, false);
  });

  it('every NaN and infinity of a float is missing', () => {
    const profile = parsed('eastron-sdm630');
    for (const high of [0x7fc0, 0x7fa0, 0xffc0, 0x7f80, 0xff80]) {
      const image = [{ table: 'input' as const, address: 0, values: [high, 0] }];
      const value = readPoint(profile, 'V_L1', image);
      assert(!value.ok && value.quality === 'missing', high.toString(16));
    }
  });

  it('the sign of a profile turns an export meter into ours', () => {
    const turned = parsed('sunspec-meter-203', {
      points: {
        ...METER.data.points,
        W_total: { sunspec: [203, 'W'], unit: 'W', sign: -1 },
      },
    });
    const value = readPoint(turned, 'W_total', meter({ W_total: 300 }));
    assert(value.ok);
    assert.equal(value.value, -300);
  });

  it('a profile of another nature is refused instead of read', () => {
    assert.equal(decodePv(METER, meter({}), AT).quality, 'bad');
  });

  it('a battery state that the profile does not list counts as a fault', () => {
    const profile = parsed('sunspec-bess-704');
    const raw = { power_W: 0, soc: 50, dc_V: 700, charge_max_A: 10, discharge_max_A: 10 };
    const reading = decodeBess(profile, registersOf(profile, { ...raw, state: 17 }), AT);
    assert(reading.quality === 'good');
    assert.equal(reading.value.state, 'fault');
  });

  it('a state of charge above 100 % is bad', () => {
    const profile = parsed('sunspec-bess-704');
    const raw = {
      power_W: 0,
      soc: 101,
      dc_V: 700,
      charge_max_A: 10,
      discharge_max_A: 10,
      state: 3,
    };
    assert.equal(decodeBess(profile, registersOf(profile, raw), AT).quality, 'bad');
  });

  it('a setpoint that is not enabled is not reported, a limit that is not is 100 %', () => {
    const bess = parsed('sunspec-bess-704');
    const raw = { power_W: 0, soc: 50, dc_V: 700, charge_max_A: 10, discharge_max_A: 10, state: 3 };
    const off = registersOf(bess, { ...raw, set_enable: 0, setpoint_W: -5000 });
    const reading = decodeBess(bess, off, AT);
    assert(reading.quality === 'good');
    assert.equal('setpoint' in reading.value, false);
    const pv = parsed('sunspec-pv-123');
    const open = decodePv(pv, registersOf(pv, { power_W: 9, limit: 3000, limit_enable: 0 }), AT);
    assert(open.quality === 'good');
    assert.equal(open.value.limit, 1);
  });
});
