import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { LevelWatch } from '../../../src/io/line/levelWatch';
import { type Instant, instant, later } from '../../../src/time';

const T0 = instant(5000);
const at = (ms: number): Instant => later(T0, ms);
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A watch whose program has been started at `T0`. */
function running(): LevelWatch {
  const watch = new LevelWatch(T0);
  assert.equal(watch.tick(T0), 'start');
  return watch;
}

describe('what is known of a line from what its program prints', () => {
  it('starts with nothing, and then follows each level', () => {
    const watch = running();
    assert.equal(watch.state(), 'starting');
    watch.heard(bytes('1'), at(10));
    assert.equal(watch.state(), 'closed');
    watch.heard(bytes('110'), at(20));
    assert.equal(watch.state(), 'open');
    assert.equal(watch.heard(bytes(''), at(30)), undefined);
    assert.equal(watch.state(), 'open');
  });

  it('does not lose an edge between two looks', () => {
    const watch = running();
    watch.heard(bytes('1'), at(10));
    watch.seen();
    watch.heard(bytes('101'), at(20));
    assert.deepEqual([...watch.seen()].sort(), ['closed', 'open']);
    assert.deepEqual(watch.seen(), ['closed']);
  });

  it('knows nothing after a second of silence, from the start or later, and has it ended', () => {
    for (const first of ['', '1']) {
      const watch = running();
      watch.heard(bytes(first), at(0));
      for (let t = 200; t <= 1000; t += 200) assert.equal(watch.tick(at(t)), undefined, `${t}`);
      assert.equal(watch.tick(at(1200)), 'stop');
      assert.equal(watch.state(), 'unknown');
      assert.match(watch.why() ?? '', /silent/);
      watch.heard(bytes('1'), at(1210));
      assert.equal(watch.state(), 'unknown', 'what comes late from it does not count');
    }
  });

  it('does not blame the program for a time in which its reader was blocked itself', () => {
    const watch = running();
    watch.heard(bytes('1'), at(0));
    assert.equal(watch.tick(at(5000)), undefined, 'its bytes wait in the pipe');
    watch.heard(bytes('11111'), at(5001));
    assert.equal(watch.tick(at(5200)), undefined);
    assert.equal(watch.state(), 'closed');
  });

  it('knows nothing as soon as something is printed that is no level', () => {
    for (const garbage of ['x', '11\n', 'V', '\u0000', '1'.repeat(70_000) + ' ']) {
      const watch = running();
      watch.heard(bytes('1'), at(0));
      assert.equal(watch.heard(bytes(garbage), at(1)), 'stop');
      assert.equal(watch.state(), 'unknown');
      assert.match(watch.why() ?? '', /no level/);
    }
  });

  it('knows nothing when the program dies, and starts it again after ever longer waits', () => {
    const watch = running();
    const waits: number[] = [];
    let now = T0;
    for (let i = 0; i < 9; i += 1) {
      watch.heard(bytes('1'), now);
      watch.lost();
      assert.equal(watch.state(), 'unknown');
      watch.ended('killed', now);
      assert.equal(watch.why(), 'killed');
      let waited = 0;
      while (watch.tick(later(now, waited)) !== 'start') waited += 100;
      waits.push(waited);
      now = later(now, waited);
      assert.equal(watch.state(), 'unknown', 'a new program that has said nothing is no news');
    }
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    for (let t = 0; t <= 60_000; t += 200) {
      watch.heard(bytes('1'), later(now, t));
      assert.equal(watch.tick(later(now, t)), undefined);
    }
    watch.ended('killed', later(now, 60_000));
    assert.equal(watch.tick(later(now, 60_400)), undefined);
    assert.equal(watch.tick(later(now, 60_500)), 'start', 'after a minute without fault');
  });

  it('never has two programs at once, and never says a level without one within 1.4 s', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('tick'), ms: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ kind: fc.constant('heard'), text: fc.stringMatching(/^[01x]{0,4}$/) }),
      fc.record({ kind: fc.constantFrom('ended', 'lost') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const watch = new LevelWatch(T0);
        let now = T0;
        let alive = false;
        let listened = 0;
        for (const s of steps) {
          if ('ms' in s) {
            now = later(now, s.ms);
            listened += Math.min(s.ms, 400);
            const effect = watch.tick(now);
            assert(effect !== 'start' || !alive);
            if (effect === 'start') [alive, listened] = [true, 0];
          } else if ('text' in s) {
            if (alive && s.text !== '') listened = 0;
            watch.heard(bytes(s.text), now);
            if (s.text.includes('x') && alive) assert.equal(watch.state(), 'unknown');
          } else if (s.kind === 'lost') watch.lost();
          else if (alive) {
            watch.ended('gone', now);
            alive = false;
          }
          const level = watch.state() === 'open' || watch.state() === 'closed';
          assert(!level || (alive && listened <= 1000));
        }
      }),
      { seed: 20_261_122, numRuns: 300 },
    );
  });
});
