import * as fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

// Not node:fs/promises, which brings readline and watchers into the small supervisor.
const [mkdir, rm, writeFile] = [promisify(fs.mkdir), promisify(fs.rm), promisify(fs.writeFile)];
const [open, fdatasync, close] = [promisify(fs.open), promisify(fs.fdatasync), promisify(fs.close)];

/** The steps of an atomic replacement without standing still; tests make the N-th fail. */
export interface LaterFiles {
  /** Writes a new file beside the old one and syncs it. */
  writeNew(file: string, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
}

/** The operating system's files, through its threads. */
export const realLaterFiles: LaterFiles = {
  writeNew: async (file, bytes) => {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    // A leftover of an interrupted write is worthless.
    await rm(file, { force: true });
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600, flush: true });
  },
  rename: promisify(fs.rename),
  syncFolder: async (folder) => {
    const folderFd = await open(folder, 'r');
    try {
      await fdatasync(folderFd);
    } finally {
      await close(folderFd);
    }
  },
};

/**
 * One small file whose newest content is kept on disk without ever blocking the caller: a disk that
 * stalls for seconds stalls a thread. Atomic like `writeAtomic`; writes never overtake each other,
 * and of several waiting contents only the newest is written.
 */
export class KeptFile {
  private readonly file: string;
  private readonly onProblem: (text: string) => void;
  private readonly files: LaterFiles;
  private waiting: Uint8Array | undefined;
  private busy: Promise<void> | undefined;
  /** The newest content, while the disk has not taken it. */
  private refused: Uint8Array | undefined;

  /** `onProblem` is told when a write failed; the next content is tried all the same. */
  constructor(file: string, onProblem: (text: string) => void, files = realLaterFiles) {
    this.file = file;
    this.onProblem = onProblem;
    this.files = files;
  }

  /** Takes the newest content; returns at once. */
  save(bytes: Uint8Array): void {
    this.waiting = bytes;
    this.busy ??= this.drain();
  }

  /** Whether the newest content was refused by the disk, so that a restart would not know it. */
  failed(): boolean {
    return this.refused !== undefined;
  }

  /** Tries once more what the disk refused, if nothing newer is on its way; returns at once. */
  again(): void {
    if (this.refused !== undefined && this.busy === undefined) this.save(this.refused);
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.busy;
  }

  private async drain(): Promise<void> {
    for (let next = this.waiting; next !== undefined; next = this.waiting) {
      this.waiting = undefined;
      try {
        await this.replace(next);
        this.refused = undefined;
      } catch (error) {
        this.refused = next;
        this.onProblem(error instanceof Error ? error.message : String(error));
      }
    }
    this.busy = undefined;
  }

  private async replace(bytes: Uint8Array): Promise<void> {
    const beside = `${this.file}.new`;
    await this.files.writeNew(beside, bytes);
    await this.files.rename(beside, this.file);
    await this.files.syncFolder(path.dirname(this.file));
  }
}
