import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { VirtualTime } from '../../../src/sim/time';
import { between, instant, later, left_ms, passed } from '../../../src/time';

describe('virtual time', () => {
  it('rings timers in order of time, and in order of setting at the same instant', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (delays) => {
        const time = new VirtualTime();
        const start = time.now();
        const rung: (readonly [number, number])[] = [];
        delays.forEach((ms, i) => {
          time.at(later(start, ms), () => {
            assert.equal(between(start, time.now()), ms);
            rung.push([ms, i]);
          });
        });
        time.runUntil(later(start, 100));
        const sorted = delays
          .map((ms, i) => [ms, i] as const)
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        assert.deepEqual(rung, sorted);
        assert.equal(time.pending, 0);
        assert.equal(between(start, time.now()), 100);
      }),
      { seed: 71 },
    );
  });

  it('rings a timer set for the past now, never rings a cancelled one, and stops at the end', () => {
    const time = new VirtualTime();
    const start = time.now();
    const rung: string[] = [];
    time.at(later(start, -5), () => void rung.push('past'));
    time.at(later(start, 5), () => void rung.push('cancelled'))();
    time.at(later(start, 11), () => void rung.push('beyond'));
    time.at(later(start, 10), () => {
      rung.push('in time');
      time.at(later(start, 3), () => void rung.push('set while running'));
    });
    time.runUntil(later(start, 10));
    assert.deepEqual(rung, ['past', 'in time', 'set while running']);
  });

  it('moves the wall clock with it, plus its error', () => {
    const time = new VirtualTime();
    const wall = time.wall_ms();
    time.runUntil(later(time.now(), 1234));
    assert.equal(time.wall_ms() - wall, 1234);
    time.wallOffset_ms = -3_600_000;
    assert.equal(time.wall_ms() - wall, 1234 - 3_600_000);
  });

  it('instants: arithmetic, deadlines, and no infinite ones', () => {
    const at = instant(1000);
    assert.equal(passed(at, at), true);
    assert.equal(passed(later(at, 1), at), false);
    assert.equal(left_ms(later(at, -5), at), 0);
    assert.equal(left_ms(later(at, 5), at), 5);
    for (const bad of [NaN, Infinity]) assert.throws(() => instant(bad), RangeError);
    assert.throws(() => later(at, Infinity), RangeError);
  });
});
