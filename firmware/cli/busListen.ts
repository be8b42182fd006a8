import { execFileSync } from 'node:child_process';
import { constants, closeSync, openSync, read } from 'node:fs';

export interface LineSettings {
  readonly path: string;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
}

const PARITY = {
  none: ['-parenb', 'cstopb'],
  even: ['parenb', '-parodd', '-cstopb'],
  odd: ['parenb', 'parodd', '-cstopb'],
} as const;

/**
 * Listens on a port that is opened for reading only: nothing can be sent by accident. Gives
 * bytes as they come until `until_ms` of `now_ms`. Throws where the port cannot be opened or
 * set.
 */
export async function listen(
  line: LineSettings,
  now_ms: () => number,
  until_ms: number,
  onBytes: (bytes: Uint8Array, at_ms: number) => void,
): Promise<void> {
  // `min 0 time 1`: a read returns what is there, after 0.1 s at the latest.
  const settings = ['raw', '-echo', 'min', '0', 'time', '1', ...PARITY[line.parity]];
  try {
    execFileSync('stty', ['-F', line.path, String(line.baud), ...settings], { stdio: 'pipe' });
  } catch (cause) {
    const text = `${line.path} is no serial port that takes ${line.baud} baud; see: ls /dev/serial/by-id`;
    throw new Error(text, { cause });
  }
  const file = openSync(line.path, constants.O_RDONLY | constants.O_NOCTTY);
  try {
    const buffer = Buffer.alloc(512);
    while (now_ms() < until_ms) {
      const count = await new Promise<number>((resolve, reject) =>
        read(file, buffer, 0, buffer.length, null, (error, size) =>
          error === null ? resolve(size) : reject(error),
        ),
      );
      if (count > 0) onBytes(Uint8Array.from(buffer.subarray(0, count)), now_ms());
    }
  } finally {
    closeSync(file);
  }
}
