import { strict as assert } from 'node:assert';
import {
  amps,
  evenly,
  fraction,
  mapPhases,
  maxPhase,
  millis,
  sumPhases,
  voltAmps,
  volts,
  wattHours,
  watts,
} from '../../../src/units';

describe('units', () => {
  const anySign = { watts, amps, volts, wattHours };
  const notNegative = { voltAmps, millis, fraction };

  for (const [name, make] of Object.entries({ ...anySign, ...notNegative })) {
    it(`${name}: NaN and infinities never become a quantity`, () => {
      for (const bad of [NaN, Infinity, -Infinity]) assert.throws(() => make(bad), RangeError);
      assert.equal(make(0.5), 0.5);
    });
  }

  for (const [name, make] of Object.entries(notNegative)) {
    it(`${name}: is never negative`, () => assert.throws(() => make(-0.001), RangeError));
  }

  it('a fraction ends at 1', () => {
    assert.equal(fraction(1), 1);
    assert.throws(() => fraction(1.000_001), RangeError);
  });

  it('three-phase values keep the order L1, L2, L3', () => {
    assert.deepEqual(
      mapPhases([1, 2, 3], (x, i) => `${x}@${i}`),
      ['1@0', '2@1', '3@2'],
    );
    assert.equal(sumPhases([1, -2, 4]), 3);
    assert.equal(maxPhase([-3, -2, -9]), -2);
    assert.deepEqual(evenly(7), [7, 7, 7]);
  });
});
