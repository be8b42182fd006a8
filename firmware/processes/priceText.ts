/** The price file as it lies there now; whoever delivers prices may put anything there. */
import { readFileSync, statSync } from 'node:fs';

/** A year of quarter hours with several columns is a quarter of this. */
export const PRICES_MAX_BYTES = 8 * 1024 * 1024;

/** Throws with a sentence; looks before it reads, so that no size and no device can stop planning. */
export function priceText(file: string): string {
  const found = statSync(file);
  if (!found.isFile()) throw new Error(`${file} is no regular file`);
  if (found.size > PRICES_MAX_BYTES)
    throw new Error(`${file} has ${found.size} bytes, ${PRICES_MAX_BYTES} are read at most`);
  return readFileSync(file, 'utf8');
}
