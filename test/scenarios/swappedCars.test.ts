/** Cars that leave while others take their places at once: what a pilot still allows is drawn. */
import { strict as assert } from 'node:assert';
import { createPduCodec } from '../../src/io/modbusSerial';
import { runVirtual } from '../../src/sim/composition';
import { later } from '../../src/time';
import { demoSite } from '../faults/site/sites';

const CAR = { phases: 3, rotation: 0, max_A: 32, need_Wh: 60_000 } as const;

describe('cars that are swapped while they charge on the battery', () => {
  it('find the support still there that the limits in force rest on: no limit is passed', function () {
    this.timeout(30_000);
    for (const at_ms of [197_600, 198_200, 198_900]) {
      let support_W = 0;
      const { report } = runVirtual({
        ...demoSite(),
        codec: createPduCodec(),
        seed: 20_023,
        duration_s: 240,
        onSnapshot: (s) => {
          if (s.cycle === 195) support_W = s.support_W;
        },
        prepare: ({ time, rig }) => {
          const at = later(time.now(), at_ms);
          time.at(at, () => {
            for (const s of rig.sim.stations.stations) s.plug(CAR, at);
          });
        },
      });
      assert.ok(support_W > 10_000, `${support_W} W of support before`);
      assert.equal(report.limit_violations, 0, `${at_ms} ms: ${report.phase_peak_A.join(' ')} A`);
    }
  });
});
