import { strict as assert } from 'node:assert';
import { clockStart, countedWall_ms } from '../../../src/runtime/drillClock';
import { instant } from '../../../src/time';

const DAY_ms = 86_400_000;
const JAN = Date.UTC(2026, 0, 5);

describe('the clock by which drills are overdue', () => {
  const start = { at: instant(1000), wall_ms: JAN };
  const after = (elapsed_ms: number, off_ms: number) => ({
    at: instant(1000 + elapsed_ms),
    wall_ms: JAN + elapsed_ms + off_ms,
  });

  it('is the wall clock as long as that keeps to the monotonic one', () => {
    const now = after(40 * DAY_ms, 3_600_000);
    assert.deepEqual(countedWall_ms(start, JAN, now), { counted_ms: now.wall_ms, jumped_ms: 0 });
  });

  it('goes on by the monotonic clock when the wall clock jumps, either way, and says so', () => {
    for (const off_ms of [3650 * DAY_ms, -3650 * DAY_ms, DAY_ms + 1]) {
      const judged = countedWall_ms(start, JAN, after(DAY_ms, off_ms));
      assert.deepEqual(judged, { counted_ms: JAN + DAY_ms, jumped_ms: off_ms });
    }
  });

  it('takes the time it is given when it started without one', () => {
    const unset = { at: instant(1000), wall_ms: 0 };
    const now = { at: instant(61_000), wall_ms: JAN };
    assert.deepEqual(countedWall_ms(unset, JAN - DAY_ms, now), { counted_ms: JAN, jumped_ms: 0 });
  });

  it('is set by a time server that answers soon after the start, and not turned by a later one', () => {
    const soon = { at: instant(61_000), wall_ms: JAN + 400 * DAY_ms };
    assert.deepEqual(clockStart(start, soon), soon);
    const later_ = { at: instant(200_000), wall_ms: JAN + 400 * DAY_ms };
    assert.deepEqual(clockStart(start, later_), start);
    assert.deepEqual(clockStart(start, after(30_000, 5000)), start);
  });
});
