/**
 * Service sessions: a document signed by a trusted key opens one, once. The signature is verified
 * over the exact bytes before anything of them is parsed, and the document's sequence is on disk
 * before it acts. A session lives in memory: a restart ends it.
 */
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  activeGrant,
  authorize,
  type Grant,
  GRANT_DOCUMENT_MAX_BYTES,
  type GrantDocument,
  grantRefusal,
  openGrant,
  readGrantDocument,
  serviceGrant,
} from '../../src/access';
import { parseSignature, verifyDetached } from '../../src/io/keys';
import type { AuditPort } from '../../src/runtime';
import { type Clock, left_ms } from '../../src/time';
import { persist } from './persist';

export interface ServiceDoorParts {
  readonly site: string;
  /** Whoever may sign the site file may let a technician in. */
  readonly keys: readonly KeyObject[];
  /** Keeps the highest sequence of each key. */
  readonly file: string;
  readonly clock: Clock;
  readonly audit: AuditPort;
  /** Tells the runtime until when a session is open. */
  readonly openService: (until: Grant['until'] | undefined) => void;
}

export interface ServiceAnswer {
  readonly ok: boolean;
  readonly text: string;
  readonly who?: string;
  readonly left_s?: number;
}

/** What comes from the console: the document's exact bytes and its signature, not yet believed. */
export interface ServiceWish {
  readonly documentBase64: string;
  readonly signature: string;
  /** Must be the person of the document when given. */
  readonly who?: string;
  /** A shorter session than the document allows. */
  readonly length_ms?: number;
  readonly reason?: string;
}

const KEY_ID = /^[0-9a-f]{16}$/;

export class ServiceDoor {
  private readonly parts: ServiceDoorParts;
  private grants: readonly Grant[] = [];
  /** One document at a time: what waits for the disk must not be overtaken. */
  private busy = false;

  constructor(parts: ServiceDoorParts) {
    this.parts = parts;
  }

  async open(wish: ServiceWish): Promise<ServiceAnswer> {
    if (this.busy) return refused('another document is being looked at; try again');
    this.busy = true;
    try {
      const answer = await this.tryOpen(wish);
      if (!answer.ok) {
        const text = `service session refused: ${answer.text}`;
        this.parts.audit.append({ kind: 'denial', subject: 'service', text });
      }
      return answer;
    } finally {
      this.busy = false;
    }
  }

  close(who: string): ServiceAnswer {
    const open = this.current();
    if (open === undefined) return refused('no service session is open');
    this.grants = [];
    this.parts.openService(undefined);
    const text = `session of ${open.who} closed by ${who}`;
    this.parts.audit.append({ kind: 'human', subject: 'service', text });
    return { ok: true, text };
  }

  state(): ServiceAnswer {
    const open = this.current();
    if (open === undefined) return { ok: true, text: 'no service session is open' };
    const left_s = left_ms(open.until, this.parts.clock.now()) / 1000;
    const text = `open for ${open.who} (${open.role}): ${open.reason}; ends in ${minutes(left_s)}`;
    return { ok: true, text, who: open.who, left_s };
  }

  /** The open session, if any. */
  current(): Grant | undefined {
    return serviceGrant(this.grants, this.parts.clock.now());
  }

  /** Whether the session that is open now lets its person write to a bus or change its line. */
  mayChangeBus(): boolean {
    const now = this.parts.clock.now();
    const open = this.current();
    return open !== undefined && activeGrant(this.grants, open, 'bus-write', now) !== undefined;
  }

