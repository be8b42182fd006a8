import { strict as assert } from 'node:assert';
import type { VirtualRun } from '../../../src/sim/composition';
import { lineStatus, type Supervisor } from '../../../src/supervisor';
import { type Instant, later } from '../../../src/time';
import { demoSite, virtualRun } from '../demoRun';
import { arrival, fed, supervisor } from './rig';

const built = (start: 'first' | 'return'): VirtualRun =>
  virtualRun(demoSite(), { duration_s: 3600, start });
const advance = (run: VirtualRun, s: number): void =>
  run.time.runUntil(later(run.time.now(), s * 1000));
const alarms = (run: VirtualRun): readonly string[] =>
  run.rig.runtime.snapshot()?.alarms.map((a) => a.id) ?? [];

describe('a contact that says energised while no edges are given', () => {
  it('nothing is raised on a line that was stuck, until its contact was seen to drop', () => {
    const run = built('return');
    run.rig.line.fault = 'welded';
    run.rig.start();
    const modes = new Set<string>();
    for (let s = 0; s < 900; s += 1) {
      advance(run, 1);
      modes.add(run.rig.runtime.mode());
    }
    assert.equal(run.rig.supervisor.report().line, 'fed', 'static charging goes on');
    assert.deepEqual([modes.has('normal'), alarms(run).includes('line-stuck')], [false, true]);
    run.rig.line.fault = 'none';
    run.rig.siteTimers.hold();
    advance(run, 6);
    run.rig.siteTimers.release();
    advance(run, 720);
    assert.equal(run.rig.runtime.mode(), 'normal');
    assert.equal(alarms(run).includes('line-stuck'), false);
    run.rig.stop();
  });

  it('is told once the relay must have dropped, not while it still may hold', () => {
    const s = supervisor({ start: 'return' });
    const contact = (state: 'energised' | 'dropped', now: Instant) =>
      lineStatus(new Map([['line', { feedback: () => state }]]), s.leftOut(now), now);
    // A supervisor that was started again meets a relay that the one before has just fed.
    assert.equal(contact('energised', arrival(3)).line, 'energised');
    const stuck = contact('energised', arrival(6));
    assert.deepEqual([stuck.line, stuck.lines?.[0]?.stuck], ['unknown', true]);
    const up = fed();
    assert.equal(
      lineStatus(
        new Map([['line', { feedback: () => 'energised' }]]),
        up.leftOut(arrival(4)),
        arrival(4),
      ).line,
      'energised',
    );
    assert.equal(contact('dropped', arrival(7)).line, 'dropped');
    assert.equal(contact('dropped', arrival(7)).lines, undefined);
  });

  it('is remembered over a restart of the supervisor, until the contact was seen to drop', () => {
    const before = supervisor({ start: 'return' });
    const contact = (s: Supervisor, state: 'energised' | 'dropped', now: Instant) =>
      lineStatus(new Map([['line', { feedback: () => state }]]), s.leftOut(now), now);
    assert.deepEqual(before.report().stuck, []);
    contact(before, 'energised', arrival(6));
    assert.deepEqual(before.report().stuck, ['line']);
    const { stuck } = before.report();
    const after = supervisor({ kept: { returnsWithinHour: 0, latched: false, stuck } });
    assert.equal(contact(after, 'energised', arrival(1)).line, 'unknown');
    assert.equal(contact(after, 'dropped', arrival(2)).line, 'dropped');
    assert.deepEqual(after.report().stuck, []);
    assert.equal(contact(after, 'energised', arrival(3)).line, 'energised');
  });
});
