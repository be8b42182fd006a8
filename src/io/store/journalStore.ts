import path from 'node:path';
import {
  type AppendPlan,
  type ChainPosition,
  GENESIS,
  JournalWriter,
  recover,
  segmentSequence,
  type TailState,
} from '../../journal';
import { sha256 } from '../keys';
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
 * Opens a journal: reads its segments in order, truncates a torn tail, sets a corrupt segment and
 * everything after it aside as `*.corrupt`, and appends from there. Never throws for what is in the
 * files; throws when the folder cannot be used at all.
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
      files.rename(file, `${file}.corrupt`);
      continue;
    }
    const bytes = files.read(file);
    const from = i === 0 ? startOf(bytes, name) : position;
    const found = recover(bytes, sha256, from);
    payloads.push(...found.payloads);
    position = found.position;
    size = found.trustedBytes;
    if (found.tail === 'clean') kept.push(name);
    else {
      tail = found.tail;
      text = `${name}: ${found.text}`;
      if (found.tail === 'corrupt') files.rename(file, `${file}.corrupt`);
      else {
        files.truncate(file, found.trustedBytes);
        kept.push(name);
      }
    }
  }
  if (tail === 'corrupt') size = 0;
  const writer = new JournalWriter(
    { position, segments: tail === 'corrupt' ? [] : kept, size },
    sha256,
    {
      segmentMax_bytes: options.segmentMax_bytes ?? SEGMENT_BYTES,
      segmentsMax: options.segmentsMax ?? SEGMENTS,
    },
  );
  return { store: new JournalStore(options.folder, writer, files), payloads, tail, text };
}

/** Older segments may be gone: the first one present says where its chain continues. */
function startOf(bytes: Uint8Array, name: string): ChainPosition {
  const first = segmentSequence(name) ?? 1;
  if (first <= 1 || bytes.length < 48) return GENESIS;
  return { sequence: first - 1, hash: bytes.slice(16, 48) };
}

/** Appends durable records. One writer per folder. */
export class JournalStore {
  private readonly folder: string;
  private readonly writer: JournalWriter;
  private readonly files: FileSystem;
  private open: { readonly segment: string; readonly file: number } | undefined;

  constructor(folder: string, writer: JournalWriter, files: FileSystem) {
    this.folder = folder;
    this.writer = writer;
    this.files = files;
  }

  /** Durable when it returns. Throws when the disk refuses; then nothing was acknowledged. */
  append(payload: Uint8Array): ChainPosition {
    const plan = this.writer.plan(payload);
    try {
      const file = this.fileFor(plan);
      this.files.write(file, plan.bytes);
      this.files.sync(file);
    } catch (error) {
      this.undo(plan);
      throw error;
    }
    this.writer.done(plan);
    for (const name of plan.drop) this.files.remove(path.join(this.folder, name));
    return plan.position;
  }

  head(): ChainPosition {
    return this.writer.head();
  }

  close(): void {
    if (this.open !== undefined) this.files.close(this.open.file);
    this.open = undefined;
  }

  private fileFor(plan: AppendPlan): number {
    if (this.open?.segment === plan.segment) return this.open.file;
    this.close();
    const file = this.files.open(path.join(this.folder, plan.segment), 'a');
    this.open = { segment: plan.segment, file };
    return file;
  }

  /** A half-written record must not stand before the next one. */
  private undo(plan: AppendPlan): void {
    this.close();
    const file = path.join(this.folder, plan.segment);
    if (!this.files.exists(file)) return;
    const bytes = this.files.read(file);
    const first = segmentSequence(plan.segment) ?? 1;
    const from = first <= 1 ? GENESIS : startOf(bytes, plan.segment);
    this.files.truncate(file, recover(bytes, sha256, from).trustedBytes);
  }
}
