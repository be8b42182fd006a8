import { isObject } from './codec';
import { objectsOf, textOf } from './fields';
import type { JsonObject } from './frame';
import type { RotationPort } from './relayTypes';

/** Passwords that a station may have taken without our hearing of it. */
const MAX_OFFERED = 3;

interface Offered {
  readonly secret: string;
  /** Of the text, and of the bytes it spells in hex: stations of 1.6 do either. */
  readonly hashes: readonly string[];
}

interface Entry {
  /** Replaces the hash given at commissioning once a station has logged in with it. */
  readonly hash?: string;
  readonly offered: readonly Offered[];
  /** The gateway's passwords at the CPMS, newest first; the older one until the newer worked. */
  readonly upstream: readonly string[];
}

export interface PasswordPorts {
  /** Makes the text durable before it returns; throws when the disk refuses. */
  readonly save: (text: string) => void;
  readonly hash: (secret: Uint8Array) => Promise<string>;
}

const NOTHING: Entry = { offered: [], upstream: [] };

/**
 * Passwords that a CPMS rotated. A new one counts beside the old one from before the station hears
 * of it until the station has used it: no crash in between locks a station out.
 */
export class PasswordBook implements RotationPort {
  private entries = new Map<string, Entry>();
  private readonly ports: PasswordPorts;

  /** @param kept - what `save` was given last; unusable text counts as none */
  constructor(kept: string | undefined, ports: PasswordPorts) {
    this.ports = ports;
    this.recover(kept);
  }

  /** Hashes that a station may log in with: the one in force, and those it may have taken. */
  hashesOf(station: string, issued: string | undefined): readonly string[] {
    const { hash = issued, offered } = this.entries.get(station) ?? NOTHING;
    return [...(hash === undefined ? [] : [hash]), ...offered.flatMap((one) => one.hashes)];
  }

  /** A station logged in with this hash. An offered one is now the only one. */
  used(station: string, hash: string): void {
    const entry = this.entries.get(station);
    const taken = entry?.offered.find((one) => one.hashes.includes(hash));
    if (entry === undefined || taken === undefined) return;
    const older = entry.upstream.filter((one) => one !== taken.secret).slice(0, 1);
    // When this fails both stay good, and the next login tries again.
    this.put(station, { hash, offered: [], upstream: [taken.secret, ...older] });
  }

  /** The gateway's passwords at the CPMS for a station, the likeliest first. */
  upstreamOf(station: string, issued: string | undefined): readonly string[] {
    const { upstream, offered } = this.entries.get(station) ?? NOTHING;
    const first = upstream.length > 1 || issued === undefined ? [] : [issued];
    // A station may have taken one whose acceptance we did not live to store.
    return [...upstream, ...first, ...offered.map((one) => one.secret)];
  }

  /** The CPMS took the newest one. */
  upstreamWorked(station: string, secret: string): void {
    const entry = this.entries.get(station);
    if (entry?.upstream[0] !== secret || entry.upstream.length < 2) return;
    this.put(station, { ...entry, upstream: [secret] });
  }

  offer(station: string, secret: string, done: (stored: boolean) => void): void {
    this.hashesFor(secret).then(
      (hashes) => {
        const entry = this.entries.get(station) ?? NOTHING;
        const others = entry.offered.filter((one) => one.secret !== secret);
        const offered = [...others, { secret, hashes }].slice(-MAX_OFFERED);
        done(this.put(station, { ...entry, offered }));
      },
      () => done(false),
    );
  }

  private hashesFor(secret: string): Promise<string[]> {
    const spelled = /^([0-9a-fA-F]{2}){16,20}$/.test(secret) ? bytesOf(secret) : undefined;
    const text = new TextEncoder().encode(secret);
    const all = spelled === undefined ? [text] : [text, spelled];
    return Promise.all(all.map((bytes) => this.ports.hash(bytes)));
  }

  taken(station: string, secret: string): void {
    this.own(station, secret);
  }

  refused(station: string, secret: string): void {
    const entry = this.entries.get(station);
    if (entry === undefined) return;
    this.put(station, { ...entry, offered: entry.offered.filter((one) => one.secret !== secret) });
  }

  own(station: string, secret: string): boolean {
    const entry = this.entries.get(station) ?? NOTHING;
    const older = entry.upstream.filter((one) => one !== secret).slice(0, 1);
    return this.put(station, { ...entry, upstream: [secret, ...older] });
  }

  /** Changes memory only when the disk has taken it. */
  private put(station: string, entry: Entry): boolean {
    const next = new Map(this.entries).set(station, entry);
    try {
      this.ports.save(JSON.stringify({ stations: Object.fromEntries(next) }));
    } catch {
      return false;
    }
    this.entries = next;
    return true;
  }

  private recover(kept: string | undefined): void {
    let value: unknown;
    try {
      value = JSON.parse(kept ?? '{}');
    } catch {
      return;
    }
    const stations: unknown = isObject(value) ? value['stations'] : undefined;
    if (!isObject(stations)) return;
    for (const [station, one] of Object.entries(stations)) {
      if (isObject(one)) this.entries.set(station, entryOf(one));
    }
  }
}

function entryOf(o: JsonObject): Entry {
  const hash = textOf(o, 'hash', 500);
  const offered = objectsOf(o, 'offered').flatMap((one) => {
    const secret = textOf(one, 'secret', 100);
    return secret === undefined ? [] : [{ secret, hashes: textsOf(one['hashes']) }];
  });
  return { ...(hash !== undefined && { hash }), offered, upstream: textsOf(o['upstream']) };
}

function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
}

function bytesOf(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs.map((pair) => Number.parseInt(pair, 16)));
}
