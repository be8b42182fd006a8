/** Fields of a message body that nobody has checked yet. */
export class Fields {
  private readonly given: ReadonlyMap<string, unknown>;

  constructor(body: unknown) {
    this.given = new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
  }

  /** A text of at most `max` characters. */
  text(key: string, max = 200): string | undefined {
    const v = this.given.get(key);
    return typeof v === 'string' && v.length <= max ? v : undefined;
  }

  /** A finite number within the bounds. */
  number(key: string, from: number, to: number): number | undefined {
    const v = this.given.get(key);
    return typeof v === 'number' && v >= from && v <= to ? v : undefined;
  }

  whole(key: string, from: number, to: number): number | undefined {
    const v = this.number(key, from, to);
    return Number.isInteger(v) ? v : undefined;
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T | undefined {
    return known.find((k) => k === this.given.get(key));
  }

  of(key: string): Fields {
    return new Fields(this.given.get(key));
  }

  is(key: string): boolean {
    return this.given.get(key) === true;
  }

  /** A list of whole numbers; empty when it is anything else. */
  wholes(key: string, from: number, to: number): readonly number[] {
    const v = this.given.get(key);
    if (!Array.isArray(v)) return [];
    const out = v.filter((n): n is number => Number.isInteger(n) && n >= from && n <= to);
    return out.length === v.length ? out : [];
  }

  list(key: string): readonly Fields[] {
    const v = this.given.get(key);
    return Array.isArray(v) ? v.map((one) => new Fields(one)) : [];
  }
}
