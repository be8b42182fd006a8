import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeptFile, type LaterFiles, realLaterFiles } from '../../../src/io/store';

const refuse = (text: string): void => assert.equal(text, '');
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** The N-th step fails, before or after it was done. */
function failing(n: number, after: boolean): LaterFiles {
  let step = 0;
  const guard = async (run: () => Promise<void>): Promise<void> => {
    step += 1;
    const fails = step === n;
    if (fails && !after) throw new Error('no space left on device');
    await run();
    if (fails) throw new Error('input/output error');
  };
  return {
    writeNew: (file, content) => guard(() => realLaterFiles.writeNew(file, content)),
    rename: (from, to) => guard(() => realLaterFiles.rename(from, to)),
    syncFolder: (folder) => guard(() => realLaterFiles.syncFolder(folder)),
  };
}

describe('a small file kept without standing still', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-kept-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds the newest content; waiting contents in between are skipped', async () => {
    const file = path.join(folder, 'kept.json');
    const kept = new KeptFile(file, refuse);
    for (const text of ['1', '2', '3', '4']) kept.save(bytes(text));
    assert.equal(existsSync(file), false, 'the caller never waited');
    await kept.settled();
    assert.equal(readFileSync(file, 'utf8'), '4');
  });

  it('when step N fails, old or new content is there, whole; the next write recovers', async () => {
    for (const after of [false, true]) {
      for (const n of [1, 2, 3]) {
        const file = path.join(folder, `kept-${n}-${String(after)}`);
        writeFileSync(file, 'old');
        const problems: string[] = [];
        const kept = new KeptFile(file, (text) => problems.push(text), failing(n, after));
        kept.save(bytes('new'));
        await kept.settled();
        assert.equal(problems.length, 1);
        assert.match(readFileSync(file, 'utf8'), /^(old|new)$/);
        kept.save(bytes('newer'));
        await kept.settled();
        assert.equal(readFileSync(file, 'utf8'), 'newer');
      }
    }
  });

  it('half a file beside it, left by a kill, is written over', async () => {
    const file = path.join(folder, 'kept.json');
    writeFileSync(file, 'old');
    writeFileSync(`${file}.new`, 'ha');
    const kept = new KeptFile(file, refuse);
    kept.save(bytes('new'));
    await kept.settled();
    assert.equal(readFileSync(file, 'utf8'), 'new');
  });

  it('what the disk refused is tried again when asked to, unless something newer was kept', async () => {
    const file = path.join(folder, 'kept.json');
    const kept = new KeptFile(file, () => undefined, failing(1, false));
    kept.save(bytes('latched'));
    await kept.settled();
    assert.ok(kept.failed() && !existsSync(file));
    kept.again();
    await kept.settled();
    assert.ok(!kept.failed());
    assert.equal(readFileSync(file, 'utf8'), 'latched');
    kept.save(bytes('newer'));
    kept.again();
    await kept.settled();
    assert.equal(readFileSync(file, 'utf8'), 'newer');
  });
});
