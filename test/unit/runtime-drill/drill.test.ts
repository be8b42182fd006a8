import { strict as assert } from 'node:assert';
import type { DrillBook } from '../../../src/runtime';
import { busySessions, type VirtualOptions, type VirtualRun } from '../../../src/sim/composition';
import { type Drill, type DrillFacts, nextDrill, startDrill } from '../../../src/runtime/drill';
import type { Site } from '../../../src/site';
import { simStationConfigs } from '../../../src/sim/site';
import type { SimSession } from '../../../src/sim/stations';
import { VirtualTime } from '../../../src/sim/time';
import { instant, later } from '../../../src/time';
import { demoSite, virtualRun } from '../demoRun';

/** Vehicles at three stations only: each gets well more than its floor. */
function fewVehicles(site: Site): readonly SimSession[] {
  const stations = simStationConfigs(site, '').slice(0, 3);
  const from = new VirtualTime().now();
  return busySessions(stations, { seed: 1, from, horizon_ms: 3_600_000 });
}

/** A site in the dark (no sun, so no support is granted) that charges in mode normal. */
function charging(
  seed = 1,
  drillBook?: VirtualOptions['drillBook'],
  change: (site: Site) => Site = (site) => site,
): VirtualRun {
  const dark = change({ ...demoSite(), bess: [], pv: [] });
  const run = virtualRun(dark, {
    seed,
    sessions: fewVehicles(dark),
    duration_s: 600,
    ...(drillBook === undefined ? {} : { drillBook }),
  });
  run.rig.start();
  advance(run, 120);
  assert.equal(run.rig.runtime.mode(), 'normal');
  return run;
}

const advance = (run: VirtualRun, s: number): void => {
  run.time.runUntil(later(run.time.now(), s * 1000));
};

const RUNNING: Drill = {
  kind: 'line',
  subject: 'line-1',
  began: instant(0),
  phase: 'running',
  bound_s: 14,
  text: '',
};
const NO_FACTS: DrillFacts = {
  mode: 'normal',
  support_W: 0,
  alarms: [],
  raised: false,
  ttl_ms: 0,
  line: 'energised',
  barred: false,
  anyRaised: false,
  uplink: 'none',
};

