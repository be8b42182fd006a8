import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOrSetAside } from '../../../firmware/processes/keptHistory';
import { type History, MINUTE_ms, openHistory } from '../../../src/io/history';
// The second writer of these tests is none that the product has.
import { openSqlite } from '../../../src/io/history/sqlite';

const DAY_ms = 86_400_000;
const NOW_ms = Date.parse('2026-11-22T12:00:00Z');

describe('history in trouble', function () {
  this.timeout(20_000);
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'history-'));
    file = join(folder, 'h.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Undefined where this Node has no SQLite. */
  function opened(maxBytes = 1e7): History | undefined {
    const found = openHistory(file, maxBytes);
    return found.ok ? found.history : undefined;
  }
  const minutes = (history: History, from_ms: number, count: number): void => {
    for (let k = 0; k < count; k += 1)
      history.record(from_ms + k * MINUTE_ms, new Map([['grid_W', k]]));
  };

  it('a lock costs nothing once it is gone, and a locked file is not set aside', () => {
    const history = opened();
    if (history === undefined) return;
    minutes(history, NOW_ms, 2);
    history.flush();
    const other = openSqlite(file);
    other?.exec('BEGIN EXCLUSIVE');
    assert.throws(() => {
      minutes(history, NOW_ms + 2 * MINUTE_ms, 20);
    }, /locked/);
    other?.exec('COMMIT');
    minutes(history, NOW_ms + 22 * MINUTE_ms, 20);
    history.flush();
    assert.ok(history.read('grid_W', NOW_ms, NOW_ms + DAY_ms).length >= 26);
    history.close();

    other?.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE x (y); COMMIT;');
    const kept = openOrSetAside(file, 1e7, () => undefined);
    assert.ok(!kept.ok && !kept.damaged, 'locked');
    other?.close();
    assert.equal(existsSync(`${file}.corrupt-1`), false);
    const again = openOrSetAside(file, 1e7, () => undefined);
    assert.ok(again.ok && again.history.series().includes('grid_W'));
    again.history.close();
    writeFileSync(file, 'no database at all, and long enough to be looked at'.repeat(40));
    const fresh = openOrSetAside(file, 1e7, () => undefined);
    assert.ok(fresh.ok && existsSync(`${file}.corrupt-1`));
    fresh.history.close();
  });

  it('a write that fails half way leaves the next one possible', () => {
    const history = opened();
    if (history === undefined) return;
    minutes(history, NOW_ms, 2);
    history.flush();
    const other = openSqlite(file);
    other?.exec(
      "CREATE TRIGGER stop BEFORE INSERT ON sample BEGIN SELECT RAISE(FAIL, 'no room'); END",
    );
    assert.throws(() => {
      minutes(history, NOW_ms + 2 * MINUTE_ms, 20);
    }, /no room/);
    other?.exec('DROP TRIGGER stop');
    other?.close();
    minutes(history, NOW_ms + 22 * MINUTE_ms, 20);
    history.flush();
    assert.ok(history.read('grid_W', NOW_ms, NOW_ms + DAY_ms).length >= 26);
    history.close();
  });

  it('a clock that is set back goes on being written', () => {
    const history = opened();
    if (history === undefined) return;
    minutes(history, NOW_ms, 3);
    minutes(history, NOW_ms - 30 * DAY_ms, 20);
    const before = history.read('grid_W', NOW_ms - 31 * DAY_ms, NOW_ms - DAY_ms);
    assert.ok(before.length >= 10, `${before.length} minutes`);
    history.close();
  });

  it('one minute of a clock years ahead does not cost the past when the file is full', () => {
    const history = opened(200_000);
    if (history === undefined) return;
    history.record(NOW_ms + 20 * 365 * DAY_ms, new Map([['grid_W', 1]]));
    const count = 12_000;
    minutes(history, NOW_ms, count);
    history.flush();
    const left = history.read('grid_W', NOW_ms, NOW_ms + count * MINUTE_ms).length;
    assert.ok(left > 3_000, `${left} minutes are left`);
    assert.ok(history.size().bytes <= 220_000, `${history.size().bytes} bytes`);
    history.close();
  });
});
