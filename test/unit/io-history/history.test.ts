import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  htmlPage,
  MINUTE_ms,
  openHistory,
  readOnlyHistory,
  svgChart,
  terminalPlot,
  toCsv,
} from '../../../src/io/history';

const line = {
  name: 'grid',
  unit: 'kW',
  points: [0, 1, 2, 3].map((k) => ({ at_ms: k * MINUTE_ms, value: k * 10 })),
};

describe('history', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps means of minutes, or says in one sentence why it keeps none', () => {
    const opened = openHistory(join(folder, 'h.db'), 1e6);
    if (!opened.ok) {
      assert.match(opened.why, /^No history is kept: .*\.$/);
      return;
    }
    const { history } = opened;
    for (let s = 0; s < 180; s += 1) history.record(s * 1000, new Map([['grid_W', s]]));
    history.flush();
    const points = history.read('grid_W', 0, 10 * MINUTE_ms);
    assert.deepEqual(
      points.map((p) => p.value),
      [29.5, 89.5, 149.5],
    );
    assert.deepEqual(history.series(), ['grid_W']);
    history.close();
  });

  it('can be read by another process while it is written, and is not created by reading', () => {
    const file = join(folder, 'h.db');
    const none = readOnlyHistory(file);
    assert.ok(!none.ok && none.why.startsWith('No history'));
    const opened = openHistory(file, 1e6);
    if (!opened.ok) return;
    for (let s = 0; s < 120; s += 1) opened.history.record(s * 1000, new Map([['grid_W', s]]));
    opened.history.flush();
    const other = readOnlyHistory(file);
    assert.ok(other.ok);
    assert.equal(other.history.read('grid_W', 0, MINUTE_ms).length, 2);
    assert.deepEqual(other.history.series(), ['grid_W']);
    other.history.close();
    opened.history.close();
  });

  it('forgets the oldest when the file is full, and counts what it writes', () => {
    const opened = openHistory(join(folder, 'h.db'), 60_000);
    if (!opened.ok) return;
    const { history } = opened;
    for (let m = 0; m < 4000; m += 1)
      history.record(
        m * MINUTE_ms,
        new Map([
          ['a', m],
          ['b', NaN],
        ]),
      );
    history.flush();
    assert.ok(history.size().bytes <= 70_000, `${history.size().bytes}`);
    assert.ok(history.size().writtenPerDay_bytes > 0);
    const points = history.read('a', 0, 4000 * MINUTE_ms);
    assert.equal(points.at(-1)?.value, 3999);
    assert.ok((points[0]?.value ?? 0) > 0);
    history.close();
  });

  it('says why a file that is no database is not opened', () => {
    const opened = openHistory(join(folder, 'missing/h.db'), 1e6);
    assert.equal(opened.ok, false);
  });

  it('shows a line in the terminal, as CSV, and as a page that loads nothing', () => {
    assert.match(terminalPlot(line, 8), /grid .*█.* 0\.\.30 kW/);
    assert.match(terminalPlot({ ...line, points: [] }, 8), /nothing recorded/);
    assert.equal(toCsv([line]).split('\n')[2], '1970-01-01T00:01:00.000Z,10');
    const page = htmlPage('Site <1>', svgChart('Grid', [line], 25));
    assert.match(page, /<svg/);
    assert.ok(!/https?:|src=|href=/.test(page));
    assert.match(page, /Site &lt;1&gt;/);
  });
});