  private async tryOpen(wish: ServiceWish): Promise<ServiceAnswer> {
    const bytes = Buffer.from(wish.documentBase64, 'base64');
    if (bytes.length === 0 || bytes.length > GRANT_DOCUMENT_MAX_BYTES)
      return refused(`the document has ${bytes.length} bytes, 1..${GRANT_DOCUMENT_MAX_BYTES} fit`);
    const signature = parseSignature(wish.signature);
    if (signature === undefined) return refused('the .sig file is not a signature file');
    const { site, keys, clock } = this.parts;
    const verdict = verifyDetached(bytes, signature, { purpose: 'service-grant', site }, keys);
    if (!verdict.ok)
      return refused(`${verdict.reason}; sign it with: holdfast sign FILE --purpose service-grant`);
    const read = readGrantDocument(bytes.toString('utf8'));
    if (!read.ok) return refused(read.text);
    const { document } = read;
    const allowed = maySign(verdict.keyId, document, clock);
    if (allowed !== undefined) return refused(allowed);
    const memory = this.sequences();
    if (typeof memory === 'string') return refused(memory);
    const highest = memory.get(verdict.keyId) ?? 0;
    const here = { site, wall_ms: clock.wall_ms(), highest };
    const no = grantRefusal(document, here) ?? mismatch(document, wish);
    if (no !== undefined) return refused(no.text);
    memory.set(verdict.keyId, document.sequence);
    try {
      await persist(this.parts.file, JSON.stringify(Object.fromEntries(memory)));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      return refused(`its sequence cannot be kept (${why}), so it could be used twice`);
    }
    return this.begin(document, wish, verdict.keyId);
  }

  private begin(document: GrantDocument, wish: ServiceWish, keyId: string): ServiceAnswer {
    const { who, role, actions } = document;
    const longest_ms = document.hours * 3_600_000;
    const length_ms = Math.min(longest_ms, wish.length_ms ?? longest_ms);
    const reason = wish.reason ?? document.reason;
    const grant = openGrant({ who, role, actions, reason, length_ms }, this.parts.clock.now());
    this.grants = [grant];
    const forService = this.current();
    this.parts.openService(forService?.until);
    const until = `${minutes(length_ms / 1000)}, by key ${keyId}, document ${document.sequence}`;
    const text = `session of ${who} (${role}) for ${until}: ${reason}`;
    this.parts.audit.append({ kind: 'human', subject: 'service', text: `opened: ${text}` });
    return { ok: true, text, who, left_s: length_ms / 1000 };
  }

  /** Highest sequence of each key; what cannot be read lets nobody in. */
  private sequences(): Map<string, number> | string {
    const { file } = this.parts;
    if (!existsSync(file)) return new Map();
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (typeof value !== 'object' || value === null) throw new Error('it is damaged');
      const memory = new Map<string, number>();
      for (const [key, n] of new Map<string, unknown>(Object.entries(value))) {
        if (!KEY_ID.test(key) || !Number.isSafeInteger(n)) throw new Error('it is damaged');
        memory.set(key, Number(n));
      }
      return memory;
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      return `${file} says which documents were used and cannot be read: ${why}; restore it`;
    }
  }
}

const refused = (text: string): ServiceAnswer => ({ ok: false, text });

const minutes = (s: number): string =>
  s >= 5400 ? `${(s / 3600).toFixed(1)} h` : `${Math.max(1, Math.round(s / 60))} min`;

/** A key of the site file speaks for the CPO; the matrix says that it may open a session alone. */
function maySign(keyId: string, document: GrantDocument, clock: Clock): string | undefined {
  const signer = { who: keyId, role: 'cpo-admin' } as const;
  const verdict = authorize(signer, 'open-service', [], clock.now());
  if (!verdict.allowed) return verdict.text;
  const bus = document.actions.includes('bus-write');
  return bus ? undefined : 'actions names no bus-write, so it opens no service session';
}

function mismatch(
  document: GrantDocument,
  wish: ServiceWish,
): { readonly text: string } | undefined {
  if (wish.who !== undefined && wish.who !== document.who)
    return { text: `it lets in ${document.who}, not ${wish.who}` };
  const longest_ms = document.hours * 3_600_000;
  if (wish.length_ms !== undefined && !(wish.length_ms > 0 && wish.length_ms <= longest_ms))
    return { text: `it allows at most ${document.hours} h` };
  return undefined;
}
