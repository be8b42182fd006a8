import { readFileSync } from 'node:fs';

/**
 * State of one contact: `gpio-value:FILE` is a value file of the kernel (1 = closed), `emulated:FILE`
 * one that a person or test writes. An emulated input without its file is not wired: `undefined`. A
 * real one that cannot be read is open, as a broken wire is.
 */
export function readInput(backEnd: string): 'open' | 'closed' | undefined {
  const at = backEnd.indexOf(':');
  const emulated = backEnd.slice(0, at) === 'emulated';
  try {
    return readFileSync(backEnd.slice(at + 1), 'utf8').trim() === '1' ? 'closed' : 'open';
  } catch {
    return emulated ? undefined : 'open';
  }
}
