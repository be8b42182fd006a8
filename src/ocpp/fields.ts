import { isObject } from './codec';
import type { JsonObject } from './frame';

/** A string member of at most `max` characters, else undefined. Pure. */
export function textOf(o: JsonObject, key: string, max: number): string | undefined {
  const value = o[key];
  return typeof value === 'string' && value.length <= max ? value : undefined;
}

/** A finite number member, else undefined. Pure. */
export function numberOf(o: JsonObject, key: string): number | undefined {
  const value = o[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A whole number member in `min..max`, else undefined. Pure. */
export function wholeOf(o: JsonObject, key: string, min: number, max: number): number | undefined {
  const value = numberOf(o, key);
  return value !== undefined && Number.isInteger(value) && value >= min && value <= max
    ? value
    : undefined;
}

/** An object member, else undefined. Pure. */
export function objectOf(o: JsonObject, key: string): JsonObject | undefined {
  const value = o[key];
  return isObject(value) ? value : undefined;
}

/** The objects of a list member (others skipped); empty when there is no list. Pure. */
export function objectsOf(o: JsonObject, key: string): readonly JsonObject[] {
  const value = o[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** An RFC 3339 time stamp member as ms since 1970, else undefined. Pure. */
export function timeOf(o: JsonObject, key: string): number | undefined {
  const text = textOf(o, key, 40);
  if (text === undefined) return undefined;
  const parsed = Date.parse(text);
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** RFC 3339 text of a wall time in ms. Pure. */
export const isoOf = (wall_ms: number): string => new Date(wall_ms).toISOString();
