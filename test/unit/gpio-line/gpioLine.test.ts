import { strict as assert } from 'node:assert';
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { buildGpioLine, compiler, until } from './fakeChip';

describe('gpio-line on a fake chip (not verified on hardware)', function () {
  this.timeout(20_000);
  let folder = '';
  let program = '';
  let real = '';
  let chip = '';
  const children: ChildProcessByStdio<Writable, Readable, null>[] = [];

  before(function () {
    if (compiler === undefined) {
      process.stdout.write('skipped: no C compiler\n');
      return this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-gpio-'));
    program = buildGpioLine(compiler, folder, 'fake');
    real = buildGpioLine(compiler, folder, 'real');
    chip = path.join(folder, 'chip');
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  function start(...words: readonly string[]) {
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'] });
    children.push(child);
    child.stdin.on('error', () => undefined);
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let text = '';
    const listen = (): void => void child.stdout.on('data', (d: Buffer) => (text += d.toString()));
    return { child, gone, listen, text: () => text };
  }

  /** The first level that it prints for a pin. */
  async function levelOf(pin: string, ...options: readonly string[]): Promise<string> {
    writeFileSync(chip, pin);
    const run = start('--in', chip, '0', ...options);
    run.listen();
    await until('a level', 2000, () => run.text() !== '');
    run.child.stdin.end();
    assert.equal(await run.gone, 0);
    return run.text().slice(0, 1);
  }

  it('gives one edge per byte and none without', async () => {
    writeFileSync(chip, '');
    const run = start(chip, '17');
    run.listen();
    run.child.stdin.end('kkkkk');
    assert.equal(await run.gone, 0);
    assert.equal(readFileSync(chip, 'utf8'), '10101');
    assert.equal(run.text(), '.....');
  });

  it('as input prints the level at the start, after each edge, again and again, and no more', async () => {
    writeFileSync(chip, '001');
    const run = start('--in', chip, '2');
    run.listen();
    await until('the first level', 2000, () => run.text() === '1');
    const from = performance.now();
    await until('it is repeated', 2000, () => run.text().length >= 3);
    const took = performance.now() - from;
    assert(took >= 300, `each 200 ms, not faster: twice in ${took} ms`);
    writeFileSync(chip, '000');
    await until('the edge', 2000, () => run.text().endsWith('0'));
    writeFileSync(chip, '111');
    await until('the other edge', 2000, () => run.text().endsWith('1'));
    assert.match(run.text(), /^1+0+1+$/, 'the other lines of the chip do not matter');
  });

  it('as input says what an active-low line and a broken wire mean', async () => {
    assert.equal(await levelOf('1', '--active-low'), '0');
    assert.equal(await levelOf('0', '--active-low', '--debounce-ms', '20'), '1');
    // z: nothing is connected to the pin.
    assert.equal(await levelOf('z', '--bias', 'pull-up', '--active-low'), '0');
    assert.equal(await levelOf('z', '--bias', 'pull-down'), '0');
    assert.equal(await levelOf('z', '--bias', 'pull-up'), '1');
  });

  it('as input ends with its standard input and with its reader', async () => {
    writeFileSync(chip, '1');
    const first = start('--in', chip, '0');
    first.child.stdin.end('whatever is written does not matter');
    assert.equal(await first.gone, 0);
    const second = start('--in', chip, '0');
    second.child.stdout.destroy();
    assert.equal(await second.gone, 0);
  });

  it('as input never waits for a reader, and keeps nothing for it', async () => {
    writeFileSync(chip, '1');
    const flooded = path.join(folder, 'flooded');
    // Each 64 bytes of input are answered by one level: 16,000 of them.
    const flood = 'head -c 1024000 /dev/zero; : > "$0"; exec cat';
    const script = `{ ${flood}; } | exec "$1" --in "$2" 0`;
    const child = spawn('sh', ['-c', script, flooded, program, chip], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(child);
    // A stream that is paused still reads ahead, a process that stands still does not.
    const still = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < 500 && !existsSync(flooded); i += 1) Atomics.wait(still, 0, 0, 10);
    assert(existsSync(flooded), 'the program reads its input although nobody takes its output');
    writeFileSync(chip, '0');
    let text = '';
    child.stdout.on('data', (d: Buffer) => (text += d.toString()));
    await until('the level of now', 2000, () => text.endsWith('0'));
    assert(text.length < 4000, `${text.length} levels were kept`);
  });

  it('ends with a sentence when the chip is not there or the line is no number', () => {
    const missing = spawnSync(program, [path.join(folder, 'none'), '17']);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr.toString(), /cannot open .*No such file/);
    assert.equal(spawnSync(program, [chip, 'x']).status, 2);
    assert.equal(spawnSync(program, []).status, 2);
  });

  it('as input ends with a sentence that names the chip, the line and the fix', async () => {
    writeFileSync(chip, '1b');
    const sentences: readonly (readonly [string, readonly string[], RegExp])[] = [
      [program, [path.join(folder, 'none'), '0'], /cannot open .*none: No such file/],
      [program, [chip, '1'], /line 1 of .*chip is held by somebody else: gpioinfo names the hold/],
      [program, [chip, '7'], /chip refuses line 7: no such line \(gpioinfo lists them\)/],
      [real, ['/dev/null', '0'], /\/dev\/null is no GPIO chip: use \/dev\/gpiochipN/],
    ];
    for (const [which, words, wanted] of sentences) {
      const run = spawnSync(which, ['--in', ...words]);
      assert.equal(run.status, 1);
      assert.equal(run.stdout.length, 0);
      assert.match(run.stderr.toString(), wanted);
    }
    const wrong = ['', 'x', `${chip} -1`, `${chip} 0 --bias up`, `${chip} 0 --debounce-ms 0`];
    for (const words of [...wrong, `${chip} 0 --bias`, `${chip} 0 1`, `${chip} 1024`]) {
      const run = spawnSync(program, ['--in', ...words.split(' ')]);
      assert.equal(run.status, 2, words);
      assert.match(run.stderr.toString(), /^usage: gpio-line CHIP OFFSET\n.*--in CHIP OFFSET/);
    }
    writeFileSync(chip, '1');
    const run = start('--in', chip, '0');
    run.listen();
    await until('a level', 2000, () => run.text() !== '');
    writeFileSync(chip, '?');
    assert.equal(await run.gone, 1, 'the chip was unplugged');
  });
});
