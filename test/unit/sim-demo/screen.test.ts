import { strict as assert } from 'node:assert';
import type { SiteSnapshot } from '../../../src/runtime';
import { renderScreen } from '../../../src/sim/demo';
import { later } from '../../../src/time';
import { demoSite, virtualRun } from '../demoRun';

const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g');

describe('the live view', () => {
  let snapshot: SiteSnapshot;
  before(() => {
    const run = virtualRun(demoSite(), { duration_s: 60 });
    run.rig.start();
    run.time.runUntil(later(run.time.now(), 60_000));
    const seen = run.rig.runtime.snapshot();
    assert(seen !== undefined);
    snapshot = seen;
  });
  const screen = (width: number, rows?: number, colour = true): readonly string[] =>
    renderScreen({
      snapshot,
      history_W: [NaN, 10_000, 90_000],
      faults: ['bess-frozen'],
      width,
      ...(rows === undefined ? {} : { rows }),
      colour,
      addresses: { mqtt: 'mqtt://127.0.0.1:1883', ocpp: 'ws://127.0.0.1:9000/ocpp/' },
    });

  it('no line is wider than the terminal, and each ends the colours that it began', () => {
    for (const width of [20, 40, 80, 132]) {
      for (const line of screen(width)) {
        assert.ok(line.replace(COLOURS, '').length < width, line);
        const codes = line.match(COLOURS) ?? [];
        assert.ok(codes.length === 0 || codes.at(-1) === '\u001b[0m', JSON.stringify(line));
      }
    }
  });

  it('the keys stay on the screen when rows are few: the plot and stations give way', () => {
    for (const [width, rows] of [
      [80, 23],
      [40, 23],
      [80, 18],
    ] as const) {
      const lines = screen(width, rows, false);
      assert.ok(lines.length <= rows, `${lines.length} of ${rows}`);
      const text = lines.join(' ');
      for (const key of ['1 meter-unplugged', '3 end bess-frozen', '6 cycle-stopped', 'q quit'])
        assert.ok(text.includes(key), key);
    }
    assert.match(screen(80, 18, false).join('\n'), /\nand \d more stations\n/);
    assert.match(screen(80, 40, false).join('\n'), /grid power, kW, last 70 s/);
  });

  it('without colours there is no escape sequence', () => {
    assert.ok(!screen(80, 24, false).join('').includes(ESCAPE));
  });
});
