import path from 'node:path';
import {
  type AppendPlan,
  type ChainPosition,
  GENESIS,
  HEADER_BYTES,
  JournalWriter,
  recover,
  segmentSequence,
  type TailState,
} from '../../journal';
import { sha256 } from '../keys';
import { writeAtomic } from './atomic';
import { type FileSystem, realFileSystem } from './fileSystem';

export interface JournalStoreOptions {
  readonly folder: string;
  /** Bytes of one segment; default 1 MiB. */
  readonly segmentMax_bytes?: number;
  /** Segments kept; default 16. */
  readonly segmentsMax?: number;
  readonly files?: FileSystem;
}

export interface OpenedJournal {
  readonly store: JournalStore;
  /** Payloads that were durable, oldest first. */
  readonly payloads: readonly Uint8Array[];
  readonly tail: TailState;
  /** What recovery found, in words. */
  readonly text: string;
}

const SEGMENT_BYTES = 1024 * 1024;
const SEGMENTS = 16;

/**
 * Opens a journal: reads its segments in order, truncates a torn tail, copies a corrupt segment
 * aside as `*.corrupt` and truncates it to its trusted prefix, renames everything after it aside, and
 * appends from there, so that the chain on disk stays whole. Never throws for what is in the files;
 * throws when the folder cannot be used at all.
 */
export function openJournal(options: JournalStoreOptions): OpenedJournal {
  const files = options.files ?? realFileSystem;
  files.makeFolder(options.folder);
  const names = files
    .list(options.folder)
    .filter((n) => segmentSequence(n) !== undefined)
    .sort();
  const payloads: Uint8Array[] = [];
  const kept: string[] = [];
  let position: ChainPosition = GENESIS;
  let size = 0;
  let tail: TailState = 'clean';
  let text = names.length === 0 ? 'new journal' : 'complete';
  for (const [i, name] of names.entries()) {
    const file = path.join(options.folder, name);
    if (tail !== 'clean') {
      files.rename(file, asideOf(files, file));
      continue;
    }
    const bytes = files.read(file);
    const from = i === 0 ? startOf(bytes, name) : position;
    const found = recover(bytes, sha256, from);
    payloads.push(...found.payloads);
    position = found.position;
    size = found.trustedBytes;
    kept.push(name);
    if (found.tail === 'clean') continue;
    tail = found.tail;
    text = `${name}: ${found.text}`;
    if (found.tail === 'corrupt') writeAtomic(asideOf(files, file), bytes, files);
    files.truncate(file, found.trustedBytes);
  }
  const writer = new JournalWriter({ position, segments: kept, size }, sha256, {
    segmentMax_bytes: options.segmentMax_bytes ?? SEGMENT_BYTES,
    segmentsMax: options.segmentsMax ?? SEGMENTS,
  });
  return { store: new JournalStore(options.folder, writer, files), payloads, tail, text };
}

/** A name for evidence that is set aside; evidence set aside earlier is never overwritten. */
function asideOf(files: FileSystem, file: string): string {
  for (let n = 0; ; n += 1) {
    const name = n === 0 ? `${file}.corrupt` : `${file}.corrupt-${n}`;
    if (!files.exists(name)) return name;
  }
}

/**
 * Older segments may be gone: the first one present says where its chain continues. Where it lost
 * even that, the sequence goes on and the chain starts anew.
 */
function startOf(bytes: Uint8Array, name: string): ChainPosition {
  const first = segmentSequence(name) ?? 1;
  if (first <= 1) return GENESIS;
  const hash = bytes.length < HEADER_BYTES ? GENESIS.hash : bytes.slice(16, 48);
  return { sequence: first - 1, hash };
}

/** Appends durable records. One writer per folder. */
export class JournalStore {
  private readonly folder: string;
  private readonly writer: JournalWriter;
  private readonly files: FileSystem;
  private open: { readonly segment: string; readonly file: number } | undefined;
  /** A failed append whose bytes may still stand behind the last durable record. */
  private failed: AppendPlan | undefined;
  /** Dropped segments whose removal failed; tried again with the next append. */
  private leftovers: readonly string[] = [];

  constructor(folder: string, writer: JournalWriter, files: FileSystem) {
    this.folder = folder;
    this.writer = writer;
    this.files = files;
  }

  /** Durable when it returns. Throws when the disk refuses; then nothing was acknowledged. */
  append(payload: Uint8Array): ChainPosition {
    if (this.failed !== undefined) this.undo(this.failed);
    const plan = this.writer.plan(payload);
    this.failed = plan;
    try {
      const file = this.fileFor(plan);
      this.files.write(file, plan.bytes);
      this.files.sync(file);
      // A new file is durable only with its entry in the folder.
      if (plan.create) this.syncFolder();
    } catch (error) {
      this.tryUndo(plan);
      throw error;
    }
    this.failed = undefined;
    this.writer.done(plan);
    this.drop([...this.leftovers, ...plan.drop]);
    return plan.position;
  }

  head(): ChainPosition {
    return this.writer.head();
  }

  close(): void {
    const { open } = this;
    this.open = undefined;
    if (open !== undefined) this.files.close(open.file);
  }

  private fileFor(plan: AppendPlan): number {
    if (this.open?.segment === plan.segment) return this.open.file;
    this.close();
    const file = this.files.open(path.join(this.folder, plan.segment), 'a');
    this.open = { segment: plan.segment, file };
    return file;
  }

  private syncFolder(): void {
    const folder = this.files.open(this.folder, 'r');
    try {
      this.files.sync(folder);
    } finally {
      this.files.close(folder);
    }
  }

  /** The record is durable whether or not an old segment can be removed now. */
  private drop(names: readonly string[]): void {
    this.leftovers = names.filter((name) => {
      try {
        this.files.remove(path.join(this.folder, name));
        return false;
      } catch {
        return true;
      }
    });
  }

  /** When even this fails, the next append begins with it, or fails too. */
  private tryUndo(plan: AppendPlan): void {
    try {
      this.undo(plan);
    } catch {
      this.failed = plan;
    }
  }

  /**
   * Cuts the segment back to its durable length: an unacknowledged record, half written or whole,
   * must not stand before the next one.
   */
  private undo(plan: AppendPlan): void {
    this.close();
    const file = path.join(this.folder, plan.segment);
    if (this.files.exists(file)) this.files.truncate(file, plan.offset);
    this.failed = undefined;
  }
}
