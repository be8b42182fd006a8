import { accessSync, constants } from 'node:fs';

/** Undefined when the file can be read, else the sentence that says why not. */
export function readable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch {
    return `${file} cannot be read: check the path and its permissions`;
  }
}
