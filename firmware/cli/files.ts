import { accessSync, constants, statSync } from 'node:fs';

/** Undefined when the file can be read, else the sentence that says why not. */
export function readable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? `${file} is a folder: name the file in it` : undefined;
  } catch {
    return `${file} cannot be read: check the path and its permissions`;
  }
}
