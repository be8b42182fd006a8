import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openJournal, realFileSystem } from '../../../src/io/store';
import { MemoryFiles } from './memoryFiles';

const FOLDER = '/j';
const bytes = (s: string): Uint8Array => new Uint8Array(Buffer.from(s));
const texts = (payloads: readonly Uint8Array[]): readonly string[] =>
  payloads.map((p) => Buffer.from(p).toString());
/** Three records of 60 bytes in each segment. */
const SMALL = { folder: FOLDER, segmentMax_bytes: 180, segmentsMax: 4 } as const;
const name = (i: number): string => `rec-${i.toString().padStart(4, '0')}`;

/** A journal with `count` records of eight bytes each. */
function filled(count: number, files = new MemoryFiles()): MemoryFiles {
  const { store } = openJournal({ ...SMALL, files });
  for (let i = 1; i <= count; i += 1) store.append(bytes(name(i)));
  store.close();
  return files;
}
const reopened = (files: MemoryFiles) => openJournal({ ...SMALL, files: files.restarted() });
const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => name(from + i));

describe('journal on disk', () => {
  it('gives back after a restart what was acknowledged, and goes on with the chain', () => {
    const files = filled(5);
    const again = files.restarted();
    const opened = openJournal({ ...SMALL, files: again });
    assert.deepEqual(texts(opened.payloads), range(1, 5));
    assert.equal(opened.store.append(bytes(name(6))).sequence, 6);
    const last = reopened(again);
    assert.deepEqual(texts(last.payloads), range(1, 6));
    assert.equal(last.tail, 'clean');
  });

  it('syncs each record, and the folder with each new segment, before it acknowledges', () => {
    const files = new MemoryFiles();
    const { store } = openJournal({ ...SMALL, files });
    const from = files.log.length;
    for (let i = 1; i <= 4; i += 1) store.append(bytes(name(i)));
    const file = (n: number): string => `sync ${FOLDER}/journal-00000000000${n}.hfj`;
    assert.deepEqual(
      files.log.slice(from).filter((x) => /^(write|sync)/.test(x)),
      [
        'write',
        file(1),
        `sync ${FOLDER}`,
        'write',
        file(1),
        'write',
        file(1),
        'write',
        file(4),
        `sync ${FOLDER}`,
      ],
    );
    assert.equal(files.openFiles, 1);
    store.close();
    assert.equal(files.openFiles, 0);
  });

  it('keeps a bounded number of segments, drops the oldest, and opens when the first is not #1', () => {
    const files = filled(20);
    const kept = [...files.content.keys()].sort();
    assert.deepEqual(
      kept,
      [10, 13, 16, 19].map((n) => `${FOLDER}/journal-0000000000${n}.hfj`),
    );
    const again = files.restarted();
    const opened = openJournal({ ...SMALL, files: again });
    assert.deepEqual(texts(opened.payloads), range(10, 20));
    assert.equal(opened.tail, 'clean');
    assert.equal(opened.store.append(bytes('next')).sequence, 21);
    assert.deepEqual(texts(reopened(again).payloads), [...range(10, 20), 'next']);
  });

  it('recovers exactly the durable prefix when the last write is cut at any byte', () => {
    const whole = filled(5);
    const last = `${FOLDER}/journal-000000000004.hfj`;
    const full = whole.content.get(last);
    assert(full?.length === 120);
    for (let cut = 0; cut <= full.length; cut += 1) {
      const files = whole.restarted();
      files.content.set(last, full.slice(0, cut));
      const opened = openJournal({ ...SMALL, files });
      const good = 3 + Math.floor(cut / 60);
      assert.deepEqual(texts(opened.payloads), range(1, good), `cut at ${cut}`);
      assert.equal(opened.store.append(bytes('after')).sequence, good + 1);
      opened.store.append(bytes('more'));
      const next = reopened(files);
      assert.deepEqual(texts(next.payloads), [...range(1, good), 'after', 'more'], `cut at ${cut}`);
      assert.equal(next.tail, 'clean');
    }
  });

  it('survives the N-th failing operation for each N, alone and with the rest of the disk', () => {
    for (const failFor of [1, 2, 3, 5, 9]) {
      for (const part of [0, 1, 30, 60]) {
        for (let n = 1; n < 60; n += 1) tryWithFailure(n, failFor, part);
      }
    }
  });

  it('acknowledges nothing on a full disk and goes on when there is room again', () => {
    const files = filled(2);
    const disk = files.restarted();
    const { store } = openJournal({ ...SMALL, files: disk });
    disk.failAt = disk.operations + 1;
    disk.failFor = 40;
    for (let i = 0; i < 5; i += 1) assert.throws(() => store.append(bytes('lost')), /EIO/);
    disk.failAt = 0;
    assert.equal(store.head().sequence, 2);
    assert.equal(store.append(bytes(name(3))).sequence, 3);
    assert.deepEqual(texts(reopened(disk).payloads), range(1, 3));
  });

  it('acknowledges although an old segment cannot be removed, and removes it later', () => {
    const files = filled(12);
    const disk = files.restarted();
    const { store } = openJournal({ ...SMALL, files: disk });
    const remove = disk.remove.bind(disk);
    disk.remove = () => {
      throw new Error('EBUSY');
    };
    assert.equal(store.append(bytes(name(13))).sequence, 13);
    disk.remove = remove;
    store.append(bytes(name(14)));
    assert.equal(disk.content.size, 4);
  });
});

