import { strict as assert } from 'node:assert';
import { HeldTimers } from '../../../src/sim/composition';
import { VirtualTime } from '../../../src/sim/time';
import { later } from '../../../src/time';

describe('held timers', () => {
  function made() {
    const time = new VirtualTime();
    const start = time.now();
    const timers = new HeldTimers(time);
    const rung: string[] = [];
    const set = (name: string, ms: number) =>
      timers.at(later(start, ms), () => void rung.push(name));
    return { time, start, timers, rung, set };
  }

  it('let nothing ring while they are held, and all of it at the release, in order', () => {
    const { time, start, timers, rung, set } = made();
    set('a', 10);
    set('b', 20);
    set('late', 50);
    timers.hold();
    time.runUntil(later(start, 30));
    assert.deepEqual([rung, timers.isHeld], [[], true]);
    timers.release();
    assert.deepEqual(rung, ['a', 'b']);
    time.runUntil(later(start, 60));
    assert.deepEqual(rung, ['a', 'b', 'late']);
  });

  it('never ring what was cancelled, before or while held', () => {
    const { time, start, timers, rung, set } = made();
    const first = set('first', 10);
    const second = set('second', 10);
    first();
    timers.hold();
    time.runUntil(later(start, 20));
    second();
    timers.release();
    assert.deepEqual(rung, []);
  });
});
