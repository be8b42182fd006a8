import assert from 'node:assert/strict';
import {
  type BiasWatch,
  DETECT_days,
  detectableBias,
  integrityFindings,
  NO_BIAS_WATCH,
  nextBiasWatch,
} from '../../../src/planning';
import { Random } from '../../../scripts/bench/random';

/** Days of noise with the given bias; alarms are cleared by a person. */
function live(
  start: BiasWatch,
  r: Random,
  days: number,
  bias: number,
): { watch: BiasWatch; alarms: number; first: number } {
  let watch = start;
  let alarms = 0;
  let first = 0;
  for (let d = 1; d <= days; d += 1) {
    watch = nextBiasWatch(watch, 5 * r.normal() + bias);
    if (!watch.alarm) continue;
    alarms += 1;
    if (first === 0) first = d;
    watch = { ...watch, up: 0, down: 0, alarm: false };
  }
  return { watch, alarms, first };
}

describe('integrity of the optimisation', () => {
  it('finds a bias of 1.5 times the smallest detectable one within seven days', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const r = new Random(seed);
      const { watch } = live(NO_BIAS_WATCH, r, 60, 0);
      const least = detectableBias(watch) ?? NaN;
      const sign = seed % 2 === 0 ? 1 : -1;
      const { first } = live(watch, r, DETECT_days, 1.5 * sign * least);
      assert.ok(first > 0, `seed ${seed}: not found`);
    }
  });

  it('raises at most one false alarm in thirty days', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      alarms += live(NO_BIAS_WATCH, new Random(seed), 300, 0).alarms;
    }
    assert.ok(alarms <= (20 * 300) / 30 / 4, `${alarms} alarms`);
  });

  it('does not speak before it knows the past, and ignores days without a value', () => {
    assert.equal(detectableBias(NO_BIAS_WATCH), undefined);
    assert.equal(nextBiasWatch(NO_BIAS_WATCH, NaN), NO_BIAS_WATCH);
  });

  it('tells what is worse than doing nothing or above a cap', () => {
    const caps = { cyclesPerDay: 1.5, exportPerDay_kWh: 100 };
    const day = { cost: 120, peak_kW: 90, cycles: 2, exported_kWh: 200 };
    const nothing = { cost: 100, peak_kW: 80 };
    assert.equal(integrityFindings(day, { cost: 80 }, nothing, caps).length, 5);
    const fine = { cost: 90, peak_kW: 80, cycles: 1, exported_kWh: 10 };
    assert.deepEqual(integrityFindings(fine, { cost: 85 }, nothing, caps), []);
  });
});
