/**
 * A schema that both decodes a plain value and prints itself as JSON Schema, so that the editor and
 * the runtime can never disagree. Only what the site file needs: objects, lists, scalars, unions.
 */
import type { Finding } from './findings';

export type Plain = null | boolean | number | string | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [key: string]: Plain;
}

export interface Schema<T> {
  decode(value: Plain | undefined, path: string, out: Finding[]): T | undefined;
  readonly json: PlainObject;
  /** Value when the key is absent; no default makes the key required. */
  readonly fallback?: { readonly value: T };
  readonly optional?: boolean;
}
export type Infer<S> = S extends Schema<infer T> ? T : never;

function bad(out: Finding[], path: string, text: string, fix: string): undefined {
  const subject = path === '' ? 'the file' : path;
  out.push({ severity: 'error', code: 'bad-value', path, subject, text, fix });
  return undefined;
}

/** A whole block or a binary file in the place of a value says no more than its beginning. */
const SHOWN_MAX = 60;

function show(v: Plain | undefined): string {
  if (v === undefined) return 'nothing';
  // JSON has no word for what is not finite.
  const text = typeof v === 'number' ? String(v) : JSON.stringify(v);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** The unit that people write instead, a thousand times as large; undefined where there is none. */
function larger(unit: string): string | undefined {
  if (unit === 'ms') return 's';
  return ['W', 'VA', 'A', 'Wh'].includes(unit) ? `k${unit}` : undefined;
}

/** A finite number in [min, max]; `unit` is the one the key's suffix names. */
export function num(unit: string, min: number, max: number, doc: string): Schema<number> {
  return {
    json: { type: 'number', minimum: min, maximum: max, description: `${doc} [${unit}]` },
    decode(value, path, out) {
      const kilo = larger(unit);
      if (typeof value === 'string' && /^\s*-?[\d.]+\s*[a-zA-Z%]+\s*$/.test(value)) {
        const text = `${show(value)} carries a unit; the key already says ${unit}`;
        const more = kilo === undefined ? '' : ` (a value in ${kilo} times 1000)`;
        return bad(out, path, text, `write the plain number in ${unit}${more}`);
      }
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        return bad(out, path, `${show(value)} is not a number`, `write a number in ${unit}`);
      }
      if (value < min || value > max) {
        const grown = value * 1000;
        // 50 ms may well be meant as such; 2 ms is not polled by anybody.
        const tiny = value > 0 && value < (unit === 'ms' ? Math.min(min, 10) : min);
        const slip = kilo !== undefined && tiny && grown >= min && grown <= max;
        const fix = slip
          ? `this looks like ${kilo}: write ${grown} (${unit})`
          : `correct the value or its unit (${unit})`;
        const range = `${min}..${max} ${unit}`;
        return bad(out, path, `${value} ${unit} lies outside ${range}`, fix);
      }
      return value;
    },
  };
}

/** A string that matches `pattern`. */
export function str(pattern: RegExp, doc: string): Schema<string> {
  return {
    json: { type: 'string', pattern: pattern.source, description: doc },
    decode(value, path, out) {
      if (typeof value === 'string' && pattern.test(value)) return value;
      return bad(out, path, `${show(value)} is not ${doc}`, `it must match ${pattern.source}`);
    },
  };
}

export function bool(doc: string): Schema<boolean> {
  return {
    json: { type: 'boolean', description: doc },
    decode: (value, path, out) =>
      typeof value === 'boolean'
        ? value
        : bad(out, path, `${show(value)} is not true or false`, 'write true or false'),
  };
}

/** One of the given words. */
export function word<const W extends readonly (string | number)[]>(
  words: W,
  doc: string,
): Schema<W[number]> {
  return {
    json: { enum: [...words], description: doc },
    decode(value, path, out) {
      const hit = words.find((w) => w === value);
      return hit ?? bad(out, path, `${show(value)} is not known`, `use one of ${words.join(', ')}`);
    },
  };
}

