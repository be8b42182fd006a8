/**
 * A PV inverter that falls to less than its rating when its lease ends: the static plan counts it
 * at that value, so whatever takes the site out of normal must not give it its rating back.
 */
import { strict as assert } from 'node:assert';
import { createPduCodec } from '../../src/io/modbusSerial';
import { deviceCatalogue } from '../../src/runtime';
import { runVirtual, type VirtualRun } from '../../src/sim/composition';
import { steadyBaseLoad } from '../../src/sim/site';
import { checkSite, type Site } from '../../src/site';
import { between, later } from '../../src/time';
import { demoSite } from '../faults/site/sites';

const EXPORT_W = 25_000;
const AT_s = 200;
/** Before its first lease an inverter does what it likes; the process has so long (start). */
const START_ms = 10_000;

/** 40 kW of sun that fall to nothing, where 25 kW may be exported: at its start it may give more. */
const fallsToNothing = (demo: Site): Site => ({
  ...demo,
  acceptedRisks: [
    ...demo.acceptedRisks,
    { code: 'cold-export', subject: 'grid', by: ['Ann', 'Bob'], reason: 'ten seconds' },
  ],
  connection: { ...demo.connection, export_W: EXPORT_W },
  nodes: demo.nodes.map((n) => (n.parent === undefined ? { ...n, export_W: EXPORT_W } : n)),
  pv: demo.pv.map((p) => ({ ...p, profile: 'sunspec-pv-704', expiry_W: 0 })),
});
/** Less than may be exported, but not together with what the battery does at its expiry. */
const besideBattery = (demo: Site): Site => {
  const site = fallsToNothing(demo);
  return { ...site, pv: site.pv.map((p) => ({ ...p, rated_W: 20_000 })) };
};

function run(
  site: (demo: Site) => Site,
  happens: (run: VirtualRun) => void,
  for_s = 150,
  begins: (run: VirtualRun) => void = () => undefined,
  busy = false,
) {
  const seen: { at_s: number; sun_W: number; mode: string; line: boolean }[] = [];
  const holder: { run?: VirtualRun; began?: ReturnType<VirtualRun['time']['now']> } = {};
  runVirtual({
    ...demoSite(site),
    codec: createPduCodec(),
    seed: 3,
    duration_s: AT_s + for_s,
    ...(busy ? {} : { sessions: [] }),
    irradiance: () => 1,
    baseLoad: steadyBaseLoad(3),
    prepare: (virtual) => {
      const began = virtual.time.now();
      Object.assign(holder, { run: virtual, began });
      begins(virtual);
      const begin = later(began, AT_s * 1000);
      virtual.time.at(begin, () => happens(virtual));
      const look = (): void => {
        const now = virtual.time.now();
        seen.push({
          at_s: between(began, now) / 1000,
          sun_W: virtual.rig.sim.truth().pv_W,
          mode: virtual.rig.runtime.mode(),
          line: virtual.rig.line.energised(now),
        });
        virtual.time.at(later(now, 1000), look);
      };
      look();
    },
  });
  const { run: virtual, began } = holder;
  assert(virtual !== undefined && began !== undefined);
  const { violations } = virtual.rig.sim.judge.report();
  return { seen, violations: violations.filter((v) => between(began, v.from) > START_ms) };
}

const forceStatic = (r: VirtualRun): void =>
  void r.rig.runtime.persons.ask('force-static', 'a test');

const meterFails = ({ rig }: VirtualRun): void => {
  const meter = rig.sim.meters.get(rig.facts.site.gridMeter.id);
  assert(meter !== undefined);
  meter.fault = 'silent';
};

const WAYS: Readonly<Record<string, (run: VirtualRun) => void>> = {
  'the grid meter falls silent': meterFails,
  'the emergency stop opens': (r) => r.rig.runtime.setEmergencyStop(true),
  'a person forces static': forceStatic,
  'the site process dies and comes back': (r) => r.rig.killSite(3000),
  'a technician opens a session': (r) => r.rig.runtime.openService(later(r.time.now(), 3_600_000)),
};

describe('sun that falls to less than its rating when its lease ends', () => {
  it('is tried on a site that `check` takes for safe', () => {
    for (const site of [fallsToNothing, besideBattery]) {
      const { findings } = checkSite(demoSite(site).site, deviceCatalogue);
      assert.deepEqual(
        findings.filter((f) => f.severity === 'error' || f.severity === 'risk'),
        [],
      );
    }
  });

  for (const [title, happens] of Object.entries(WAYS)) {
    it(`${title}: it goes to that value, and no more is exported than may be`, function () {
      this.timeout(20_000);
      for (const site of [fallsToNothing, besideBattery]) {
        const { seen, violations } = run(site, happens);
        assert.deepEqual(violations, []);
        const charging = seen.filter((s) => s.at_s > 100 && s.at_s < AT_s);
        assert.ok(charging.every((s) => s.mode === 'normal' && s.sun_W > 15_000));
        const after = seen.filter((s) => s.at_s > AT_s + 20 && s.mode !== 'normal');
        assert.ok(after.length > 10, 'it was out of normal');
        assert.ok(
          after.every((s) => s.sun_W < 1000),
          JSON.stringify(after[0]),
        );
      }
    });
  }

  it('is held there from the start, though the site never comes to normal', function () {
    this.timeout(20_000);
    const { seen, violations } = run(fallsToNothing, () => undefined, 0, meterFails);
    assert.deepEqual(violations, []);
    assert.ok(seen.every((s) => s.mode !== 'normal'));
    assert.ok(
      seen.some((s) => s.sun_W > EXPORT_W),
      'before its first lease it gives more',
    );
    assert.ok(seen.filter((s) => s.at_s > START_ms / 1000).every((s) => s.sun_W < 1000));
  });

  it('no station rests on more than it falls to: its lease ends before theirs', function () {
    this.timeout(20_000);
    const alone = (demo: Site): Site => ({ ...fallsToNothing(demo), bess: [] });
    const hangs = ({ rig }: VirtualRun): void => {
      for (const line of [rig.line, ...rig.lines.values()]) line.fault = 'welded';
      rig.siteTimers.hold();
    };
    const { seen, violations } = run(alone, hangs, 60, () => undefined, true);
    assert.deepEqual(violations, []);
    assert.ok(seen.some((s) => s.at_s > AT_s + 14 && s.at_s < AT_s + 25 && s.sun_W < 1000));
  });

  it('the emergency stop lowers it at once: what it was allowed rested on loads that are gone', function () {
    this.timeout(20_000);
    const { seen } = run(besideBattery, ({ rig }) => rig.runtime.setEmergencyStop(true));
    const after = seen.filter((s) => s.at_s >= AT_s + 5);
    assert.ok(
      after.every((s) => s.sun_W < 1000),
      JSON.stringify(after[0]),
    );
  });

  it('the supervisor goes on feeding a site that holds it there', function () {
    this.timeout(20_000);
    const { seen } = run(fallsToNothing, forceStatic, 400);
    assert.ok(seen.filter((s) => s.at_s > 20).every((s) => s.line));
    assert.equal(seen.at(-1)?.mode, 'static');
  });
});
