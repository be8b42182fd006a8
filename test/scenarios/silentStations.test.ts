/** Stations that fall silent while they charge: what they drew last says nothing about now. */
import { strict as assert } from 'node:assert';
import { createPduCodec } from '../../src/io/modbusSerial';
import { runVirtual, type VirtualRun } from '../../src/sim/composition';
import { steadyBaseLoad } from '../../src/sim/site';
import type { Site } from '../../src/site';
import { type Instant, later } from '../../src/time';
import { demoSite, overbooked } from '../faults/site/sites';

/** They charge alone until then; the others come a little later. */
const AT_s = 250;
const SILENT: ReadonlySet<string> = new Set(['station-1', 'station-2', 'station-3']);
const CAR = { phases: 3, rotation: 0, max_A: 32, need_Wh: 80_000 } as const;

/** A station nobody sees counts at what was measured of it before its boot, not at nameplate. */
const measuredBeforeBoot = (demo: Site): Site => {
  const site = overbooked(demo);
  return { ...site, stations: site.stations.map((s) => ({ ...s, pre_boot_A: 8 })) };
};

/** Three cars charge and fall silent at `AT_s`, five more come then; what happened. */
function run(silence: (run: VirtualRun, now: Instant) => void) {
  const modes = new Set<string>();
  const alarms = new Set<string>();
  const { report } = runVirtual({
    ...demoSite(measuredBeforeBoot),
    codec: createPduCodec(),
    seed: 1,
    duration_s: 900,
    sessions: [],
    baseLoad: steadyBaseLoad(20),
    onSnapshot: (s) => {
      modes.add(s.mode);
      for (const a of s.alarms) alarms.add(a.id);
    },
    prepare: (virtual) => {
      const { time, rig } = virtual;
      const plug = (silent: boolean, at: Instant): void => {
        for (const s of rig.sim.stations.stations) {
          if (SILENT.has(s.id) === silent) time.at(at, () => s.plug(CAR, at));
        }
      };
      plug(true, later(time.now(), 20_000));
      const begin = later(time.now(), AT_s * 1000);
      time.at(begin, () => silence(virtual, begin));
      plug(false, later(begin, 10_000));
    },
  });
  return { modes: [...modes], alarms, violations: report.limit_violations };
}

/** Their connections end, and nobody answers them any more; cars go on at the floor. */
function disconnect({ rig }: VirtualRun, now: Instant): void {
  const { fleet, sim } = rig;
  const connect = fleet.connect.bind(fleet);
  Object.assign(fleet, {
    connect: (...of: Parameters<typeof connect>) =>
      SILENT.has(of[0]) ? { accepted: false, reason: 'site-silent' } : connect(...of),
  });
  for (const s of sim.stations.stations) if (SILENT.has(s.id)) s.reboot(now);
}

/** They stay connected and send no meter values; their cars leave, and come again. */
function stopMetering({ rig, time }: VirtualRun, now: Instant): void {
  const { fleet, sim } = rig;
  const images = fleet.images.bind(fleet);
  const last = new Map(images(now).map((i) => [i.station, i]));
  Object.assign(fleet, {
    images: (at: Instant) =>
      images(at).map((i) => {
        const { current_A, power_W, metered_at } = last.get(i.station) ?? i;
        if (current_A === undefined || power_W === undefined || metered_at === undefined) return i;
        return SILENT.has(i.station) ? { ...i, current_A, power_W, metered_at } : i;
      }),
  });
  for (const s of sim.stations.stations) {
    if (!SILENT.has(s.id)) continue;
    time.at(later(now, 15_000), () => s.unplug(time.now()));
    time.at(later(now, 300_000), () => s.plug(CAR, time.now()));
  }
}

describe('stations that fall silent while they charge', () => {
  for (const [title, silence] of [
    ['whose connections end', disconnect],
    ['that send no meter values any more', stopMetering],
  ] as const) {
    it(`${title}: no limit is passed, no line drops, the grid meter is believed`, function () {
      this.timeout(30_000);
      const { modes, alarms, violations } = run(silence);
      assert.equal(violations, 0);
      assert.deepEqual(modes, ['static', 'normal']);
      assert.equal(alarms.has('meter-implausible'), false);
      assert.equal(alarms.has('line-dropped'), false);
    });
  }
});
