import { strict as assert } from 'node:assert';
import {
  nextIsolation,
  nextOverdraw,
  NO_ISOLATION,
  type OverdrawState,
  smallestLine,
} from '../../../src/runtime';
import type { VirtualRun } from '../../../src/sim/composition';
import type { Site } from '../../../src/site';
import { LineSet, lineStatus } from '../../../src/supervisor';
import { type Instant, instant, later } from '../../../src/time';
import { amps, evenly } from '../../../src/units';
import { demoSite, virtualRun } from '../demoRun';

const T0 = instant(1_000_000);
const at = (s: number) => later(T0, s * 1000);

/** The demo site in the dark, each row on its own line. */
function twoLines(): Site {
  const site = demoSite();
  const [only] = site.lines;
  assert(only !== undefined);
  const lines = ['row-a', 'row-b'].map((node) => ({ ...only, id: `line-${node}`, node }));
  const stations = site.stations.map((s) => ({ ...s, line: `line-${s.node}` }));
  return { ...site, bess: [], pv: [], lines, stations };
}

function start(site: Site, seed: number): VirtualRun {
  const run = virtualRun(site, { seed, duration_s: 1800 });
  run.rig.start();
  run.time.runUntil(later(run.time.now(), 120_000));
  return run;
}
const advance = (run: VirtualRun, s: number): void => {
  run.time.runUntil(later(run.time.now(), s * 1000));
};
const up = (run: VirtualRun): readonly boolean[] =>
  ['line-row-a', 'line-row-b'].map(
    (id) => run.rig.lines.get(id)?.energised(run.time.now()) === true,
  );

/** From now on the station's own meter shows 30 A, whatever it is told. */
function overdraws(run: VirtualRun, id: string): void {
  const { fleet } = run.rig;
  const images = fleet.images.bind(fleet);
  const current_A = [amps(30), amps(30), amps(30)] as const;
  Object.assign(fleet, {
    images: (now: Instant) =>
      images(now).map((i) => (i.station === id ? { ...i, current_A, metered_at: now } : i)),
  });
}

