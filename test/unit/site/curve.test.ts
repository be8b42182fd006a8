import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  advanceTrip,
  type Curve,
  type CurvePreset,
  earliestTrip_s,
  permissible_A,
  presetCurve,
} from '../../../src/site';

const PRESETS: readonly CurvePreset[] = ['iec60898-B', 'iec60898-C', 'iec60898-D', 'iec60947-2'];

describe('curve presets', () => {
  it('hold only the guaranteed non-trip points of the standards', () => {
    const rows: readonly (readonly [
      CurvePreset,
      number,
      readonly (readonly [number, number])[],
    ])[] = [
      [
        'iec60898-B',
        63,
        [
          [1.13, 3600],
          [2.55, 1],
          [3, 0.1],
        ],
      ],
      [
        'iec60898-C',
        63,
        [
          [1.13, 3600],
          [2.55, 1],
          [5, 0.1],
        ],
      ],
      [
        'iec60898-D',
        80,
        [
          [1.13, 7200],
          [2.55, 1],
          [10, 0.1],
        ],
      ],
      ['iec60947-2', 400, [[1.05, 7200]]],
    ];
    for (const [preset, rating_A, points] of rows) {
      const made = presetCurve(preset, rating_A).points.map((p) => [p.ratio, p.hold_s]);
      assert.deepEqual(made, points);
    }
  });

  it('never trip up to the rating and take the next worse point between two', () => {
    const c = presetCurve('iec60898-C', 100);
    assert.equal(earliestTrip_s(c, 100), Infinity);
    assert.equal(earliestTrip_s(c, 100.001), 7200);
    assert.equal(earliestTrip_s(c, 113), 7200);
    assert.equal(earliestTrip_s(c, 113.001), 1);
    assert.equal(earliestTrip_s(c, 255.1), 0.1);
    assert.equal(earliestTrip_s(c, 500.1), 0.01);
  });

  it('never trip later at a higher current', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESETS),
        fc.double({ min: 0, max: 2000, noNaN: true }),
        fc.double({ min: 0, max: 2000, noNaN: true }),
        (preset, a, b) => {
          const curve = presetCurve(preset, 100);
          const [low, high] = a < b ? [a, b] : [b, a];
          assert(earliestTrip_s(curve, high) <= earliestTrip_s(curve, low));
        },
      ),
      { seed: 21 },
    );
  });
});

describe('trip integral', () => {
  const curve: Curve = { name: 'x', rating_A: 100, points: [{ ratio: 1.3, hold_s: 100 }] };

  it('adds dt over the earliest trip time and keeps its memory below the rating', () => {
    let d = 0;
    for (let i = 0; i < 500; i += 1) d = advanceTrip(curve, d, 120, 0.1);
    assert(Math.abs(d - 0.5) < 1e-9);
    assert.equal(advanceTrip(curve, d, 90, 3600), d);
    assert(Math.abs(advanceTrip(curve, 0, 131, 0.01) - 1) < 1e-9);
  });

  it('cools with a declared constant, and only at or below the rating', () => {
    const cooling = { ...curve, cooling_s: 60 };
    assert(Math.abs(advanceTrip(cooling, 1, 100, 60) - Math.exp(-1)) < 1e-12);
    assert(advanceTrip(cooling, 0.5, 100.1, 1) > 0.5);
  });

  it('never falls for any current above the rating', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 100.001, max: 1e4, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (d, a, dt) => advanceTrip({ ...curve, cooling_s: 10 }, d, a, dt) >= d,
      ),
      { seed: 22 },
    );
  });

  it('permits for a time exactly what keeps D within its bound', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESETS),
        fc.double({ min: 0.01, max: 5000, noNaN: true }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (preset, duration_s, d_max) => {
          const c = presetCurve(preset, 100);
          const allowed_A = permissible_A(c, duration_s, d_max);
          assert(allowed_A >= 100);
          assert(advanceTrip(c, 0, allowed_A, duration_s) <= d_max + 1e-9);
        },
      ),
      { seed: 23 },
    );
  });
});
