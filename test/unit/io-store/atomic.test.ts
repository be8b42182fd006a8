import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeAtomic } from '../../../src/io/store';
import { MemoryFiles } from './memoryFiles';

const bytes = (s: string): Uint8Array => new Uint8Array(Buffer.from(s));

describe('writeAtomic', () => {
  it('leaves the old or the new content whichever operation fails, and can be tried again', () => {
    for (let n = 1; n < 14; n += 1) {
      const files = new MemoryFiles();
      files.content.set('/f/x', bytes('old'));
      files.failAt = n;
      let failed = false;
      try {
        writeAtomic('/f/x', bytes('new content'), files);
      } catch {
        failed = true;
      }
      const now = Buffer.from(files.content.get('/f/x') ?? []).toString();
      assert(now === 'old' || now === 'new content', `operation ${n}: ${now}`);
      if (!failed) assert.equal(now, 'new content');
      files.failAt = 0;
      writeAtomic('/f/x', bytes('later'), files);
      assert.equal(Buffer.from(files.content.get('/f/x') ?? []).toString(), 'later');
      assert.equal(files.content.size, 1);
      assert.equal(files.openFiles, 0, `operation ${n}`);
    }
  });

  it('syncs the file before and the folder after the rename', () => {
    const files = new MemoryFiles();
    writeAtomic('/f/x', bytes('a'), files);
    const order = files.log.filter((x) => /^(write|sync|rename)/.test(x));
    assert.deepEqual(order, ['write', 'sync /f/x.new', 'rename', 'sync /f']);
  });

  it('makes real files that only their owner may read, and leaves nothing beside them', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-atomic-'));
    try {
      const file = path.join(folder, 'deep', 'x');
      writeAtomic(file, bytes('one'));
      writeAtomic(file, bytes('two'));
      assert.equal(readFileSync(file, 'utf8'), 'two');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(path.dirname(file)), ['x']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
