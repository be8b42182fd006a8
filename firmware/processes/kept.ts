import { readFileSync } from 'node:fs';

export interface Kept {
  readonly returnsWithinHour: number;
  readonly latched: boolean;
  /** An excess at the breaker was noticed and is not over. */
  readonly excess?: boolean;
  /** Lines that held without edges and were not seen to drop since. */
  readonly stuck?: readonly string[];
}

const CAREFUL: Kept = { returnsWithinHour: 3, latched: true };
/** As many lines as a site may have. */
const LINES_MAX = 32;

/**
 * The supervisor's memory. What cannot be read counts as the careful value: latched. Only a file
 * that is certainly not there was never written.
 */
export function readKept(file: string): Kept {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return CAREFUL;
    const given = new Map<string, unknown>(Object.entries(value));
    const returns = given.get('returnsWithinHour');
    const stuck = given.has('stuck') ? namesOf(given.get('stuck')) : [];
    return {
      returnsWithinHour: typeof returns === 'number' && returns >= 0 ? returns : 3,
      latched: given.get('latched') !== false || stuck === undefined,
      ...(given.get('excess') === true ? { excess: true } : {}),
      ...(stuck === undefined || stuck.length === 0 ? {} : { stuck }),
    };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing ? { returnsWithinHour: 0, latched: false } : CAREFUL;
  }
}

function namesOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > LINES_MAX) return undefined;
  const names = value.filter((v) => typeof v === 'string');
  return names.length === value.length ? names : undefined;
}
