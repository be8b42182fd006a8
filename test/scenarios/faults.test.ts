import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { createPduCodec } from '../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { type DemoReport, FAULTS, type FaultResult, runVirtual } from '../../src/sim/composition';

const DEMO = path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml');
const LASTS_s = 60;
const AT_s = 600;

/** Thirty minutes of the demo site in virtual time. */
function halfHour(seed: number, fault?: string, duration_s = 1800): DemoReport {
  const { site } = loadSite(DEMO);
  assert(site !== undefined);
  const parsed = siteProfiles(site);
  assert(parsed.ok);
  return runVirtual({
    site,
    profiles: parsed.profiles,
    catalogue: deviceCatalogue,
    codec: createPduCodec(),
    seed,
    duration_s,
    ...(fault === undefined ? {} : { faults: [{ fault, at_s: AT_s, for_s: LASTS_s }] }),
  }).report;
}

/** What each fault must show besides: within so many seconds of its begin; null: not at all. */
const MUST: Readonly<Record<string, Partial<Record<keyof FaultResult, number>>>> = {
  'meter-unplugged': { detected_s: 5, static_commanded_s: 5, static_true_s: 12 },
  'meter-frozen': { detected_s: 10, static_commanded_s: 15, static_true_s: 22 },
  'bess-frozen': { detected_s: 30 },
  'station-lying': { detected_s: 60 },
  'uplink-cut': { detected_s: 5 },
  'cycle-stopped': { detected_s: 5, static_commanded_s: 5, static_true_s: 12 },
};
/** A hanging cycle drops the line: 60 s, 30 good records and up to 600 s of delay until it returns. */
const RECOVERED_s: Readonly<Record<string, number>> = { 'cycle-stopped': LASTS_s + 700 };

describe('faults of the demo, thirty virtual minutes each', function () {
  this.timeout(30_000);

  it('covers each fault of the demo', () => {
    assert.deepEqual(Object.keys(MUST).sort(), FAULTS.map((f) => f.name).sort());
  });

  for (const { name } of FAULTS) {
    for (const seed of [1, 2]) {
      it(`${name}, seed ${seed}: no violation, and recovered without a person`, () => {
        const report = halfHour(seed, name);
        const [result, ...more] = report.faults;
        const text = JSON.stringify(report);
        assert(result?.fault === name && more.length === 0, text);
        assert.equal(report.limit_violations, 0, text);
        assert.equal(report.stations, 8, text);
        assert.equal(report.bus.t35_violations, 0, text);
        for (const [key, most_s] of Object.entries(MUST[name] ?? {})) {
          const value: unknown = Object.entries(result).find(([k]) => k === key)?.[1];
          assert(typeof value === 'number' && value <= most_s, `${key} ${String(value)}: ${text}`);
        }
        const { recovered_s } = result;
        assert(recovered_s !== null && recovered_s > LASTS_s, text);
        assert(recovered_s <= (RECOVERED_s[name] ?? LASTS_s + 120), text);
        assert.equal(report.mode, 'normal', text);
      });
    }
  }

  it('gives the same report for the same seed, and another for another', () => {
    const one = halfHour(3, 'meter-unplugged', 720);
    assert.deepEqual(halfHour(3, 'meter-unplugged', 720), one);
    assert.notDeepEqual({ ...halfHour(4, 'meter-unplugged', 720), seed: 3 }, one);
  });
});
