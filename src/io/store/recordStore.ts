import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { RecordStore } from '../../ocpp';
import { type FileSystem, realFileSystem } from './fileSystem';
import { type JournalStore, openJournal } from './journalStore';

/** The journal never drops the oldest segment here: what is in it is billing. */
const SEGMENTS = 100_000;

export interface OpenedRecords {
  readonly store: RecordStore;
  readonly recovered: readonly string[];
}

/**
 * The relay's durable records on the product's journal: one folder per generation, a rewrite makes
 * the next one beside it and renames it into place.
 */
export function openRecords(root: string, files: FileSystem = realFileSystem): OpenedRecords {
  mkdirSync(root, { recursive: true });
  let generation = Math.max(0, ...generations(root));
  for (const name of readdirSync(root)) {
    if (name !== `g${generation}`) rmSync(path.join(root, name), { recursive: true, force: true });
  }
  const folder = (n: number): string => path.join(root, `g${n}`);
  const opened = openJournal({ folder: folder(generation), segmentsMax: SEGMENTS });
  // The folder of the generation is durable only with its entry in the root.
  syncFolder(root, files);
  let journal: JournalStore = opened.store;
  const recovered = opened.payloads.map((bytes) => Buffer.from(bytes).toString('utf8'));
  const store: RecordStore = {
    append(record, durable) {
      journal.append(Buffer.from(record));
      durable();
    },
    rewrite(records) {
      const next = generation + 1;
      const fresh = path.join(root, `new-${next}`);
      if (existsSync(fresh)) rmSync(fresh, { recursive: true });
      const made = openJournal({ folder: fresh, segmentsMax: SEGMENTS }).store;
      for (const record of records) made.append(Buffer.from(record));
      made.close();
      files.rename(fresh, folder(next));
      // Until this returns a power loss may bring the old generation back, so it must still be there.
      syncFolder(root, files);
      journal.close();
      journal = openJournal({ folder: folder(next), segmentsMax: SEGMENTS }).store;
      rmSync(folder(generation), { recursive: true, force: true });
      generation = next;
    },
  };
  return { store, recovered };
}

function syncFolder(folder: string, files: FileSystem): void {
  const handle = files.open(folder, 'r');
  try {
    files.sync(handle);
  } finally {
    files.close(handle);
  }
}

function generations(root: string): readonly number[] {
  return readdirSync(root).flatMap((name) => {
    const number = /^g(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}
