/** Results of drills on disk, signed with the device key: `drills.json` in the state folder. */
import { existsSync, readFileSync } from 'node:fs';
import { parseSignature, type SigningKey, signDetached, verifyDetached } from '../../src/io/keys';
import { KeptFile, writeAtomic } from '../../src/io/store';
import { decodeBook, type DrillBook, type DrillBookPort, UNREADABLE } from '../../src/runtime';
import { log } from './log';

interface BookParts {
  readonly file: string;
  readonly site: string;
  readonly key: SigningKey;
  readonly wall_ms: number;
  /** Default: the log. */
  readonly say?: (text: string) => void;
}

/**
 * Without a book the gateway is commissioned now: its first drills are due after their intervals. A
 * book that does not verify says nothing good: every drill is due. `settled`: nothing waits for the
 * disk any more.
 */
export function openDrillBook(
  parts: BookParts,
): DrillBookPort & { readonly settled: () => Promise<void> } {
  const { file, wall_ms } = parts;
  const first = !existsSync(file);
  const say = parts.say ?? ((text: string) => log('site', text));
  const note = (text: string): void => say(`drill results: ${text}`);
  const kept = new KeptFile(file, (why) => note(`not kept: ${why}`));
  const read = readBook(parts);
  const book = read ?? (first ? { commissioned_ms: wall_ms, results: [] } : UNREADABLE);
  if (read === undefined) {
    note(first ? 'commissioned now' : `${file} cannot be read: every drill is due`);
    try {
      writeAtomic(file, signed(book, parts));
    } catch (error) {
      note(`not kept: ${error instanceof Error ? error.message : 'unknown'}`);
    }
  }
  return {
    load: () => book,
    save: (next) => kept.save(signed(next, parts)),
    settled: () => kept.settled(),
  };
}

function signed(book: DrillBook, { site, key }: BookParts): Uint8Array {
  const text = JSON.stringify(book);
  const signature = signDetached(Buffer.from(text), 'evidence', site, key);
  return Buffer.from(JSON.stringify({ text, signature }));
}

/** The book, if it is there and the device itself has signed it for this site. */
export function readBook(parts: Pick<BookParts, 'file' | 'site' | 'key'>): DrillBook | undefined {
  const { file, site, key } = parts;
  if (!existsSync(file)) return undefined;
  try {
    const outer: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof outer !== 'object' || outer === null) return undefined;
    if (!('text' in outer) || !('signature' in outer)) return undefined;
    const { text, signature } = outer;
    if (typeof text !== 'string') return undefined;
    const given = parseSignature(JSON.stringify(signature));
    if (given === undefined) return undefined;
    const expected = { purpose: 'evidence', site } as const;
    if (!verifyDetached(Buffer.from(text), given, expected, [key.publicKey]).ok) return undefined;
    return decodeBook(JSON.parse(text));
  } catch {
    return undefined;
  }
}