/** Appends until the disk fails, goes on, restarts: what was acknowledged is there, in order. */
function tryWithFailure(n: number, failFor: number, part: number): void {
  const files = new MemoryFiles();
  files.failAt = n;
  files.failFor = failFor;
  files.partial = (b) => Math.min(part, b.length);
  const acknowledged: string[] = [];
  let opened: ReturnType<typeof openJournal> | undefined;
  for (let i = 1; i <= 10; i += 1) {
    const text = `record-${i % 10}`;
    try {
      opened ??= openJournal({ ...SMALL, files });
      opened.store.append(bytes(text));
      acknowledged.push(text);
    } catch {
      // The caller keeps what was not acknowledged.
    }
  }
  files.failAt = 0;
  const again = openJournal({ ...SMALL, files: files.restarted() });
  const kept = texts(again.payloads);
  const what = `operation ${n}, ${failFor} in a row, ${part} bytes written`;
  // A record that was whole on disk when its acknowledgement failed may be there as well, last.
  assert.deepEqual(kept.slice(0, acknowledged.length), acknowledged, what);
  assert(kept.length <= acknowledged.length + 1, what);
  assert.notEqual(again.tail, 'corrupt', what);
  again.store.append(bytes('after'));
}

describe('journal with a damaged file', () => {
  /** Twelve records in four segments with one byte changed. */
  function damaged(segment: number, at: number): MemoryFiles {
    const files = filled(12).restarted();
    const file = `${FOLDER}/journal-0000000000${segment.toString().padStart(2, '0')}.hfj`;
    const content = files.content.get(file);
    assert(content !== undefined);
    content[at] = (content[at] ?? 0) ^ 0x10;
    return files;
  }

  it('keeps the trusted prefix, sets the evidence aside and stays whole over later restarts', () => {
    for (const [segment, at, good] of [
      [1, 70, 1],
      [1, 0, 0],
      [4, 70, 4],
      [4, 10, 3],
      [7, 125, 8],
      [10, 5, 9],
    ] as const) {
      const files = damaged(segment, at);
      const opened = openJournal({ ...SMALL, files });
      assert.notEqual(opened.tail, 'clean');
      assert.deepEqual(texts(opened.payloads), range(1, good));
      for (const x of ['a', 'b', 'c', 'd']) opened.store.append(bytes(x));
      const next = files.restarted();
      const second = openJournal({ ...SMALL, files: next });
      assert.equal(second.tail, 'clean', `segment ${segment} byte ${at}: ${second.text}`);
      assert.deepEqual(texts(second.payloads).slice(-4), ['a', 'b', 'c', 'd']);
      second.store.append(bytes('e'));
      assert.equal(texts(reopened(next).payloads).at(-1), 'e');
    }
  });

  it('never overwrites evidence that was set aside before', () => {
    const files = damaged(1, 70);
    openJournal({ ...SMALL, files });
    const aside = (f: MemoryFiles): readonly string[] =>
      [...f.content.keys()].filter((k) => k.includes('.corrupt'));
    const before = new Map(aside(files).map((k) => [k, Buffer.from(files.content.get(k) ?? [])]));
    assert.equal(before.size, 4);
    const first = `${FOLDER}/journal-000000000001.hfj`;
    const { store } = openJournal({ ...SMALL, files });
    for (const x of ['x', 'y']) store.append(bytes(x));
    const content = files.content.get(first);
    assert(content !== undefined);
    content[75] = (content[75] ?? 0) ^ 1;
    assert.equal(openJournal({ ...SMALL, files }).tail, 'corrupt');
    for (const [k, v] of before) assert.deepEqual(Buffer.from(files.content.get(k) ?? []), v);
    assert.equal(aside(files).length, 5);
  });

  it('goes on with the sequence where the only segment lost its first record', () => {
    const files = new MemoryFiles();
    const one = { ...SMALL, segmentsMax: 1, files };
    const { store } = openJournal(one);
    for (let i = 1; i <= 4; i += 1) store.append(bytes(name(i)));
    const [file, ...others] = [...files.content.keys()];
    assert(file?.endsWith('004.hfj') === true && others.length === 0);
    for (const cut of [0, 20, 55]) {
      const disk = files.restarted();
      disk.content.set(file, (disk.content.get(file) ?? new Uint8Array()).slice(0, cut));
      const opened = openJournal({ ...one, files: disk });
      assert.deepEqual(opened.payloads, []);
      assert.equal(opened.store.append(bytes('a')).sequence, 4);
      opened.store.append(bytes('b'));
      const next = openJournal({ ...one, files: disk.restarted() });
      assert.equal(next.tail, 'clean', next.text);
      assert.deepEqual(texts(next.payloads), ['a', 'b']);
    }
  });

  it('finds a segment that somebody took out of the middle', () => {
    const files = filled(12).restarted();
    files.content.delete(`${FOLDER}/journal-000000000004.hfj`);
    const opened = openJournal({ ...SMALL, files });
    assert.equal(opened.tail, 'corrupt');
    assert.deepEqual(texts(opened.payloads), range(1, 3));
    assert.match(opened.text, /record 7 follows 3/);
  });
});

describe('journal on the real file system', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-journal-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is readable by its owner only and survives a cut-off write', () => {
    const at = path.join(folder, 'audit');
    const { store } = openJournal({ folder: at, files: realFileSystem });
    for (let i = 1; i <= 3; i += 1) store.append(bytes(name(i)));
    store.close();
    const [file] = readdirSync(at);
    assert(file !== undefined);
    const full = path.join(at, file);
    assert.equal(statSync(full).mode & 0o777, 0o600);
    assert.equal(statSync(at).mode & 0o777, 0o700);
    writeFileSync(full, readFileSync(full).subarray(0, 150));
    const opened = openJournal({ folder: at });
    assert.deepEqual(texts(opened.payloads), range(1, 2));
    assert.equal(opened.tail, 'torn');
    opened.store.append(bytes('x'));
    opened.store.close();
    assert.deepEqual(texts(openJournal({ folder: at }).payloads), [...range(1, 2), 'x']);
  });

  it('throws when the folder cannot be used at all', () => {
    const file = path.join(folder, 'no-folder');
    writeFileSync(file, '');
    assert.throws(() => openJournal({ folder: file }));
  });
});