describe('drills', () => {
  it('silence: a station falls to its floor by itself within its TTL and the drill measures it', () => {
    const run = charging();
    const id = 'station-1';
    const started = run.rig.runtime.drills.start('silence', id);
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 60);
    const drill = run.rig.runtime.drills.state();
    assert.equal(drill?.phase, 'passed', drill?.text);
    assert.ok((drill.measured_s ?? 1e9) <= 42, String(drill.measured_s));
    assert.match(drill.text, /seen by the site meter/);
    assert.deepEqual(run.rig.sim.judge.report().violations, []);
    advance(run, 60);
    assert.ok(
      (run.rig.runtime.snapshot()?.stations.find((s) => s.id === id)?.limit_A ?? 0) > 8,
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
      barred: false,
      anyRaised: true,
      uplink: 'up',
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
    const started = run.rig.runtime.drills.start('line', 'line-1');
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
    assert.ok('refused' in missing && missing.refused.includes('no station'));
    run.uplink.up = false;
    advance(run, 3);
    const alarmed = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok('refused' in alarmed && alarmed.refused.includes('alarms'));
    run.rig.stop();
  });

  it('silence: a station that reports its floor and draws on does not pass', () => {
    for (const seed of [1, 2, 3]) {
      const run = charging(seed);
      const { drills } = run.rig.runtime;
      const id = 'station-1';
      const started = drills.start('silence', id);
      assert.ok(!('refused' in started), JSON.stringify(started));
      run.rig.sim.stations.station(id)?.setBehaviour('lying', run.time.now());
      advance(run, 90);
      const drill = drills.state();
      assert.equal(drill?.phase, 'failed', drill?.text);
      assert.match(drill.text, /site meter saw|alarm/);
      advance(run, 30);
      const alarms = run.rig.runtime.snapshot()?.alarms.map((a) => `${a.id} ${a.subject}`);
      assert.ok(alarms?.includes(`drill-failed ${id}`), String(alarms));
      const held = run.rig.runtime.snapshot()?.stations.find((s) => s.id === id);
      assert.equal(held?.limit_A, 8, 'never raised by a lease');
      run.rig.stop();
    }
  });

  it('meter: all goes to static without a grid meter and comes back, the line stays up', () => {
    const run = charging();
    const { drills } = run.rig.runtime;
    const started = drills.start('meter', 'meter');
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 3);
    assert.equal(run.rig.runtime.mode(), 'blind');
    advance(run, 45);
    assert.equal(drills.state()?.phase, 'passed', drills.state()?.text);
    assert.ok((drills.state()?.measured_s ?? 1e9) <= 20);
    assert.equal(run.rig.runtime.mode(), 'normal');
    assert.equal(run.rig.line.energised(run.time.now()), true);
    assert.ok(!run.audit.some((l) => l.includes('normal -> cut')));
    run.rig.stop();
  });

  it('meter: stopped by a person, the meter is used again with the next cycle', () => {
    const run = charging();
    run.rig.runtime.drills.start('meter', 'meter');
    advance(run, 4);
    run.rig.runtime.drills.abort();
    assert.equal(run.rig.runtime.drills.state()?.phase, 'aborted');
    advance(run, 15);
    assert.equal(run.rig.runtime.mode(), 'normal');
    run.rig.stop();
  });

  it('uplink: without the CPO mode and line stay as they are, and it is served again', () => {
    const run = charging();
    const { drills } = run.rig.runtime;
    const started = drills.start('uplink', 'uplink');
    assert.ok(!('refused' in started), JSON.stringify(started));
    const before = run.uplink.published;
    advance(run, 18);
    assert.ok(run.uplink.published <= before + 1, 'nothing is told while it is left unused');
    assert.equal(run.rig.runtime.snapshot()?.links.uplink, 'down');
    assert.equal(run.rig.runtime.mode(), 'normal');
    advance(run, 10);
    assert.equal(drills.state()?.phase, 'passed', drills.state()?.text);
    assert.ok(run.uplink.published > before + 5);
    run.rig.stop();
  });

  it('no support above the limit while one runs; one that was granted all the same ends it', () => {
    const site = demoSite();
    const run = virtualRun(site, {
      sessions: fewVehicles(site).filter((x) => x.station === 'station-1'),
      irradiance: () => 0,
      duration_s: 600,
    });
    run.rig.start();
    advance(run, 120);
    const { drills } = run.rig.runtime;
    assert.equal(drills.abilities().supports, true);
    const started = drills.start('meter', 'meter');
    assert.ok(!('refused' in started), JSON.stringify(started));
    assert.equal(drills.abilities().supports, false);
    drills.abort();
    advance(run, 1);
    assert.equal(drills.abilities().supports, true);
    run.rig.stop();
    const supported = { ...NO_FACTS, support_W: 1 };
    for (const kind of ['silence', 'line', 'meter', 'uplink'] as const) {
      const next = nextDrill({ ...RUNNING, kind }, supported, instant(1000));
      assert.deepEqual([kind, next.phase], [kind, 'aborted']);
      assert.match(next.text, /support above the limit/);
    }
  });

  it('a refusal for support says when it ends, and then the drill starts', () => {
    const site = demoSite();
    const from = new VirtualTime().now();
    const stations = simStationConfigs(site, '');
    // All leave after four minutes but one.
    const sessions = busySessions(stations, { seed: 1, from, horizon_ms: 3_600_000 })
      .filter((x) => x.station === 'station-1' || x.plug_at < later(from, 240_000))
      .map((x) => (x.station === 'station-1' ? x : { ...x, unplug_at: later(from, 240_000) }));
    const run = virtualRun(site, { sessions, irradiance: () => 0, duration_s: 600 });
    run.rig.start();
    advance(run, 120);
    const { drills } = run.rig.runtime;
    const refused = drills.start('uplink', 'uplink');
    assert.ok('refused' in refused);
    assert.match(
      refused.refused,
      /W of support .* are granted; it ends when .* start the drill then/,
    );
    advance(run, 240);
    const started = drills.start('uplink', 'uplink');
    assert.ok(!('refused' in started), JSON.stringify(started));
    run.rig.stop();
  });

  it('silence: a mode that turns careful ends it and takes the lease back, with no alarm as well', () => {
    const run = charging();
    const lease = () =>
      run.rig.fleet.images(run.time.now()).find((i) => i.station === 'station-1')?.lease;
    const started = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 3);
    assert.ok((lease()?.limit_A ?? 0) > 8);
    run.rig.runtime.persons.ask('force-static', 'a test');
    advance(run, 5);
    assert.equal(run.rig.runtime.drills.state()?.phase, 'aborted');
    assert.equal(lease(), undefined);
    run.rig.stop();
  });

  it('line: a relay that its contact shows to be stuck fails the drill, it does not end it', () => {
    const next = nextDrill(RUNNING, { ...NO_FACTS, alarms: ['line-stuck'] }, instant(6000));
    assert.deepEqual([next.phase, next.text], ['failed', 'alarm line-stuck']);
  });

  it('each drill fails when what it proves does not happen', () => {
    const at = instant(1_000_000);
    const facts: DrillFacts = {
      mode: 'normal',
      support_W: 0,
      alarms: [],
      raised: false,
      ttl_ms: 30_000,
      aboveStatic_A: 8,
      line: 'energised',
      barred: false,
      anyRaised: true,
      uplink: 'up',
    };
    const begun = (kind: 'line' | 'meter' | 'uplink'): Drill => {
      const started = startDrill(kind, kind, facts, at);
      assert.ok(!('refused' in started));
      return started;
    };
    const after = (kind: 'line' | 'meter' | 'uplink', s: number, change: Partial<DrillFacts>) =>
      nextDrill(begun(kind), { ...facts, ...change }, later(at, s * 1000));
    assert.match(after('line', 15, {}).text, /relay did not drop/);
    assert.match(after('meter', 5, {}).text, /mode normal without a grid meter/);
    assert.match(after('meter', 5, { mode: 'blind' }).text, /commanded above static/);
    assert.match(after('meter', 5, { mode: 'blind', line: 'dropped' }).text, /dropped the line/);
    const quiet = { mode: 'blind', anyRaised: false };
    assert.match(after('meter', 21, quiet).text, /still draws 8\.0 A/);
    assert.match(after('uplink', 5, { mode: 'static' }).text, /the mode is static/);
    assert.match(after('uplink', 5, { line: 'dropped' }).text, /line is open/);
    assert.match(after('uplink', 41, { uplink: 'down' }).text, /was not back/);
    for (const kind of ['line', 'meter', 'uplink'] as const) {
      assert.equal(after(kind, 1, { alarms: ['device-silent'] }).phase, 'aborted');
    }
  });

  it('a person who forces static stops it: that says nothing of what is drilled', () => {
    for (const kind of ['meter', 'line', 'silence'] as const) {
      const run = charging();
      const { drills, persons } = run.rig.runtime;
      const subject = kind === 'meter' ? kind : kind === 'line' ? 'line-1' : 'station-1';
      assert.ok(!('refused' in drills.start(kind, subject)));
      advance(run, 2);
      persons.ask('force-static', 'a test');
      advance(run, 60);
      assert.equal(drills.state()?.phase, 'aborted', `${kind}: ${drills.state()?.text ?? ''}`);
    }
  });

  it('an overdue station is held at its floor, gets one lease for its drill, and is free again', () => {
    const wall = 1_800_000_000_000;
    let kept: DrillBook = { commissioned_ms: wall, results: [] };
    const drillBook = {
      load: (): DrillBook => ({ commissioned_ms: 0, results: kept.results }),
      save: (book: DrillBook): void => {
        kept = book;
      },
    };
    const run = charging(1, drillBook);
    const { drills } = run.rig.runtime;
    const limits = () => run.rig.runtime.snapshot()?.stations.map((s) => s.limit_A) ?? [];
    assert.ok(
      limits().every((a) => a <= 8),
      String(limits()),
    );
    const overdue = run.rig.runtime.snapshot()?.alarms.filter((a) => a.id === 'drill-overdue');
    assert.equal(overdue?.length, 9, 'eight stations and a line');
    assert.match(overdue[0]?.text ?? '', /holdfast drill/);
    const line = drills.start('line', 'line-1');
    assert.ok(!('refused' in line), JSON.stringify(line));
    advance(run, 900);
    assert.equal(drills.state()?.phase, 'passed', drills.state()?.text);
    const silence = drills.start('silence', 'station-1');
    assert.ok(!('refused' in silence), JSON.stringify(silence));
    advance(run, 60);
    assert.equal(drills.state()?.phase, 'passed', drills.state()?.text);
    assert.deepEqual(
      kept.results.map((r) => [r.kind, r.subject, r.phase]),
      [
        ['line', 'line-1', 'passed'],
        ['silence', 'station-1', 'passed'],
      ],
    );
    advance(run, 120);
    assert.ok((limits()[0] ?? 0) > 8, String(limits()));
    assert.ok(
      limits()
        .slice(1)
        .every((a) => a <= 8),
    );
    assert.deepEqual(run.rig.sim.judge.report().violations, []);
    run.rig.stop();
  });

  /** Its silence drill is overdue, its line drill is not. */
  const overdue = (): NonNullable<VirtualOptions['drillBook']> => {
    const at_ms = new VirtualTime().wall_ms();
    const line = { kind: 'line', subject: 'line-1', phase: 'passed', at_ms } as const;
    const results = [{ ...line, bound_s: 14, text: '' }];
    return { load: () => ({ commissioned_ms: 0, results }), save: () => undefined };
  };
  const granted_A = (run: VirtualRun, s: number): number => {
    let most = 0;
    for (let i = 0; i < s; i += 1) {
      advance(run, 1);
      for (const image of run.rig.fleet.images(run.time.now())) {
        most = Math.max(most, image.lease?.limit_A ?? 0);
      }
    }
    return most;
  };

  it('an overdue station gets its one lease in normal only', () => {
    const run = charging(1, overdue());
    const started = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok(!('refused' in started), JSON.stringify(started));
    run.rig.runtime.persons.ask('force-static', 'a test');
    assert.equal(granted_A(run, 5), 0);
    assert.equal(run.rig.runtime.drills.state()?.phase, 'aborted');
    run.rig.stop();
  });

  it('an overdue station gets its one lease only where every node above it has room for its maximum', () => {
    const narrow = (site: Site): Site => ({
      ...site,
      nodes: site.nodes.map((n) => (n.id === 'row-a' ? { ...n, import_A: 40 } : n)),
    });
    const run = charging(1, overdue(), narrow);
    const started = run.rig.runtime.drills.start('silence', 'station-1');
    assert.ok(!('refused' in started), JSON.stringify(started));
    assert.equal(granted_A(run, 40), 0);
    assert.equal(run.rig.runtime.drills.state()?.phase, 'aborted');
    assert.deepEqual(run.rig.sim.judge.report().violations, []);
    run.rig.stop();
  });
});
