import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { boardFile, loadBoard } from '../../../firmware/loadBoard';
import { contactsOf, stopReason } from '../../../firmware/processes/boardInputs';
import { lineSpecs, SupervisorLines } from '../../../firmware/processes/supervisorLines';
import { type BoardInput, decodeBoard, linesFor } from '../../../src/board';
import { readInput } from '../../../src/io/line';
import { instant, later } from '../../../src/time';

const BOARDS = path.join(__dirname, '..', '..', '..', 'boards');
const T0 = instant(5000);

const stopAsked = (inputs: readonly BoardInput[]): boolean => stopReason(inputs) !== undefined;

describe('board files', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-board-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);

  it('every board of the product is well formed', () => {
    const names = readdirSync(BOARDS, { withFileTypes: true }).filter((d) => d.isDirectory());
    assert.ok(names.length >= 2);
    for (const { name } of names) {
      const file = boardFile(name);
      assert(file !== undefined, name);
      const loaded = loadBoard(file);
      assert('board' in loaded, JSON.stringify(loaded));
      assert.equal(loaded.board.id, name);
    }
    assert.equal(boardFile('nonesuch'), undefined);
  });

  it('what is wrong is told with file, line and the fix', () => {
    const good = readFileSync(path.join(BOARDS, 'qemu-virt', 'board.yaml'), 'utf8');
    const rows: readonly (readonly [string, string, RegExp])[] = [
      ['timeout_s: 3,', 'timeout_s: 8,', /:1\d: lines\[0\]\.timeout_s: 8 s: .* within 4 s/],
      [
        "'watchdog:/dev/watchdog-relay,",
        "'/dev/watchdog,",
        /backEnd: .* is not of this form; watch/,
      ],
      ['/dev/watchdog-sys', '/dev/watchdog-relay', /lines\[0\]\.backEnd: .* is used twice/],
      ['active: open', 'active: closed', /a broken wire would look like no emergency; wire a/],
      ['role: emergency-stop', 'role: stop', /inputs\[0\]\.role: "stop" is not known/],
      ['keyStorage: file', 'keyStorage: memory', /"memory" is not known; file \| tpm/],
      ['arch: arm64', 'archs: arm64', /archs: "archs" is not a key here; known keys: id/],
      ['role: field-bus', 'role: field-bus, x: 1', /serial\[0\]\.x: "x" is not a key here/],
      [
        'match: /dev/ttyAMA1',
        'match: ttyAMA1',
        /serial\[0\]\.match: "ttyAMA1" is not of this form/,
      ],
    ];
    for (const [from, to, wanted] of rows) {
      assert(good.includes(from), from);
      writeFileSync(at('board.yaml'), good.replace(from, to));
      const loaded = loadBoard(at('board.yaml'));
      assert('findings' in loaded, to);
      assert.match(loaded.findings.join('\n'), wanted);
      assert.match(loaded.findings[0] ?? '', /board\.yaml:\d+: /);
    }
    writeFileSync(at('board.yaml'), 'id: [');
    assert('findings' in loadBoard(at('board.yaml')));
    for (const value of [null, 5, [], 'x', {}]) assert.equal(decodeBoard(value).ok, false);
  });

  it('inputs of a GPIO chip: each mistake is told with its place, its reason and the fix', () => {
    const good = 'gpio-in:/usr/bin/gpio-line:/dev/gpiochip0:5:active-low:pull-up:debounce-20';
    const board = (inputs: readonly string[], line = 'watchdog:/dev/watchdog-relay') => ({
      id: 'x',
      arch: 'arm64',
      status: 'paper-only',
      tier: 'ci',
      lines: [
        { id: 'line-1', kind: 'watchdog', backEnd: line, timeout_s: 3 },
        { id: 'line-2', kind: 'watchdog', backEnd: 'watchdog:/dev/watchdog9', timeout_s: 3 },
      ],
      inputs: inputs.map((backEnd, i) => ({
        id: `stop-${i}`,
        role: 'emergency-stop',
        backEnd,
        active: 'open',
      })),
      keyStorage: 'file',
      console: 'stdio',
    });
    const told = (value: unknown): string => {
      const decoded = decodeBoard(value);
      if (decoded.ok) return 'ok';
      return decoded.findings.map((f) => `${f.path}: ${f.text}; ${f.fix}`).join('\n');
    };
    const feedback = (text: string): string =>
      told(board([], `watchdog:/dev/watchdog-relay,${text}`));
    assert.equal(told(board([good])), 'ok');
    assert.equal(told(board([good.replace('0:5', '0:6'), good])), 'ok');
    const onGpio =
      'gpio:/usr/bin/gpio-line:/dev/gpio/out:3,gpio-in:/usr/bin/gpio-line:/dev/gpio/in:3';
    assert.equal(told(board([good], onGpio)), 'ok');
    // A mirror contact to ground is closed when the contactor has dropped.
    assert.equal(feedback('gpio-in:/usr/bin/gpio-line:/dev/gpiochip0:6:pull-up'), 'ok');
    const input = (from: string, to: string): string => told(board([good.replace(from, to)]));
    const rows: readonly (readonly [string, RegExp])[] = [
      [input('/usr/bin/', ''), /inputs\[0\]\.backEnd: "gpio-line" is no program; its whole path/],
      [
        input('/dev/gpiochip0', 'gpiochip0'),
        /"gpiochip0" is no chip; \/dev\/gpiochipN \(gpiodetect/,
      ],
      [input(':5', ':five'), /"five" is no line of a chip; 0 to 1023 \(gpioinfo lists them\)/],
      [input(':5', ':1024'), /"1024" is no line of a chip/],
      [input('pull-up', 'pullup'), /"pullup" is no option; gpio-in:PROGRAM:/],
      [input('pull-up', 'pull-up:no-bias'), /"no-bias": a line has one bias/],
      [input('e-20', 'e-500'), /"debounce-500": longer would delay a stop; debounce-1 to deb/],
      [input(':active-low', ''), /pulled up to 1 and would read as closed; wire the contact to g/],
      [input('pull-up', 'pull-down'), /pulled down to active and would read as closed; wire the/],
      [told(board([good, good])), /inputs\[1\]\.backEnd: line 5 of \/dev\/gpiochip0 is used twice/],
      [
        told(board([good], `watchdog:/dev/watchdog1,${good}`)),
        /inputs\[0\]\.backEnd: line 5 .* twice, here and in lines\[0\]\.backEnd; one line of a/,
      ],
      [told(board([good], 'gpio:/usr/bin/gpio-line:/dev/gpiochip0:5')), /line 5 .* used twice/],
      [feedback('gpio-in:/usr/bin/gpio-line'), /lines\[0\]\.backEnd: "" is no chip/],
      [feedback('relay'), /is not of this form; FEEDBACK: gpio-in:PROGRAM/],
      [told(board([], 'emulated:a,b')), /lines\[0\]\.backEnd: .* is not of this form; watchdog:/],
    ];
    for (const [text, wanted] of rows) assert.match(text, wanted);
  });

  it('each line of the site gets its back end, or it is named which one is missing', () => {
    const load = (name: string) => {
      const loaded = loadBoard(boardFile(name) ?? '');
      assert('board' in loaded);
      return loaded.board;
    };
    const one = linesFor(load('qemu-virt'), ['hall'], '/state');
    assert.match(one.backEnds.get('hall') ?? '', /^watchdog:\/dev\/watchdog-relay/);
    const two = linesFor(load('qemu-virt'), ['line-1', 'hall'], '/state');
    assert.deepEqual(two.problems, ['board qemu-virt has no line "hall"; it has: line-1']);
    const emulated = linesFor(load('laptop'), ['line-1', 'hall'], '/state');
    assert.deepEqual(
      [...emulated.backEnds],
      [
        ['line-1', 'emulated:/state/line'],
        ['hall', 'emulated:/state/line-hall'],
      ],
    );
  });

  it('a line that cannot be opened is told, never energised, and tried again', () => {
    const said: string[] = [];
    const host = {
      clock: { now: () => T0, wall_ms: () => 0 },
      timers: { at: () => () => undefined },
      say: (text: string) => void said.push(text),
    };
    const device = at('watchdog0');
    const specs = lineSpecs(
      JSON.stringify({ a: `watchdog:${device}`, b: `emulated:${at('b')}`, c: 'nothing' }),
      ['a', 'b', 'c'],
    );
    const lines = new SupervisorLines(specs, host);
    assert.match(said.join('\n'), /a: watchdog line .*watchdog0 does not exist: check the overlay/);
    assert.match(said.join('\n'), /c: "nothing" is no line back end; write watchdog:/);
    lines.edge(['a', 'b', 'c'], T0);
    const none = { now: [], mustBeOpen: [] };
    assert.equal(lines.status(none, T0).line, 'unknown', 'mode stays static');
    assert.match(lines.problem() ?? '', /watchdog0/);
    writeFileSync(device, '');
    lines.tick(later(T0, 9000));
    lines.edge(['a'], T0);
    assert.equal(readFileSync(device).length, 0);
    lines.tick(later(T0, 10_000));
    lines.edge(['a'], T0);
    assert.equal(readFileSync(device).length, 1);
  });

  it('one specification serves the first line; further emulated lines lie beside it', () => {
    assert.deepEqual(
      [...lineSpecs('emulated:/s/line', ['x', 'y'])],
      [
        ['x', 'emulated:/s/line'],
        ['y', 'emulated:/s/line-y'],
      ],
    );
    assert.deepEqual(
      [...lineSpecs('watchdog:/dev/watchdog1', ['x', 'y']).values()],
      ['watchdog:/dev/watchdog1', ''],
    );
  });

  it('stop contacts: an open or broken one asks for the stop, an emulated one without file not', () => {
    const input = (backEnd: string, role: BoardInput['role'] = 'fire'): BoardInput[] => [
      { id: 'x', role, backEnd, active: 'open' },
    ];
    assert.equal(stopAsked(input(`gpio-value:${at('none')}`)), true, 'cannot be read');
    assert.equal(stopAsked(input(`emulated:${at('none')}`)), false, 'not wired');
    writeFileSync(at('v'), '1\n');
    assert.equal(stopAsked(input(`gpio-value:${at('v')}`)), false);
    assert.equal(readInput(`gpio-value:${at('v')}`), 'closed');
    writeFileSync(at('v'), '0\n');
    assert.equal(stopAsked(input(`emulated:${at('v')}`)), true);
    const contacts = contactsOf(input(`emulated:${at('v')}`, 'contact'));
    assert.deepEqual([contacts.contact('x'), contacts.contact('y')], ['open', 'unknown']);
    assert.equal(stopAsked(input(`emulated:${at('v')}`, 'contact')), false);
  });
});
