import { isObject } from '../../unit/ocpp/bench';
import type { JsonObject } from '../../../src/ocpp';

export type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T | undefined =>
  list[Math.floor(random() * list.length)];

/**
 * A value that a JSON schema of OCPP allows (draft 4 and 6 as used there: $ref into definitions,
 * type, enum, format, lengths). Optional members come in half of the cases.
 */
export function valueFor(schema: unknown, root: unknown, random: Random, depth = 0): unknown {
  if (!isObject(schema) || depth > 12) return null;
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    return valueFor(resolve(root, reference), root, random, depth + 1);
  }
  const list: unknown = schema['enum'];
  if (Array.isArray(list)) return pick<unknown>(random, list);
  switch (schema['type']) {
    case 'object':
      return objectFor(schema, root, random, depth);
    case 'array': {
      const least = numberIn(schema, 'minItems', 0);
      const count = Math.max(least, Math.min(numberIn(schema, 'maxItems', 3), 1));
      return Array.from({ length: count }, () =>
        valueFor(schema['items'], root, random, depth + 1),
      );
    }
    case 'string':
      return textFor(schema, random);
    case 'integer':
      return Math.max(numberIn(schema, 'minimum', 0), Math.floor(random() * 10));
    case 'number':
      return Math.max(numberIn(schema, 'minimum', 0), Math.round(random() * 320) / 10);
    case 'boolean':
      return random() < 0.5;
    default:
      return {};
  }
}

function objectFor(schema: JsonObject, root: unknown, random: Random, depth: number): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required: unknown = schema['required'];
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(properties)) {
    if (name === 'customData') continue;
    if (needed.has(name) || random() < 0.5) result[name] = valueFor(inner, root, random, depth + 1);
  }
  return result;
}

function textFor(schema: JsonObject, random: Random): string {
  if (schema['format'] === 'date-time') return new Date(1.78e12 + random() * 1e9).toISOString();
  if (schema['format'] === 'uri') return 'https://host.example/path';
  const most = numberIn(schema, 'maxLength', 20);
  return random()
    .toString(36)
    .slice(2, 2 + Math.max(1, Math.min(most, 10)));
}

function numberIn(schema: JsonObject, key: string, fallback: number): number {
  const value = schema[key];
  return typeof value === 'number' ? value : fallback;
}

function resolve(root: unknown, reference: string): unknown {
  return reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), root);
}

const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  -0.5,
  2 ** 60,
  '',
  'x'.repeat(300),
  '\u0000',
  '../../etc/passwd',
  '__proto__',
  [],
  [[[[]]]],
  {},
  { constructor: { prototype: 1 } },
];

/** One member somewhere in the value is taken out, doubled into a list, or made odd. */
export function mutated(value: unknown, random: Random): unknown {
  if (!isObject(value) || Object.keys(value).length === 0) return pick(random, ODD);
  const key = pick(random, Object.keys(value)) ?? '';
  const copy: Record<string, unknown> = { ...value };
  const choice = random();
  if (choice < 0.2) Reflect.deleteProperty(copy, key);
  else if (choice < 0.5) copy[key] = pick(random, ODD);
  else if (choice < 0.6) copy[`${key}X`] = copy[key];
  else copy[key] = mutated(copy[key], random);
  return copy;
}

/**
 * A value that its schema still allows, with one member driven to an edge: the longest text, the
 * largest or a negative number, another word of an enumeration, an optional member taken out.
 */
export function mutatedWithin(
  schema: unknown,
  root: unknown,
  value: unknown,
  random: Random,
  depth = 0,
): unknown {
  if (!isObject(schema) || depth > 12) return value;
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    return mutatedWithin(resolve(root, reference), root, value, random, depth + 1);
  }
  if (Array.isArray(schema['enum'])) return pick<unknown>(random, schema['enum']);
  if (isObject(value) && isObject(schema['properties'])) {
    return memberWithin(schema, schema['properties'], root, value, random, depth);
  }
  if (Array.isArray(value) && value.length > 0) {
    return [mutatedWithin(schema['items'], root, value[0], random, depth + 1)];
  }
  if (typeof value === 'string') return edgeText(schema, value);
  if (typeof value === 'number') {
    const least = numberIn(schema, 'minimum', schema['type'] === 'integer' ? -(2 ** 31) : -1e30);
    return pick(random, [least, numberIn(schema, 'maximum', 2 ** 31 - 1)]);
  }
  return typeof value === 'boolean' ? !value : value;
}

function memberWithin(
  schema: JsonObject,
  properties: JsonObject,
  root: unknown,
  value: JsonObject,
  random: Random,
  depth: number,
): JsonObject {
  const key = pick(random, Object.keys(value));
  if (key === undefined) return value;
  const required: unknown = schema['required'];
  const needed = Array.isArray(required) && required.includes(key);
  const copy: Record<string, unknown> = { ...value };
  if (!needed && random() < 0.2) Reflect.deleteProperty(copy, key);
  else copy[key] = mutatedWithin(properties[key], root, value[key], random, depth + 1);
  return copy;
}

/** The longest text that is allowed, of characters that are awkward elsewhere. */
function edgeText(schema: JsonObject, value: string): string {
  if (schema['format'] === 'date-time') return '1970-01-01T00:00:00.000Z';
  if (schema['format'] === 'uri') return value;
  return '%n\\"\u0000../'.repeat(200).slice(0, Math.min(numberIn(schema, 'maxLength', 20), 2_000));
}

/** A text with one of its characters changed, cut off, or repeated. */
export function mutatedText(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const choice = random();
  if (choice < 0.4) {
    const odd = String.fromCharCode(Math.floor(random() * 256));
    return text.slice(0, at) + odd + text.slice(at + 1);
  }
  if (choice < 0.7) return text.slice(0, at);
  return text.slice(0, at) + text.slice(Math.floor(random() * at));
}
