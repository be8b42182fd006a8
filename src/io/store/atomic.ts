import path from 'node:path';
import { type FileSystem, realFileSystem } from './fileSystem';

/**
 * Replaces `file` as a whole: written beside it, synced, renamed, folder synced. After a kill at
 * any
 * point the old or the new content is there, never a mixture.
 */
export function writeAtomic(
  file: string,
  bytes: Uint8Array,
  files: FileSystem = realFileSystem,
): void {
  const folder = path.dirname(file);
  const beside = `${file}.new`;
  files.makeFolder(folder);
  // A leftover of an interrupted write is worthless.
  files.remove(beside);
  const handle = files.open(beside, 'wx', 0o600);
  try {
    files.write(handle, bytes);
    files.sync(handle);
  } finally {
    files.close(handle);
  }
  files.rename(beside, file);
  syncFolder(folder, files);
}

/** Removes `file`, if it is there, so that a power cut does not bring it back. */
export function removeDurably(file: string, files: FileSystem = realFileSystem): void {
  files.remove(file);
  syncFolder(path.dirname(file), files);
}

/** Makes durable which names a folder holds. */
export function syncFolder(folder: string, files: FileSystem): void {
  const dir = files.open(folder, 'r');
  try {
    files.sync(dir);
  } finally {
    files.close(dir);
  }
}
