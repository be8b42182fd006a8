import { readFileSync } from 'node:fs';
import { isGpioIn, readGpioIn } from '../../board';
import type { InputState } from './levelWatch';
import { type Input, type InputHost, openProgramInput } from './programInput';

/**
 * One contact, by the back end of the board: `gpio-in:...` is read by its program from now on (see
 * `openProgramInput`), a file each time it is asked for (see `readInput`). Never throws: what
 * cannot be read is unknown.
 */
export function openInput(backEnd: string, host: InputHost): Input {
  if (!isGpioIn(backEnd)) {
    const state = (): InputState => readInput(backEnd);
    return { state, seen: () => [state()], close: () => undefined };
  }
  const read = readGpioIn(backEnd);
  if (read.ok) return openProgramInput(read.spec, host);
  host.say(`input ${backEnd}: ${read.text}; write ${read.fix}`);
  return { state: () => 'unknown', seen: () => ['unknown'], close: () => undefined };
}

/**
 * State of one contact that is a file: `gpio-value:FILE` is a value file of the kernel (1 = closed,
 * 0 = open), `emulated:FILE` one that a person or test writes. A file that is missing (unless
 * emulated), cannot be read or says anything else leaves it unknown; what that means is the
 * decision of its reader.
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