export function list<T>(item: Schema<T>, max: number, doc: string): Schema<readonly T[]> {
  return {
    json: { type: 'array', items: item.json, maxItems: max, description: doc },
    decode(value, path, out) {
      if (!Array.isArray(value)) return bad(out, path, `${show(value)} is not a list`, 'use "- "');
      if (value.length > max) return bad(out, path, `more than ${String(max)} entries`, 'split');
      const decoded = value.map((v: Plain, i) => item.decode(v, `${path}[${String(i)}]`, out));
      return decoded.filter((v) => v !== undefined);
    },
  };
}

/** Makes a key optional: absent stays absent. */
export function maybe<T>(schema: Schema<T>): Schema<T | undefined> {
  return { json: schema.json, optional: true, decode: (v, p, o) => schema.decode(v, p, o) };
}

/** A documented default; never used for ratings or limits. */
export function byDefault<T>(schema: Schema<T>, value: T & Plain): Schema<T> {
  return { ...schema, json: { ...schema.json, default: value }, fallback: { value } };
}

type Fields = Readonly<Record<string, Schema<unknown>>>;
type Shape<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Slips of the finger between two keys, at most this many, are worth a guess. */
const SLIPS_MAX = 2;

/** The known key with the fewest slips (Levenshtein distance), or undefined. Pure. */
function nearestKey(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((k) => ({ k, slips: distance(key.slice(0, 64).toLowerCase(), k.toLowerCase()) }))
    .filter(({ slips }) => slips <= SLIPS_MAX)
    .sort((a, b) => a.slips - b.slips);
  return best?.k;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function unknownKeys(value: PlainObject, fields: Fields, path: string, out: Finding[]): void {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue;
    const stem = key.replace(/_?(kW|kVA|kWh|W|VA|A|s|ms)$/, '');
    const close =
      Object.keys(fields).find((f) => f !== key && f.replace(/_[A-Za-z]+$/, '') === stem) ??
      nearestKey(key, Object.keys(fields));
    out.push({
      severity: 'error',
      code: 'unknown-key',
      path: path === '' ? key : `${path}.${key}`,
      subject: key,
      text: `"${key}" is not a key here`,
      fix:
        close === undefined
          ? `known keys: ${Object.keys(fields).join(', ')}`
          : `did you mean "${close}"?`,
    });
  }
}

/** An object with exactly these keys; unknown keys are errors with the nearest known one named. */
export function object<const F extends Fields>(fields: F, doc: string): Schema<Shape<F>> {
  const required = Object.entries(fields)
    .filter(([, s]) => s.fallback === undefined && s.optional !== true)
    .map(([k]) => k);
  const properties = Object.fromEntries(Object.entries(fields).map(([k, s]) => [k, s.json]));
  const json = {
    type: 'object',
    description: doc,
    properties,
    required,
    additionalProperties: false,
  };
  return {
    json,
    decode(value, path, out) {
      if (!isObject(value)) {
        const fix = `write the keys of ${doc}: ${Object.keys(fields).join(', ')}`;
        return bad(out, path, `${show(value)} is not a block of keys`, fix);
      }
      const before = out.length;
      unknownKeys(value, fields, path, out);
      const result: Record<string, unknown> = {};
      for (const [key, schema] of Object.entries(fields)) {
        const at = path === '' ? key : `${path}.${key}`;
        const given = Object.hasOwn(value, key) ? value[key] : undefined;
        if (given !== undefined) result[key] = schema.decode(given, at, out);
        else if (schema.fallback !== undefined) result[key] = schema.fallback.value;
        else if (schema.optional !== true) {
          bad(
            out,
            path === '' ? key : path,
            `"${key}" is missing in ${path || 'the file'}`,
            'add it',
          );
        }
      }
      return out.length > before ? undefined : (result as Shape<F>);
    },
  };
}
