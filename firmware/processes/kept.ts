import { existsSync, readFileSync } from 'node:fs';

export interface Kept {
  readonly returnsWithinHour: number;
  readonly latched: boolean;
  /** An excess at the breaker was noticed and is not over. */
  readonly excess?: boolean;
}

/** The supervisor's memory. What cannot be read counts as the careful value: latched. */
export function readKept(file: string): Kept {
  if (!existsSync(file)) return { returnsWithinHour: 0, latched: false };
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return { returnsWithinHour: 3, latched: true };
    const given = new Map<string, unknown>(Object.entries(value));
    const returns = given.get('returnsWithinHour');
    return {
      returnsWithinHour: typeof returns === 'number' && returns >= 0 ? returns : 3,
      latched: given.get('latched') !== false,
      ...(given.get('excess') === true ? { excess: true } : {}),
    };
  } catch {
    return { returnsWithinHour: 3, latched: true };
  }
}
