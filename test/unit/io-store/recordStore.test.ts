import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FileSystem, openRecords, realFileSystem } from '../../../src/io/store';

const nothing = (): void => undefined;

describe('records of the relay on disk', () => {
  let root = '';
  beforeEach(() => {
    root = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-records-')), 'records');
  });
  afterEach(() => rmSync(path.dirname(root), { recursive: true, force: true }));

  it('come back in order, also after a rewrite', () => {
    const { store } = openRecords(root);
    for (const record of ['a', 'b', 'c']) store.append(record, nothing);
    store.rewrite(['b', 'c']);
    store.append('d', nothing);
    assert.deepEqual(openRecords(root).recovered, ['b', 'c', 'd']);
  });

  it('the folder is synced after the rename and before the old generation goes', () => {
    const log: string[] = [];
    const names = new Map<number, string>();
    const files: FileSystem = {
      ...realFileSystem,
      open: (file, flags, mode) => {
        const handle = realFileSystem.open(file, flags, mode);
        names.set(handle, path.basename(file));
        return handle;
      },
      sync: (handle) => {
        log.push(`sync ${names.get(handle) ?? '?'} old ${existsSync(path.join(root, 'g0'))}`);
        realFileSystem.sync(handle);
      },
      rename: (from, to) => {
        log.push(`rename ${path.basename(to)}`);
        realFileSystem.rename(from, to);
      },
    };
    const { store } = openRecords(root, files);
    store.append('a', nothing);
    log.length = 0;
    store.rewrite(['a']);
    assert.deepEqual(log, ['rename g1', 'sync records old true']);
    assert.equal(existsSync(path.join(root, 'g0')), false);
  });

  it('a generation that was not finished counts for nothing', () => {
    const { store } = openRecords(root);
    store.append('a', nothing);
    realFileSystem.makeFolder(path.join(root, 'new-1'));
    assert.deepEqual(openRecords(root).recovered, ['a']);
    assert.equal(existsSync(path.join(root, 'new-1')), false);
  });

  it('a rewrite whose folder cannot be synced costs no later record', () => {
    let refuses = false;
    const folders = new Set<number>();
    const files: FileSystem = {
      ...realFileSystem,
      open: (file, flags, mode) => {
        const handle = realFileSystem.open(file, flags, mode);
        if (file === root) folders.add(handle);
        else folders.delete(handle);
        return handle;
      },
      sync: (handle) => {
        if (refuses && folders.has(handle)) throw new Error('input/output error');
        realFileSystem.sync(handle);
      },
    };
    const { store } = openRecords(root, files);
    for (const record of ['a', 'b']) store.append(record, nothing);
    refuses = true;
    assert.throws(() => store.rewrite(['b']), /input/);
    assert.throws(() => store.append('c', nothing), /input/, 'not durable, not acknowledged');
    refuses = false;
    store.append('d', nothing);
    assert.deepEqual(openRecords(root).recovered, ['b', 'd']);
    store.rewrite(['d']);
    assert.deepEqual(openRecords(root).recovered, ['d']);
  });
});
