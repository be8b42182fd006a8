import { strict as assert } from 'node:assert';
import { type Following, FOLLOWS, leftAlone, nextFollowing } from '../../../src/runtime/following';
import { instant, later } from '../../../src/time';

const T0 = instant(0);
const GRACE_ms = 4500;
const step = (f: Following, s: number, gap_W: number | undefined, proves = true): Following => {
  const gap = gap_W === undefined ? {} : { gap_W };
  return nextFollowing(f, { ...gap, proves, slack_W: 3000 }, GRACE_ms, later(T0, s * 1000));
};
const failed = [0, 1, 2, 3, 4, 5].reduce((f, s) => step(f, s, -10_000), FOLLOWS);
const at = (s: number) => later(T0, s * 1000);

describe('a device that does not follow', () => {
  it('fails when its time is over, not before', () => {
    const early = [0, 1, 2, 3, 4].reduce((f, s) => step(f, s, -10_000), FOLLOWS);
    assert.equal(early.failed_at, undefined);
    assert.equal(failed.failed_at, at(5));
  });

  it('is left alone for a minute, then asked again, still unproved', () => {
    const idle = [6, 30, 64].reduce((f, s) => step(f, s, undefined), failed);
    assert.equal(leftAlone(idle, at(64)), true);
    assert.equal(leftAlone(idle, at(65)), false);
    assert.equal(idle.failed_at, at(5));
  });

  it('is proved by following something, not by doing nothing when nothing is asked', () => {
    assert.notEqual(step(failed, 70, 100, false).failed_at, undefined);
    assert.equal(step(failed, 70, 100, true).failed_at, undefined);
  });

  it('is left alone anew when it fails again', () => {
    const again = [70, 71, 72, 73, 74, 75].reduce((f, s) => step(f, s, 9000), failed);
    assert.equal(leftAlone(again, at(80)), true);
  });
});
