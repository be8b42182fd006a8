import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createPduCodec } from '../../../src/io/modbusSerial';
import {
  type DemoReport,
  quantile,
  runVirtual,
  type VirtualOptions,
} from '../../../src/sim/composition';
import { assembled, BESS, PV, siteBlock } from '../site/fixtures';
import { schemaChecker } from '../site/jsonSchema';

const FILE = path.join(__dirname, '..', '..', 'demo.schema.json');
const read = (): unknown => JSON.parse(readFileSync(FILE, 'utf8'));

function run(change: Partial<VirtualOptions> = {}) {
  const base = assembled(siteBlock({ bess: [BESS], pv: [PV] }));
  return runVirtual({ ...base, codec: createPduCodec(), seed: 1, duration_s: 60, ...change });
}
/** What JSON makes of a report. */
const sent = (report: DemoReport): Record<string, unknown> =>
  JSON.parse(JSON.stringify(report)) as Record<string, unknown>;

describe('demo report', () => {
  it('is valid against its schema, with and without faults that never end', () => {
    const check = schemaChecker(read());
    assert.equal(check(sent(run().report)), undefined);
    const faults = ['meter-unplugged', 'cycle-stopped'].map((fault) => ({ fault, at_s: 30 }));
    const { report } = run({ faults });
    assert.equal(check(sent(report)), undefined);
    assert.equal(report.faults.length, 2);
    assert.equal(report.faults[0]?.recovered_s, null);
  });

  it('is refused by its schema with any key missing, changed in type, or added', () => {
    const check = schemaChecker(read());
    const good = sent(run({ duration_s: 20 }).report);
    for (const key of Object.keys(good)) {
      const rest = Object.fromEntries(Object.entries(good).filter(([k]) => k !== key));
      assert.notEqual(check(rest), undefined, key);
      assert.notEqual(check({ ...good, [key]: 'x' }), undefined, key);
    }
    assert.notEqual(check({ ...good, extra: 1 }), undefined);
    for (const phases of [
      [1, 2],
      [1, 2, 3, 4],
      [1, 2, null],
    ]) {
      assert.notEqual(check({ ...good, phase_peak_A: phases }), undefined);
    }
  });

  it('takes its figures from the simulator’s truth, not from the site’s own readings', () => {
    // A meter that shows half the load: the site believes it, the report does not.
    const { report, run: made } = run({
      prepare: ({ rig }) => {
        for (const m of rig.sim.meters.values()) m.fault = 'silent';
      },
    });
    assert(report.grid_peak_W > 1000);
    assert.equal(report.mode, 'blind');
    assert.equal(made.rig.runtime.snapshot()?.grid, undefined);
  });

  it('says within how long the supervisor accepted the first record', () => {
    const { report } = run({ duration_s: 20 });
    assert(report.started_ms !== null && report.started_ms <= 2000);
  });

  it('refuses a fault that nobody knows', () => {
    assert.throws(
      () => run({ faults: [{ fault: 'lightning', at_s: 1 }] }),
      /no fault named lightning/,
    );
  });

  it('quantiles of no values are 0', () => {
    assert.equal(quantile([], 0.99), 0);
    assert.equal(quantile([5, 1, 9, 3], 0.5), 5);
    assert.equal(quantile([1, 2], 1), 2);
  });
});
