import * as fs from 'node:fs';

/** The few file operations that persistence uses; tests make the N-th of them fail. */
export interface FileSystem {
  list(folder: string): readonly string[];
  read(path: string): Uint8Array;
  /** Creates the folder with its parents. */
  makeFolder(folder: string): void;
  open(path: string, flags: 'a' | 'wx' | 'w' | 'r', mode?: number): number;
  write(file: number, bytes: Uint8Array): void;
  sync(file: number): void;
  close(file: number): void;
  truncate(path: string, length: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  exists(path: string): boolean;
}

/** The operating system's files. */
export const realFileSystem: FileSystem = {
  list: (folder) => fs.readdirSync(folder),
  read: (path) => fs.readFileSync(path),
  makeFolder: (folder) => void fs.mkdirSync(folder, { recursive: true, mode: 0o700 }),
  open: (path, flags, mode = 0o600) => fs.openSync(path, flags, mode),
  write: (file, bytes) => {
    let at = 0;
    while (at < bytes.length) at += fs.writeSync(file, bytes, at);
  },
  sync: (file) => fs.fdatasyncSync(file),
  close: (file) => fs.closeSync(file),
  truncate: (path, length) => fs.truncateSync(path, length),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  exists: (path) => fs.existsSync(path),
};
