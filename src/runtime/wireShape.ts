/** Decodes messages of other processes: every field checked, unknown fields dropped. Pure. */
export type Decode<T> = (value: unknown) => T | undefined;

/** A finite number. */
export const number: Decode<number> = (v) =>
  typeof v === 'number' && Number.isFinite(v) ? v : undefined;
/** Text of at most `max` characters. */
export const text =
  (max = 500): Decode<string> =>
  (v) =>
    typeof v === 'string' && v.length <= max ? v : undefined;
export const flag: Decode<boolean> = (v) => (typeof v === 'boolean' ? v : undefined);

/** One of the given words. */
export const oneOf =
  <const W extends readonly string[]>(...words: W): Decode<W[number]> =>
  (v) =>
    words.find((w) => w === v);

/** A list of at most `max` items, each of which decodes. */
export const listOf =
  <T>(item: Decode<T>, max: number): Decode<readonly T[]> =>
  (v) => {
    if (!Array.isArray(v) || v.length > max) return undefined;
    const out: T[] = [];
    for (const x of v) {
      const decoded = item(x);
      if (decoded === undefined) return undefined;
      out.push(decoded);
    }
    return out;
  };

/** Exactly three numbers. */
export const threeNumbers: Decode<readonly [number, number, number]> = (v) => {
  const list = listOf(number, 3)(v);
  const [a, b, c] = list ?? [];
  return a === undefined || b === undefined || c === undefined ? undefined : [a, b, c];
};

type Needed = Readonly<Record<string, Decode<unknown>>>;
type Value<D> = D extends Decode<infer T> ? T : never;
type Shape<R extends Needed, O extends Needed> = {
  readonly [K in keyof R]: Value<R[K]>;
} & { readonly [K in keyof O]?: Value<O[K]> };

/**
 * An object with required and optional fields; an optional field that does not decode refuses it.
 */
export function shape<R extends Needed, O extends Needed = Readonly<Record<string, never>>>(
  required: R,
  optional?: O,
): Decode<Shape<R, O>> {
  return (v) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return undefined;
    const given = new Map<string, unknown>(Object.entries(v));
    const out: Record<string, unknown> = {};
    for (const [key, decode] of Object.entries(required)) {
      const value = decode(given.get(key));
      if (value === undefined) return undefined;
      out[key] = value;
    }
    for (const [key, decode] of Object.entries(optional ?? {})) {
      const raw = given.get(key);
      if (raw === undefined) continue;
      const value = decode(raw);
      if (value === undefined) return undefined;
      out[key] = value;
    }
    return out as Shape<R, O>;
  };
}
