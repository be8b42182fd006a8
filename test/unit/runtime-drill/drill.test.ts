import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../../src/runtime';
import { buildVirtual, type VirtualRun } from '../../../src/sim/composition';
import { type DrillFacts, nextDrill, startDrill } from '../../../src/runtime/drill';
import { instant, later } from '../../../src/time';

const SITE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');

/** A site in the dark (no sun, so no support is granted) that charges in mode normal. */
function charging(): VirtualRun {
  const { site } = loadSite(SITE);
  assert.ok(site !== undefined);
  const dark = { ...site, bess: [], pv: [] };
  const parsed = siteProfiles(dark);
  assert.ok(parsed.ok);
  const run = buildVirtual({
    site: dark,
    profiles: parsed.profiles,
    catalogue: deviceCatalogue,
    codec: createPduCodec(),
    seed: 1,
    duration_s: 600,
  });
  run.rig.start();
  advance(run, 120);
  assert.equal(run.rig.runtime.mode(), 'normal');
  return run;
}

const advance = (run: VirtualRun, s: number): void => {
  run.time.runUntil(later(run.time.now(), s * 1000));
};

describe('drills', () => {
  it('silence: a station falls to its floor by itself within its TTL and the drill measures it', () => {
    const run = charging();
    const started = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 60);
    const drill = run.rig.runtime.drills.state();
    assert.equal(drill?.phase, 'passed', drill?.text);
    assert.ok((drill.measured_s ?? 1e9) <= 42, String(drill.measured_s));
    assert.deepEqual(run.rig.sim.judge.report().violations, []);
    advance(run, 60);
    assert.ok(
      (run.rig.runtime.snapshot()?.stations[0]?.limit_A ?? 0) > 8,
      'raised again afterwards',
    );
    run.rig.stop();
  });

  it('silence: a lease still live, or a current still above static, after the bound fails', () => {
    const at = instant(1_000_000);
    const facts: DrillFacts = {
      mode: 'normal',
      support_W: 0,
      alarms: [],
      raised: true,
      renewed_at: at,
      ttl_ms: 30_000,
      aboveStatic_A: 8,
      line: 'energised',
    };
    const started = startDrill('silence', 'station-1', facts, at);
    assert.ok(!('refused' in started));
    assert.equal(nextDrill(started, facts, later(at, 41_000)).phase, 'running');
    assert.equal(nextDrill(started, facts, later(at, 43_000)).phase, 'failed');
    const drawing = { ...facts, raised: false };
    assert.equal(nextDrill(started, drawing, later(at, 43_000)).phase, 'failed');
    const alarmed = { ...facts, alarms: ['meter-silent'] };
    assert.equal(nextDrill(started, alarmed, later(at, 1000)).phase, 'aborted');
  });

  it('line: the relay drops, every station goes to its cut value, and the site comes back', () => {
    const run = charging();
    const started = run.rig.runtime.drills.start('line', 'line');
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 20);
    const drill = run.rig.runtime.drills.state();
    assert.equal(drill?.phase, 'passed', drill?.text);
    assert.equal(run.rig.line.energised(run.time.now()), false);
    advance(run, 900);
    assert.equal(run.rig.runtime.mode(), 'normal');
    run.rig.stop();
  });

  it('refuses to start outside normal, with an alarm, or on a station at its floor', () => {
    const run = charging();
    const missing = run.rig.runtime.drills.start('silence', 'station-99');
    assert.ok('refused' in missing && missing.refused.includes('no lease'));
    run.uplink.up = false;
    advance(run, 3);
    const alarmed = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok('refused' in alarmed && alarmed.refused.includes('alarms'));
    run.rig.stop();
  });
});
