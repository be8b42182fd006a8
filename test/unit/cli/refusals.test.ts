import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commandNamed, usage } from '../../../firmware/cli/commands';
import { check, findingLines } from '../../../firmware/cli/check';
import { station } from '../../../firmware/cli/station';
import { holdState } from '../../../firmware/cli/stateHold';
import { listenIpc } from '../../../src/io/ipc';
import { captured } from './capture';

const ROOT = path.join(__dirname, '..', '..', '..');
const DEMO = path.join(ROOT, 'firmware', 'sites', 'demo.yaml');
const PROGRAM = path.join(ROOT, 'firmware', 'holdfast.cjs');

describe('refusals of the command line', () => {
  let folder = '';
  const at = (name: string): string => path.join(folder, name);
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-no-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const refusals: readonly (readonly string[])[] = [
    ['check'],
    ['check', 'none.yaml'],
    ['sign', 'none.yaml', '--key', 'k'],
    ['demo', '--for', 'x'],
    ['demo', '--site', '/none.yaml'],
    ['run'],
    ['why', 'station-1', '--socket', '/none'],
    ['history', '--state', '/none'],
    ['history', '--csv'],
    ['mode', 'hurry'],
    ['mode', 'release', '--socket', '/none'],
    ['service', 'state', '--socket', '/none'],
    ['service', 'draft'],
    ['drill', 'everything'],
    ['drill', 'list', '--socket', '/none'],
    ['station', 'list', '--socket', '/none'],
    ['bus', 'write', '--socket', '/none'],
    ['bus', 'scan', '--socket', '/none'],
  ];
  for (const [name = '', ...words] of refusals) {
    it(`${name} ${words.join(' ')} --json exits 2 with one object and the sentence`, async () => {
      const run = async (): Promise<number> =>
        (await commandNamed(name)?.run([...words, '--json'])) ?? 0;
      const { code, out, err } = await captured(run);
      assert.equal(code, 2);
      const said = JSON.parse(out) as { ok: boolean; text: string };
      assert.equal(said.ok, false);
      assert.equal(err, `holdfast ${name}: ${said.text}\n`);
    });
  }

  it('a word too many is refused, not left unread', async () => {
    for (const [name = '', ...words] of [
      ['check', DEMO, 'other.yaml'],
      ['sign', DEMO, 'other.yaml', '--key', 'k'],
      ['why', 'station-1', 'station-2'],
      ['mode', 'force-static', 'now'],
      ['service', 'state', 'now'],
      ['drill', 'meter', 'grid'],
      ['station', 'list', 'station-1', 'station-2'],
    ]) {
      const { code, err } = await captured(async () => (await commandNamed(name)?.run(words)) ?? 0);
      assert.equal(code, 2, name);
      assert.match(err, /is one word too many/);
    }
  });

  it('check repeats no control character of the file on the terminal', async () => {
    const file = at('escape.yaml');
    writeFileSync(file, '"\\e[2J\\u009b2J": 1\n');
    const { code, out } = await captured(() => check([file]));
    assert.equal(code, 1);
    assert.doesNotMatch(out.replaceAll('\n', ''), /\p{Cc}/u);
    const finding = { severity: 'error', code: 'c', path: '', subject: 's', fix: 'f' } as const;
    const [line = ''] = findingLines({ ...finding, text: 'a\rb', file: 'x', line: 1 });
    assert.doesNotMatch(line, /\r/);
  });

  it('the other console is named as such, not as a site without stations', async () => {
    const socket = at('console.sock');
    const server = await listenIpc({
      path: socket,
      onMessage: (_, peer) => void peer.send({ kind: 'answer', body: { ok: false, text: 'no' } }),
    });
    const { code, err } = await captured(() => station(['list', '--socket', socket]));
    await server.close();
    assert.equal(code, 2);
    assert.match(err, /is not the console of `stations` \(console-stations\.sock\)/);
  });

  it('a socket that somebody left is told from one that was never there', async () => {
    const left = at('left.sock');
    writeFileSync(left, '');
    const { err } = await captured(() => station(['list', '--socket', left]));
    assert.match(err, /does not run or hangs \(no answer on .*left\.sock\); look at its log/);
  });

  it('a folder is held once, also after the holder was killed, and its parents are made', async () => {
    const state = at('a/b/state');
    const first = await holdState(state);
    assert('release' in first);
    const second = await holdState(state);
    assert('refused' in second && /runs on .*state already/.test(second.refused));
    first.release();
    writeFileSync(path.join(state, 'run.sock'), '');
    const third = await holdState(state);
    assert('release' in third);
    third.release();
  });

  it('a folder in which processes of a killed `run` still answer is not used', async () => {
    const state = at('orphans');
    const hold = await holdState(state);
    assert('release' in hold);
    hold.release();
    const site = await listenIpc({
      path: path.join(state, 'console.sock'),
      onMessage: () => undefined,
    });
    const again = await holdState(state);
    await site.close();
    assert('refused' in again && again.refused.includes('console.sock answers'));
  });

  it('folders that cannot be used are refused with the reason', async () => {
    const told = async (state: string): Promise<string> => {
      const hold = await holdState(state);
      return 'refused' in hold ? hold.refused : '';
    };
    assert.match(await told(at('x'.repeat(120))), /too long for its sockets by \d+: choose/);
    assert.match(await told('/proc/none'), /cannot be used: .*; choose a folder of this user/);
  });

  it('help fits a narrow terminal, and -h and `help COMMAND` are the same as --help', async () => {
    for (const line of usage().split('\n')) assert.ok(line.length <= 100, line);
    const [one, other] = await Promise.all([spoken('help', 'drill'), spoken('drill', '-h')]);
    assert.match(one.out, /^usage: holdfast drill /);
    assert.deepEqual([one.out, one.code], [other.out, 0]);
  });

  it('--version says which one this is, as the package does', async () => {
    const { out, code } = await spoken('--version');
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.deepEqual([out, code], [`holdfast ${version}\n`, 0]);
  });

  it('a reader that has read enough ends a command without an error', async () => {
    const { err, code } = await spoken('check', '--schema', 'unread');
    assert.deepEqual([err, code], ['', 0]);
  });
});

/** The program as a process; with the last word `unread` its output is closed at once. */
async function spoken(...words: readonly string[]) {
  const unread = words.at(-1) === 'unread';
  const child = spawn(process.execPath, [PROGRAM, ...words.slice(0, unread ? -1 : undefined)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  if (unread) child.stdout.destroy();
  else child.stdout.on('data', (d: Buffer) => (said.out += d.toString()));
  child.stderr.on('data', (d: Buffer) => (said.err += d.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { ...said, code };
}
