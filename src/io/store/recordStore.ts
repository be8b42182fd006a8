import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { RecordStore } from '../../ocpp';
import { syncFolder } from './atomic';
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
  let journal: JournalStore | undefined = opened.store;
  const recovered = opened.payloads.map((bytes) => Buffer.from(bytes).toString('utf8'));
  /** The generation before, while a power cut could still bring it back. */
  let before: number | undefined;
  /** The journal to append to: that of the generation which every restart finds. */
  const ready = (): JournalStore => {
    journal ??= openJournal({ folder: folder(generation), segmentsMax: SEGMENTS }).store;
    if (before !== undefined) {
      syncFolder(root, files);
      forget(folder(before));
      before = undefined;
    }
    return journal;
  };
  const store: RecordStore = {
    append(record, durable) {
      ready().append(Buffer.from(record));
      durable();
    },
    rewrite(records) {
      const old = ready();
      const next = generation + 1;
      const fresh = path.join(root, `new-${next}`);
      if (existsSync(fresh)) rmSync(fresh, { recursive: true });
      const made = openJournal({ folder: fresh, segmentsMax: SEGMENTS }).store;
      for (const record of records) made.append(Buffer.from(record));
      made.close();
      files.rename(fresh, folder(next));
      // From here on a restart finds the new one: whatever fails below, nothing goes to the old one.
      before = generation;
      generation = next;
      journal = undefined;
      old.close();
      ready();
    },
  };
  return { store, recovered };
}

/** What stays is removed by the next start. */
function forget(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The records are in the next generation.
  }
}

function generations(root: string): readonly number[] {
  return readdirSync(root).flatMap((name) => {
    const number = /^g(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}
