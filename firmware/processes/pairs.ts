import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** `name value` per line; a line that is not of this form is skipped and named. */
export function readPairs(
  file: string,
  problem: (text: string) => void,
): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  if (!existsSync(file)) return pairs;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name, value, ...more] = line.trim().split(/\s+/);
    if (name === undefined || name === '' || name.startsWith('#')) continue;
    if (value === undefined || more.length > 0) {
      problem(`${path.basename(file)}: bad line for ${name}; write: NAME VALUE`);
    } else pairs.set(name, value);
  }
  return pairs;
}
