/** A battery that takes every setpoint and does nothing, in the virtual composition. */
import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { createPduCodec } from '../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { runVirtual } from '../../src/sim/composition';
import { later } from '../../src/time';

const { site } = loadSite(path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml'));
const HEALED_s = 600;
/** Above the tolerance of a tenth of the rating. */
const TELLING_W = 3500;

describe('verified actuation', function () {
  this.timeout(60_000);

  it('echoed and read back but not executed: told within its time, never relied on, healed', () => {
    assert(site !== undefined);
    const parsed = siteProfiles(site);
    assert(parsed.ok);
    const seen = {
      asked_s: NaN,
      alarm_s: NaN,
      reliedOn_W: 0,
      healed: false,
      support_W: 0,
      flapped: 0,
    };
    let second = 0;
    const { report, run } = runVirtual({
      site,
      profiles: parsed.profiles,
      catalogue: deviceCatalogue,
      codec: createPduCodec(),
      seed: 2,
      duration_s: 900,
      prepare: (virtual) => {
        for (const b of virtual.rig.sim.bess.values()) b.fault = 'deaf';
        virtual.time.at(later(virtual.time.now(), HEALED_s * 1000), () => {
          for (const b of virtual.rig.sim.bess.values()) b.fault = 'none';
        });
      },
      onSnapshot: (s) => {
        second += 1;
        const battery = s.storage.find((x) => x.id === 'bess');
        const sun_W = s.storage.find((x) => x.id === 'pv')?.power_W ?? 0;
        const asks = battery?.leaseLeft_s !== undefined && (battery.setpoint_W ?? 0) > TELLING_W;
        if (Number.isNaN(seen.asked_s) && asks) seen.asked_s = second;
        const told = s.alarms.some((a) => a.id === 'device-not-responding' && a.subject === 'bess');
        if (told && Number.isNaN(seen.alarm_s)) seen.alarm_s = second;
        if (second < HEALED_s) {
          seen.reliedOn_W = Math.max(seen.reliedOn_W, s.support_W - sun_W);
          const after = !Number.isNaN(seen.alarm_s);
          if (after && !told) seen.flapped += 1;
        } else if (!told) {
          seen.healed = true;
          seen.support_W = Math.max(seen.support_W, battery?.power_W ?? 0);
        }
      },
    });
    assert.equal(report.limit_violations, 0);
    assert(seen.asked_s > 0, 'a setpoint was acknowledged');
    const took_s = seen.alarm_s - seen.asked_s;
    const [, reaction_s = 0] = parsed.profiles.get('bess')?.data.reaction_s ?? [];
    assert(took_s <= reaction_s + 6, `alarm after ${took_s} s, reaction ${reaction_s} s`);
    assert(seen.reliedOn_W < 500, `${seen.reliedOn_W} W of support that was not there`);
    assert.equal(seen.flapped, 0, 'being left alone proves nothing');
    assert(seen.healed && seen.support_W > 5000, 'it is used again when it obeys');
    assert(run.audit.some((line) => line.includes('raised device-not-responding')));
  });
});
