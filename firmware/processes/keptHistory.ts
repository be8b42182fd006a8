/** The history file of one gateway: what cannot be read is set aside, and a new one begun. */
import { existsSync, renameSync } from 'node:fs';
import { type OpenedHistory, openHistory } from '../../src/io/history';

/**
 * Opens the history; a file that is none, or is torn, becomes `FILE.corrupt-N` and stays evidence.
 * One that is only locked, or on a full disk, stays where it is.
 */
export function openOrSetAside(
  file: string,
  maxBytes: number,
  say: (text: string) => void,
): OpenedHistory {
  const opened = openHistory(file, maxBytes);
  if (opened.ok || !opened.damaged || !existsSync(file)) return opened;
  let n = 1;
  while (existsSync(`${file}.corrupt-${n}`)) n += 1;
  try {
    renameSync(file, `${file}.corrupt-${n}`);
  } catch (error) {
    say(`${opened.why} It cannot be set aside: ${error instanceof Error ? error.message : ''}`);
    return opened;
  }
  say(`${opened.why} It is kept as ${file}.corrupt-${n}; a new one begins.`);
  for (const part of ['-wal', '-shm']) {
    if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${file}.corrupt-${n}${part}`);
  }
  return openHistory(file, maxBytes);
}
