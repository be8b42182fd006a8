import { strict as assert } from 'node:assert';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SOURCE = path.join(__dirname, '..', '..', '..', 'firmware', 'gpio-line', 'gpio-line.c');
const compiler = ['cc', 'gcc'].find((c) => spawnSync('which', [c]).status === 0);

describe('gpio-line on a fake chip (not verified on hardware)', function () {
  this.timeout(20_000);
  let folder = '';
  let program = '';
  let chip = '';

  before(function () {
    if (compiler === undefined) {
      process.stdout.write('skipped: no C compiler\n');
      return this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-gpio-'));
    program = path.join(folder, 'gpio-line');
    chip = path.join(folder, 'chip');
    const flags = ['-Wall', '-Wextra', '-Werror', '-O2'];
    execFileSync(compiler, [...flags, '-DFAKE_CHIP', '-o', program, SOURCE]);
    execFileSync(compiler, [...flags, '-o', path.join(folder, 'real'), SOURCE]);
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it('gives one edge per byte and none without', async () => {
    writeFileSync(chip, '');
    const child = spawn(program, [chip, '17'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let acknowledged = '';
    child.stdout.on('data', (d: Buffer) => (acknowledged += d.toString()));
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.end('kkkkk');
    assert.equal(await gone, 0);
    assert.equal(readFileSync(chip, 'utf8'), '10101');
    assert.equal(acknowledged, '.....');
  });

  it('ends with a sentence when the chip is not there or the line is no number', () => {
    const missing = spawnSync(program, [path.join(folder, 'none'), '17']);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr.toString(), /cannot open .*No such file/);
    assert.equal(spawnSync(program, [chip, 'x']).status, 2);
    assert.equal(spawnSync(program, []).status, 2);
  });
});
