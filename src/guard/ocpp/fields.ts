import type { JsonObject } from '../../ocpp';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(payload: JsonObject, key: string): JsonObject | undefined {
  const value = payload[key];
  return isObject(value) ? value : undefined;
}

/** The objects of a list; undefined when the member is no list of objects. */
export function objects(payload: JsonObject, key: string): readonly JsonObject[] | undefined {
  const value: unknown = payload[key];
  if (!Array.isArray(value)) return undefined;
  const found = value.filter(isObject);
  return found.length === value.length ? found : undefined;
}

export function text(payload: JsonObject, key: string): string | undefined {
  const value = payload[key];
  return typeof value === 'string' ? value : undefined;
}

export function number(payload: JsonObject, key: string): number | undefined {
  const value = payload[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
