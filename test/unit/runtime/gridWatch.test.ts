import { strict as assert } from 'node:assert';
import { absent, good, type MeterReading } from '../../../src/model';
import { type GridFacts, type GridHealth, GRID_STALE_ms, watchGrid } from '../../../src/runtime';
import { instant, later } from '../../../src/time';
import { amps, volts, watts } from '../../../src/units';

const NOW = instant(100_000);

function reading(
  power: readonly [number, number, number] = [6900, 4600, 2300],
  change: { volts?: number; amps?: readonly [number, number, number]; total?: number } = {},
): MeterReading {
  const v = change.volts ?? 230;
  const a = change.amps ?? [Math.abs(power[0]) / v, Math.abs(power[1]) / v, Math.abs(power[2]) / v];
  return {
    power: [watts(power[0]), watts(power[1]), watts(power[2])],
    current: [amps(a[0]), amps(a[1]), amps(a[2])],
    voltage: [volts(v), volts(v), volts(v)],
    total_W: watts(change.total ?? power[0] + power[1] + power[2]),
  };
}
const facts = (change: Partial<GridFacts> = {}): GridFacts => ({
  reading: good(reading(), NOW),
  frozen: false,
  nominal_V: 230,
  bound_A: 1500,
  leastLoad_W: 0,
  sources_W: 0,
  ...change,
});
const now = (m: MeterReading): Partial<GridFacts> => ({ reading: good(m, NOW) });

describe('grid watch', () => {
  const rows: readonly (readonly [string, Partial<GridFacts>, GridHealth, RegExp])[] = [
    ['a good reading', {}, 'fresh', /fresh/],
    ['export without any source', now(reading([-6900, -4600, -2300])), 'implausible', /meter sees/],
    ['no load at all', now(reading([0, 0, 0])), 'fresh', /fresh/],
    ['never read', { reading: absent('missing', 'not polled yet') }, 'silent', /not polled yet/],
    ['stale by its device', { reading: absent('stale', 'last answer 4 s ago') }, 'silent', /4 s/],
    ['bad by its device', { reading: absent('bad', 'another device') }, 'implausible', /another/],
    [
      'just young enough',
      { reading: good(reading(), later(NOW, -GRID_STALE_ms)) },
      'fresh',
      /fresh/,
    ],
    [
      'too old',
      { reading: good(reading(), later(NOW, -GRID_STALE_ms - 1)) },
      'silent',
      /2\.0 s ago/,
    ],
    ['the same registers', { frozen: true }, 'frozen', /same registers/],
    ['voltage at its lower edge', now(reading(undefined, { volts: 161 })), 'fresh', /fresh/],
    ['voltage too low', now(reading(undefined, { volts: 160 })), 'implausible', /L1 reads 160 V/],
    ['voltage too high', now(reading(undefined, { volts: 277 })), 'implausible', /L1 reads 277 V/],
    [
      'a nonsense current',
      now(reading([0, 0, 0], { amps: [0, 1501, 0] })),
      'implausible',
      /L2 reads 1501 A/,
    ],
    [
      'power without current',
      now(reading([0, 0, 2300], { amps: [0, 0, 5] })),
      'implausible',
      /L3 reads 2300 W/,
    ],
    [
      'reactive current without power',
      now(reading([0, 0, 0], { amps: [50, 50, 50] })),
      'fresh',
      /fresh/,
    ],
    [
      'phases against total',
      now(reading(undefined, { total: 12_500 })),
      'implausible',
      /add up to 13800 W/,
    ],
    ['total within tolerance', now(reading(undefined, { total: 13_000 })), 'fresh', /fresh/],
    [
      'signs flipped under load',
      { ...now(reading([-6900, -4600, -2300])), leastLoad_W: 13_000 },
      'implausible',
      /stations draw 13000 W/,
    ],
    [
      'export that sources explain',
      { ...now(reading([-6900, -4600, -2300])), leastLoad_W: 13_000, sources_W: 40_000 },
      'fresh',
      /fresh/,
    ],
  ];
  for (const [title, change, health, why] of rows) {
    it(`${title}: ${health}`, () => {
      const watch = watchGrid(facts(change), NOW);
      assert.equal(watch.health, health);
      assert.match(watch.why, why);
      assert.equal(watch.reading.quality === 'good', health === 'fresh');
    });
  }

  it('never gives a value away with a doubt, and keeps when it was last good', () => {
    const frozen = watchGrid(facts({ frozen: true }), NOW);
    assert.equal('value' in frozen.reading, false);
    assert(frozen.reading.quality === 'bad' && frozen.reading.lastGoodAt === NOW);
  });
});
