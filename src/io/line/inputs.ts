import { readFileSync } from 'node:fs';

/** State of a contact. `unknown`: it cannot be read. `not-wired`: an emulated one without a file. */
export type InputState = 'open' | 'closed' | 'unknown' | 'not-wired';

/**
 * State of one contact: `gpio-value:FILE` is a value file of the kernel (1 = closed, 0 = open),
 * `emulated:FILE` one that a person or test writes. A file that is missing (unless emulated), cannot
 * be read or says anything else leaves it unknown; what that means is its reader's decision.
 */
export function readInput(backEnd: string): InputState {
  const at = backEnd.indexOf(':');
  const emulated = backEnd.slice(0, at) === 'emulated';
  try {
    const text = readFileSync(backEnd.slice(at + 1), 'utf8').trim();
    if (text === '1') return 'closed';
    return text === '0' ? 'open' : 'unknown';
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return emulated && missing ? 'not-wired' : 'unknown';
  }
}
