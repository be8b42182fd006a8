import { strict as assert } from 'node:assert';
import type { VirtualRun } from '../../src/sim/composition';
import { between, type Instant, later } from '../../src/time';
import { demoSite, virtualRun } from '../unit/demoRun';

const SLACK_A = 0.6;
const ENFORCED_s = 10;

const site = demoSite();
const FIELD = [site.gridMeter.id, ...site.bess.map((b) => b.id), ...site.pv.map((p) => p.id)];
const STATIONS = site.stations.map((s) => s.id);

const subsets = <T>(of: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** of.length }, (_, bits) =>
    of.filter((_one, i) => Math.floor(bits / 2 ** i) % 2 === 1),
  );

/** A site at power-on with a car at each station, where these never answer. */
function powerOn(missing: ReadonlySet<string>, start: 'first' | 'return'): VirtualRun {
  const options = { seed: 1 + missing.size, sessions: [], duration_s: 60, start };
  const run = virtualRun(site, options);
  const { fleet, sim } = run.rig;
  const silence = (d: { fault: string } | undefined): void => {
    if (d !== undefined) d.fault = 'silent';
  };
  for (const id of missing) {
    silence(sim.meters.get(id));
    silence(sim.bess.get(id));
    silence(sim.pv.get(id));
  }
  const connect = fleet.connect.bind(fleet);
  fleet.connect = (id, ...rest) =>
    missing.has(id) ? { accepted: false, reason: 'site-silent' } : connect(id, ...rest);
  const now = run.time.now();
  const vehicle = { phases: 3, rotation: 0, max_A: 32, need_Wh: 30_000 } as const;
  for (const s of sim.stations.stations) s.plug(vehicle, now);
  run.rig.start();
  return run;
}

/** What is wrong from `ENFORCED_s` after the start on; empty when the limits are enforced. */
function notEnforced(run: VirtualRun, missing: ReadonlySet<string>, now: Instant): string[] {
  const { rig } = run;
  const wrong: string[] = [];
  const snapshot = rig.runtime.snapshot();
  if (snapshot === undefined) return ['no decision'];
  const { lastRecord_at, text } = rig.supervisor.report();
  if (lastRecord_at === undefined) wrong.push(`no record is believed: ${text}`);
  for (const image of rig.fleet.images(now)) {
    if (missing.has(image.station)) continue;
    if (!image.connected || !image.floorVerified) wrong.push(`floor of ${image.station}`);
  }
  if (snapshot.mode === 'normal') return wrong;
  for (const s of rig.facts.site.stations) {
    const current = rig.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
    const most_A = missing.has(s.id) ? s.max_A : s.static_A;
    if (Math.max(...current) > most_A + SLACK_A) wrong.push(`${s.id} draws ${current.join()}`);
  }
  return wrong;
}

function check(missing: readonly string[], start: 'first' | 'return'): void {
  const absent = new Set(missing);
  const run = powerOn(absent, start);
  const began = run.time.now();
  for (let s = ENFORCED_s; s <= 14; s += 2) {
    run.time.runUntil(later(began, s * 1000));
    const now = run.time.now();
    const at = `${start}, without ${missing.join(' ') || 'nothing'}, ${between(began, now)} ms`;
    assert.deepEqual(notEnforced(run, absent, now), [], at);
  }
  assert.deepEqual(run.rig.sim.judge.report().violations, [], missing.join(' '));
  run.rig.stop();
}

describe('from process start the limits are enforced within 10 s, whatever is missing', function () {
  this.timeout(60_000);
  it('any subset of the field devices, with every station or none', () => {
    for (const field of subsets(FIELD)) {
      for (const start of ['first', 'return'] as const) {
        check(field, start);
        check([...field, ...STATIONS], start);
      }
    }
  });

  it('any subset of the stations, with every field device or none', () => {
    for (const [i, stations] of subsets(STATIONS).entries()) {
      const start = i % 2 === 0 ? 'first' : 'return';
      check(i % 4 < 2 ? stations : [...FIELD, ...stations], start);
    }
  });
});
