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
  const dir = files.open(folder, 'r');
  try {
    files.sync(dir);
  } finally {
    files.close(dir);
  }
}