describe('several watchdog lines', () => {
  it('a station that nobody has seen since power-on costs its own line only, until it comes', () => {
    const site = twoLines();
    const run = virtualRun(site, { duration_s: 1800 });
    const { fleet } = run.rig;
    const connect = fleet.connect.bind(fleet);
    const [unseen] = site.stations;
    assert(unseen !== undefined);
    let away = true;
    fleet.connect = (id, ...rest) =>
      away && id === unseen.id ? { accepted: false, reason: 'site-silent' } : connect(id, ...rest);
    run.rig.start();
    advance(run, 120);
    assert.deepEqual([unseen.line, ...up(run)], ['line-row-a', false, true]);
    const told = run.rig.runtime.snapshot()?.alarms ?? [];
    assert.match(told.find((a) => a.subject === 'line-row-a')?.text ?? '', /not verified/);
    away = false;
    advance(run, 300);
    assert.deepEqual(up(run), [true, true]);
    assert.equal(run.rig.supervisor.report().returnsWithinHour, 0);
    run.rig.stop();
  });

  it('without a heartbeat all of them drop', () => {
    const run = start(twoLines(), 1);
    assert.deepEqual(up(run), [true, true]);
    run.rig.siteTimers.hold();
    advance(run, 5);
    assert.deepEqual(up(run), [false, false]);
    run.rig.stop();
  });

  it('a station that disobeys costs its own feeder only, and its feeder holds it', () => {
    const run = start(twoLines(), 1);
    overdraws(run, 'station-1');
    let opened: readonly boolean[] = [];
    for (let s = 0; s < 240 && opened.length === 0; s += 1) {
      advance(run, 1);
      if (up(run).includes(false)) opened = up(run);
    }
    assert.deepEqual(opened, [false, true]);
    advance(run, 10);
    const current = run.rig.sim.stations.station('station-1')?.trueCurrent_A(run.time.now());
    assert.ok(
      current?.every((a) => a <= 8.6),
      String(current),
    );
    assert.equal(run.rig.runtime.mode(), 'normal', 'the other feeder goes on');
    const alarms = run.rig.runtime.snapshot()?.alarms.map((a) => `${a.id} ${a.subject}`);
    assert.ok(alarms?.includes('line-dropped line-row-a'), String(alarms));
    assert.deepEqual(run.rig.sim.judge.report().violations, []);
    run.rig.stop();
  });

  it('a drill of one line drops that one, and it is fed again after the time of a return', () => {
    const run = start(twoLines(), 2);
    const started = run.rig.runtime.drills.start('line', 'line-row-b');
    assert.ok(!('refused' in started), JSON.stringify(started));
    advance(run, 16);
    assert.deepEqual(up(run), [true, false]);
    const drill = run.rig.runtime.drills.state();
    assert.equal(drill?.phase, 'passed', drill?.text);
    advance(run, 60);
    assert.deepEqual(up(run), [true, true]);
    run.rig.stop();
  });

  it('the smallest feeder is taken, never one on which every station hangs', () => {
    const site = twoLines();
    const [a] = site.lines;
    assert(a !== undefined);
    assert.equal(smallestLine(site, 'station-1'), 'line-row-a');
    const whole = { ...a, id: 'all', node: 'grid', kind: 'isolate' as const };
    assert.equal(
      smallestLine({ ...site, lines: [whole, ...site.lines] }, 'station-5'),
      'line-row-b',
    );
    assert.equal(smallestLine({ ...site, lines: [whole] }, 'station-5'), undefined);
    const feeder = { ...a, id: 'feeder', node: 'row-b', kind: 'isolate' as const };
    assert.equal(smallestLine({ ...site, lines: [whole, feeder] }, 'station-5'), 'feeder');
  });

  it('a feeder stays open ten minutes, and for good after the third time within an hour', () => {
    const site = twoLines();
    const bad = (s: number) =>
      new Map([
        ['station-1', { isolated: true, above_since: at(s - 31), measured_A: 30, told_A: 8 }],
      ]);
    let state = nextIsolation(NO_ISOLATION, bad(0), site, at(0));
    assert.deepEqual([...state.open.keys()], ['line-row-a']);
    state = nextIsolation(state, new Map(), site, at(599));
    assert.equal(state.open.size, 1);
    state = nextIsolation(state, new Map(), site, at(601));
    assert.equal(state.open.size, 0);
    state = nextIsolation(state, bad(700), site, at(700));
    state = nextIsolation(state, bad(1400), site, at(1400));
    state = nextIsolation(state, bad(2100), site, at(2100));
    assert.equal(nextIsolation(state, new Map(), site, at(90_000)).open.size, 1);
  });

  it('a feeder is opened for what is seen, not for the silence that opening it brings', () => {
    const site = twoLines();
    const id = 'station-1';
    let draws: OverdrawState = new Map();
    let state = NO_ISOLATION;
    const open: boolean[] = [];
    for (let s = 0; s < 3000; s += 1) {
      // Its contactor opens with the feeder, and it says nothing any more.
      const seen = s < 40 ? { measured_A: evenly(30) } : {};
      draws = nextOverdraw(draws, [{ id, told_A: 8, ...seen }], at(s));
      state = nextIsolation(state, draws, site, at(s));
      open.push(state.open.has('line-row-a'));
    }
    assert.deepEqual([open.indexOf(true), open.lastIndexOf(true)], [30, 629]);
    assert.equal(state.times.get('line-row-a')?.length, 1);
  });

  it('a line is only ever left out; one taken back is fed after a minute', () => {
    const set = new LineSet(['a', 'b']);
    assert.deepEqual(set.fed(at(0)), ['a', 'b']);
    set.isolate(['b', 'unknown'], at(1));
    assert.deepEqual(set.fed(at(1)), ['a']);
    set.isolate([], at(2));
    assert.deepEqual(set.fed(at(61)), ['a']);
    assert.deepEqual(set.fed(at(63)), ['a', 'b']);
    const out = (...ids: readonly string[]) => ({ now: ids, mustBeOpen: ids });
    const one = (state: 'energised' | 'dropped') => ({ feedback: () => state });
    const lines = new Map([
      ['a', one('energised')],
      ['b', one('dropped')],
    ]);
    assert.equal(lineStatus(lines, out(), at(0)).line, 'dropped');
    assert.equal(lineStatus(lines, out('b'), at(0)).line, 'energised');
    assert.equal(lineStatus(lines, out('a', 'b'), at(0)).line, 'dropped');
    assert.equal(lineStatus(lines, out('a'), at(0)).lines?.[0]?.stuck, true);
  });
});
