import { strict as assert } from 'node:assert';
import { ExcessWatch } from '../../../src/supervisor';
import { later } from '../../../src/time';
import { arrival, fed, gridFrame, record, SITE, START } from './rig';

const curve = { name: 'x', rating_A: 100, points: [{ ratio: 2, hold_s: 20 }] };
const on = (phase: number, current_A: number): readonly [number, number, number] => [
  phase === 0 ? current_A : 0,
  phase === 1 ? current_A : 0,
  phase === 2 ? current_A : 0,
];

describe('supervisor: the phases of an excess', () => {
  it('one phase alone is enough, for the time and for the trip integral', () => {
    for (const phase of [0, 1, 2]) {
      const long = new ExcessWatch(curve, 100, 5000);
      const hot = new ExcessWatch(curve, 100, 60_000);
      const why: (string | undefined)[] = [];
      for (let s = 0; s <= 8; s += 1) {
        why.push(long.judge(on(phase, 101), later(START, s * 1000)));
        hot.judge(on(phase, 150), later(START, s * 1000));
      }
      assert.equal(why[5], undefined, 'within the reaction time it is regulated away');
      assert.match(why[6] ?? '', /101 A above the limit 100 A for 6 s/);
      assert.equal(hot.noticed, true);
    }
  });

  it('each phase has a memory of its own: a load that moves on trips none', () => {
    const watch = new ExcessWatch(curve, 200, 60_000);
    let said: string | undefined;
    // 150 A for 8 s are D 0.4; 4 s on each of the three are D 0.2 each.
    for (let s = 0; s <= 11; s += 1) {
      said ??= watch.judge(on(Math.floor(s / 4), 150), later(START, s * 1000));
    }
    assert.equal(said, undefined);
  });

  it('an excess that ended begins anew', () => {
    const watch = new ExcessWatch(curve, 90, 5000);
    const judge = (s: number, a: number) => watch.judge(on(1, a), later(START, s * 1000));
    for (let s = 0; s < 20; s += 1) assert.equal(judge(s, s % 5 === 4 ? 90 : 95), undefined);
  });
});

describe('supervisor: which readings of the grid meter speak', () => {
  const NORMAL = { mode: 'normal' } as const;
  /** The answer in cycle 4 to a frame of this age when the record arrives. */
  const aged = (age_ms: number) => {
    const gridAt = later(arrival(4), -age_ms);
    const frame = { device: 'meter', at: gridAt, frame: gridFrame() };
    return fed().record(record(4, { ...NORMAL, gridFrame: frame }), arrival(4)).edge;
  };

  it('3 s old at most, and from the future by no more than two clocks differ', () => {
    assert.deepEqual([3000, 3001].map(aged), [true, false]);
    assert.deepEqual([-5, -6].map(aged), [true, false]);
  });

  /** Whether static is still fed after half a minute of this reading, a little new each second. */
  const fedAfter = (
    current_A: number,
    change: (n: number) => Readonly<Record<string, number>> = () => ({}),
    frozenFrom = 100,
  ): boolean => {
    const s = fed();
    let edge = false;
    for (let n = 4; n <= 34; n += 1) {
      const small = Math.min(n, frozenFrom) / 100;
      const frame = gridFrame(current_A + small, change(Math.min(n, frozenFrom)));
      const gridFrame_ = { device: 'meter', at: later(START, n * 1000 - 400), frame };
      edge = s.record(record(n, { gridFrame: gridFrame_ }), arrival(n)).edge;
    }
    return edge;
  };

  it('a current that no connection carries is a wrong map, beyond twelve times the greater rating', () => {
    const [root] = SITE.nodes;
    assert(root !== undefined);
    const most_A = 12 * Math.max(root.import_A, root.curve.rating_A);
    assert.equal(fedAfter(most_A - 2), false);
    assert.equal(fedAfter(most_A + 2), true);
    const smaller = 12 * Math.min(root.import_A, root.curve.rating_A);
    if (smaller < most_A) assert.equal(fedAfter(smaller + 2), false);
  });

  it('power on any phase that its current cannot make is no reading; a little more is', () => {
    for (const phase of ['L1', 'L2', 'L3']) {
      const makes = (extra_W: number) => (n: number) => ({
        [`W_${phase}`]: (200 + n / 100) * 230 * 1.3 + extra_W,
      });
      assert.equal(fedAfter(200, makes(100)), false, `${phase}: it can be true`);
      assert.equal(fedAfter(200, makes(300)), true, `${phase}: it cannot`);
    }
  });

  it('the same bytes for more than 5 s prove nothing outside normal', () => {
    assert.equal(
      fedAfter(126, () => ({}), 4),
      true,
    );
    assert.equal(fedAfter(126), false);
  });
});
