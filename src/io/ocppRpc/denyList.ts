/** Fingerprints one list may hold; a list longer than that is no list of a site. */
const MAX_FINGERPRINTS = 10_000;
const FINGERPRINT = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/;

export interface DenyListContent {
  readonly site: string;
  /** Rises with each list; an older list never replaces a newer one. */
  readonly sequence: number;
  readonly fingerprints: readonly string[];
}

export type DenyListReading =
  | { readonly ok: true; readonly list: DenyListContent }
  | { readonly ok: false; readonly why: string };

/**
 * Reads a deny-list: `{"version":1,"site":ID,"sequence":N,"fingerprints":["AA:BB:…"]}`. It has no
 * end of validity: a list that nobody renews goes on denying those named in it, and nobody else.
 * Pure.
 */
export function readDenyList(text: string): DenyListReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: 'it is not JSON' };
  }
  if (typeof value !== 'object' || value === null) return { ok: false, why: 'it is no object' };
  const given = new Map<string, unknown>(Object.entries(value));
  const site = given.get('site');
  const sequence = given.get('sequence');
  const list = given.get('fingerprints');
  if (given.get('version') !== 1) return { ok: false, why: 'its version is not 1' };
  if (typeof site !== 'string') return { ok: false, why: 'it names no site' };
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1) {
    return { ok: false, why: 'its sequence is no whole number above 0' };
  }
  if (!Array.isArray(list) || list.length > MAX_FINGERPRINTS) {
    return { ok: false, why: `it holds no list of at most ${MAX_FINGERPRINTS} fingerprints` };
  }
  const fingerprints = list.filter((one): one is string => typeof one === 'string');
  const odd =
    list.length - fingerprints.length + fingerprints.filter((f) => !FINGERPRINT.test(f)).length;
  if (odd > 0) {
    return { ok: false, why: `${odd} entries are no SHA-256 fingerprint (AA:BB:…, 32 bytes)` };
  }
  return { ok: true, list: { site, sequence, fingerprints } };
}

/** The newest deny-list that verified. Whatever fails later, the last good one stays. */
export class DenyList {
  private readonly site: string;
  private current: DenyListContent | undefined;
  private set: ReadonlySet<string> = new Set();

  constructor(site: string) {
    this.site = site;
  }

  /** SHA-256 fingerprints that are no longer taken. */
  get denied(): ReadonlySet<string> {
    return this.set;
  }

  get sequence(): number {
    return this.current?.sequence ?? 0;
  }

  /**
   * Takes a list whose signature was verified.
   * @returns why it is not used; undefined when it is in force
   */
  take(text: string): string | undefined {
    const reading = readDenyList(text);
    if (!reading.ok) return reading.why;
    const { list } = reading;
    if (list.site !== this.site) return `it is for site ${list.site}, not ${this.site}`;
    if (list.sequence < this.sequence) {
      return `it is older (${list.sequence}) than the one in force (${this.sequence})`;
    }
    this.current = list;
    this.set = new Set(list.fingerprints);
    return undefined;
  }
}
