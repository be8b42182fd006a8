import { strict as assert } from 'node:assert';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BoardInputs } from '../../../firmware/processes/boardInputs';
import { SupervisorLines } from '../../../firmware/processes/supervisorLines';
import type { BoardInput } from '../../../src/board';
import { systemClock, systemTimers } from '../../../src/io/clock';
import { type Input, openInput } from '../../../src/io/line';
import { later } from '../../../src/time';
import { buildGpioLine, compiler, until } from './fakeChip';

/** A chip must lie below /dev; this is memory. */
const SHM = '/dev/shm';

describe('contacts read through gpio-line on a fake chip (not verified on hardware)', function () {
  this.timeout(20_000);
  let folder = '';
  let shm = '';
  let program = '';
  let chip = '';
  const said: string[] = [];
  const host = {
    clock: systemClock,
    timers: systemTimers,
    say: (text: string) => void said.push(text),
  };
  const open: { close(): void }[] = [];

  before(function () {
    if (compiler === undefined || !existsSync(SHM)) {
      process.stdout.write('skipped: no C compiler or no /dev/shm\n');
      return this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-contacts-'));
    shm = mkdtempSync(path.join(SHM, 'holdfast-'));
    program = buildGpioLine(compiler, folder, 'fake');
    chip = path.join(shm, 'chip');
  });

  afterEach(() => {
    for (const one of open.splice(0)) one.close();
    said.length = 0;
  });

  after(() => {
    for (const one of [folder, shm]) if (one !== '') rmSync(one, { recursive: true, force: true });
  });

  const boardInputs = (inputs: readonly BoardInput[]): BoardInputs => {
    const all = new BoardInputs(inputs, host);
    open.push(all);
    return all;
  };
  const stop = (backEnd: string): BoardInput => ({
    id: 'stop',
    role: 'emergency-stop',
    backEnd,
    active: 'open',
  });
  /** A program in place of gpio-line. */
  const script = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const read = (from: string): Input => {
    const input = openInput(`gpio-in:${from}:${chip}:0`, host);
    open.push(input);
    return input;
  };

  it('a stop contact: no stop while closed, a stop from its opening, broken wire or chip', async () => {
    for (const active of ['0', 'z', '?']) {
      writeFileSync(chip, '1');
      const asked: boolean[] = [];
      // Contact to the supply: the pull-down inside the chip makes a broken wire read as open.
      const inputs = boardInputs([stop(`gpio-in:${program}:${chip}:0:pull-down`)]);
      inputs.watchStops({ setEmergencyStop: (now) => void asked.push(now) });
      await until('it is read', 2000, () => inputs.port.contact('stop') === 'closed');
      await until('it was looked at', 2000, () => asked.length >= 3);
      assert(!asked.includes(true), 'a start is no stop');
      writeFileSync(chip, active);
      await until('the stop', 1000, () => asked.at(-1) === true);
      inputs.close();
    }
  });

  it('a stop contact that opens for a moment between two looks is a stop', async () => {
    writeFileSync(chip, '1');
    const asked: boolean[] = [];
    const inputs = boardInputs([stop(`gpio-in:${program}:${chip}:0`)]);
    inputs.watchStops({ setEmergencyStop: (now) => void asked.push(now) });
    await until('two looks', 2000, () => asked.length >= 2);
    const before = asked.length;
    writeFileSync(chip, '0');
    await until('it is read', 500, () => inputs.port.contact('stop') === 'open');
    writeFileSync(chip, '1');
    await until('it is closed again', 500, () => inputs.port.contact('stop') === 'closed');
    await until('two more looks', 2000, () => asked.length >= before + 2);
    assert(asked.includes(true));
  });

  it('a stop contact that was never read is a stop within 1.5 s, and it is said why', async () => {
    writeFileSync(chip, 'b');
    let asked = false;
    const inputs = boardInputs([
      stop(`gpio-in:${program}:${chip}:0`),
      { ...stop('gpio-in:nonsense'), id: 'fire', role: 'contact' },
    ]);
    inputs.watchStops({ setEmergencyStop: (now) => (asked ||= now) });
    await until('the stop', 1500, () => asked);
    assert.equal(inputs.port.contact('stop'), 'unknown');
    await until('it is said', 1000, () => said.length >= 2);
    const [form = '', why = ''] = said;
    assert.match(form, /^fire \(contact\): input gpio-in:nonsense: .* is no program; write its/);
    assert.match(why, /^stop \(emergency-stop\): input line 0 of .*chip: gpio-line: line 0 of/);
    assert.match(why, /held by somebody else: gpioinfo names the holder; free it.*unknown until/);
  });

  it('a program that prints garbage, is silent, ends or is missing leaves it unknown', async () => {
    const rows: readonly (readonly [string, RegExp])[] = [
      [script('garbage', 'printf 1x; exec sleep 9'), /prints something that is no level/],
      [script('silent', 'printf 1; exec sleep 9'), /it is silent/],
      [script('ends', 'printf 1; exit 3'), /ends ended \(3\)/],
      [script('complains', 'echo no such luck >&2; exit 1'), /: no such luck; it counts/],
      [path.join(folder, 'none'), /none cannot be started: .*ENOENT/],
    ];
    const inputs = rows.map(([from]) => read(from));
    for (const [i, input] of inputs.entries()) {
      await until(rows[i]?.[0] ?? '', 2500, () => input.state() === 'unknown');
    }
    await until('all is said', 1000, () => rows.every(([, why]) => said.some((s) => why.test(s))));
  });

  it('a program that ended is started again, and the contact is known again', async () => {
    const mark = path.join(folder, 'once');
    const from = script(
      'second',
      `if [ -e ${mark} ]; then exec ${program} "$@"; fi; touch ${mark}; exit 1`,
    );
    writeFileSync(chip, '1');
    const input = read(from);
    await until('it is closed', 3000, () => input.state() === 'closed');
    assert.match(said.join('\n'), /second ended \(1\).*\n.* is read again/);
  });

  it('the feedback contact of a line: energised, dropped, unknown when it is not read', async () => {
    writeFileSync(chip, '?0');
    const edges = path.join(shm, 'edges');
    writeFileSync(edges, '');
    const spec = `gpio:${program}:${edges}:17,gpio-in:${program}:${chip}:1`;
    const lines = new SupervisorLines(new Map([['a', spec]]), host);
    open.push(lines);
    const none = { now: [], mustBeOpen: [] };
    const now = systemClock.now();
    const line = () => lines.status(none, now).line;
    assert.equal(line(), 'unknown', 'nothing has been read yet');
    await until('it has dropped', 2000, () => line() === 'dropped');
    lines.edge(['a'], now);
    await until('the edge', 2000, () => readFileSync(edges, 'utf8') === '1');
    writeFileSync(chip, '?1');
    await until('it is energised', 1000, () => line() === 'energised');
    writeFileSync(chip, '??');
    await until('it is unknown', 1000, () => line() === 'unknown');
    assert.equal(lines.problem(), undefined, 'the line itself takes its edges');
  });

  it('a line whose program ends refuses its edges, keeps its contact, is opened again', async () => {
    writeFileSync(chip, '1');
    const ending = script('one-edge', 'head -c 1 >/dev/null; exit 0');
    const spec = `gpio:${ending}:${chip}:17,gpio-in:${program}:${chip}:0`;
    const lines = new SupervisorLines(new Map([['a', spec]]), host);
    open.push(lines);
    const none = { now: [], mustBeOpen: [] };
    const now = systemClock.now();
    await until('it says why', 3000, () => {
      lines.edge(['a'], now);
      return lines.problem() !== undefined;
    });
    assert.match(lines.problem() ?? '', /^a: no edge: .*one-edge (has ended|takes no edges)/);
    await until('its contact', 2000, () => lines.status(none, now).line === 'energised');
    lines.tick(later(now, 59_000));
    assert.notEqual(lines.problem(), undefined);
    lines.tick(later(now, 60_000));
    assert.equal(lines.problem(), undefined);
    assert.match(said.join('\n'), /opened again in 60 s\n[^]*a is open/);
  });

  it('a program that takes edges and gives none is ended', () => {
    const hung = script('hung', 'exec sleep 9');
    const lines = new SupervisorLines(new Map([['a', `gpio:${hung}:${chip}:17`]]), host);
    open.push(lines);
    const now = systemClock.now();
    for (let i = 0; i < 8; i += 1) lines.edge(['a'], now);
    assert.equal(lines.problem(), undefined);
    lines.edge(['a'], now);
    assert.match(lines.problem() ?? '', /hung does not answer/);
  });
});
