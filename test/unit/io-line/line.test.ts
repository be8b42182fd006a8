import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLine, parseLineSpec } from '../../../src/io/line';
import { instant, later } from '../../../src/time';

describe('line back ends', () => {
  let folder = '';
  let now = instant(5000);
  const host = {
    clock: { now: () => now, wall_ms: () => 0 },
    timers: { at: () => () => undefined },
    say: () => undefined,
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-line-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);

  it('are named in one word, and anything else is no line', () => {
    const rows: readonly (readonly [string, unknown])[] = [
      ['watchdog:/dev/watchdog1', { kind: 'watchdog', device: '/dev/watchdog1' }],
      [
        'watchdog:/dev/watchdog1,/sys/class/gpio/gpio5/value',
        { kind: 'watchdog', device: '/dev/watchdog1', feedback: '/sys/class/gpio/gpio5/value' },
      ],
      [
        'gpio:/bin/gpio-line:/dev/gpiochip0:7',
        { kind: 'gpio', program: '/bin/gpio-line', chip: '/dev/gpiochip0', offset: 7 },
      ],
      [
        'gpio:/p:/dev/gpiochip0:7,gpio-in:/p:/dev/gpiochip0:8:active-low',
        {
          kind: 'gpio',
          program: '/p',
          chip: '/dev/gpiochip0',
          offset: 7,
          feedback: 'gpio-in:/p:/dev/gpiochip0:8:active-low',
        },
      ],
      ['emulated:/tmp/a:b', { kind: 'emulated', file: '/tmp/a:b' }],
    ];
    for (const [text, spec] of rows) assert.deepEqual(parseLineSpec(text), spec);
    for (const bad of [
      '',
      'watchdog',
      'watchdog:',
      'gpio:1',
      'gpio:/p:/dev/gpiochip0:',
      'gpio:/p:/dev/gpiochip0:x',
      'gpio:/p:/dev/gpiochip0:7:8',
      'gpio:/p:/dev/gpiochip0:7,gpio-in:/p:/dev/gpiochip0',
      'watchdog:/dev/watchdog1,gpio-in:/p:/dev/gpiochip0:6:activelow',
      ':x',
      'watchdog:,x',
      'watchdog:a,',
      'watchdog:a,b,c',
    ]) {
      assert.equal(parseLineSpec(bad), undefined, bad);
    }
  });

  it('refuse with a sentence what cannot be opened', () => {
    const missing = { kind: 'watchdog', device: at('none') } as const;
    assert.throws(() => openLine(missing, host), /does not exist: check the overlay/);
    const wrong = { kind: 'watchdog', device: folder } as const;
    assert.throws(() => openLine(wrong, host), /watchdog line .* cannot be opened: EISDIR/);
  });

  it('give one byte for each edge, none by themselves, and never the one that disarms', () => {
    writeFileSync(at('wd'), '');
    const line = openLine({ kind: 'watchdog', device: at('wd') }, host);
    assert.equal(readFileSync(at('wd')).length, 0);
    for (let i = 0; i < 300; i += 1) line.edge(now);
    line.close();
    const written = readFileSync(at('wd'));
    assert.equal(written.length, 300);
    assert(!written.includes('V'));
  });

  it('read the feedback contact, and do not know what they cannot read', () => {
    writeFileSync(at('wd'), '');
    const device = at('wd');
    const state = (feedback?: string) => {
      const spec = { kind: 'watchdog', device } as const;
      const line = openLine(feedback === undefined ? spec : { ...spec, feedback }, host);
      const read = line.feedback(now);
      line.close();
      return read;
    };
    assert.equal(state(), 'unknown');
    assert.equal(state(at('no-contact')), 'unknown');
    for (const [text, is] of [
      ['1\n', 'energised'],
      ['0\n', 'dropped'],
      ['', 'dropped'],
      ['11', 'dropped'],
    ] as const) {
      writeFileSync(at('contact'), text);
      assert.equal(state(at('contact')), is);
    }
  });

  it('emulated: are open from the start and drop 3.82 s after the last edge', () => {
    const line = openLine({ kind: 'emulated', file: at('emulated') }, host);
    assert.equal(line.feedback(now), 'dropped');
    assert.notEqual(line.emulated, '');
    line.edge(now);
    assert.equal(line.feedback(later(now, 3820)), 'energised');
    assert.equal(line.feedback(later(now, 3821)), 'dropped');
    now = later(now, 10_000);
    line.edge(now);
    assert.equal(line.feedback(now), 'energised');
    line.close();
    const again = openLine({ kind: 'emulated', file: at('emulated') }, host);
    assert.equal(again.feedback(now), 'dropped');
    again.close();
  });
});
