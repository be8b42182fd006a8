import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a small file as a whole without stopping the cycle: written beside it, synced, renamed,
 * folder synced. Resolves only when the new content survives a power cut.
 */
export async function persist(file: string, text: string): Promise<void> {
  const beside = `${file}.new`;
  await rm(beside, { force: true });
  const handle = await open(beside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
