import { later, passed } from '../time';
import type { Instant } from '../time';
import { isObject } from './codec';
import type { AuthorisationStatus } from './config';
import { numberOf, objectOf, objectsOf, textOf, timeOf } from './fields';
import type { JsonObject } from './frame';
import type { TagMemory } from './tagMemory';

/** Tags remembered; the oldest go first, those of a local list last. */
const MAX_TAGS = 5_000;
/** An answer of the CPMS is trusted this long without it. */
const TRUST_MS = 7 * 24 * 3_600_000;
/** Acceptances wait this long for the disk; refusals go there at once. */
const FLUSH_MS = 60_000;

/** What 2.0.1 has beyond 1.6 refuses the tag itself too. */
const STATUSES: ReadonlyMap<string, AuthorisationStatus> = new Map<string, AuthorisationStatus>([
  ...(['Accepted', 'Blocked', 'Expired', 'Invalid', 'ConcurrentTx'] as const).map(
    (s) => [s, s] as const,
  ),
  ['Unknown', 'Invalid'],
  ['NoCredit', 'Invalid'],
  ['NotAtThisLocation', 'Invalid'],
]);

interface Entry {
  readonly status: AuthorisationStatus;
  /** Wall clock, ms: it must hold over a restart. */
  readonly until_ms: number;
  /** From a local list of the CPMS, not from an answer. */
  readonly listed: boolean;
}

/** A status with its end, as an answer of a CPMS of either version gives it. */
export interface TagInfo {
  readonly status: AuthorisationStatus;
  readonly expires_ms?: number;
}

/** The status in an answer or a list entry; undefined when there is none. Pure. */
export function tagInfoOf(payload: JsonObject): TagInfo | undefined {
  const info = objectOf(payload, 'idTagInfo') ?? objectOf(payload, 'idTokenInfo');
  const status = info && STATUSES.get(textOf(info, 'status', 30) ?? '');
  if (info === undefined || status === undefined) return undefined;
  const expires_ms = timeOf(info, 'expiryDate') ?? timeOf(info, 'cacheExpiryDateTime');
  return { status, ...(expires_ms !== undefined && { expires_ms }) };
}

/** The tag of a message or a list entry of either version. Pure. */
export function tagOf(payload: JsonObject): string | undefined {
  const token = objectOf(payload, 'idToken');
  return textOf(payload, 'idTag', 20) ?? (token && textOf(token, 'idToken', 36));
}

/**
 * Answers that the CPMS gave about tags, and its local list, for when it is away. A refusal evicts
 * an acceptance and is remembered itself: detached mode never turns a blocked tag into a good one.
 * Bounded; on disk; each acceptance ends.
 */
export class AuthorisationCache {
  private readonly tags = new Map<string, Entry>();
  private readonly memory: TagMemory;
  private dirty = false;
  private flush_at: Instant | undefined;

  constructor(memory: TagMemory = {}) {
    this.memory = memory;
    this.recover(memory.kept);
  }

  get size(): number {
    return this.tags.size;
  }

  /** @param wall_ms - wall clock now */
  learn(tag: string, info: TagInfo, wall_ms: number): void {
    // It speaks of another transaction of the moment, and not of the tag.
    if (info.status === 'ConcurrentTx') return;
    const key = this.keyOf(tag);
    const before = this.tags.get(key);
    const trusted_ms = wall_ms + TRUST_MS;
    const until_ms = Math.min(trusted_ms, info.expires_ms ?? trusted_ms);
    this.put(key, { status: info.status, until_ms, listed: before?.listed ?? false });
    // A refusal that is lost with the power would let the tag in again.
    if (info.status !== 'Accepted' && before?.status !== info.status) this.store();
  }

  /** A local list of the CPMS that the station took (1.6 SendLocalList; 2.0.1 alike). */
  learnList(payload: JsonObject, wall_ms: number): void {
    if (textOf(payload, 'updateType', 20) === 'Full') this.drop((entry) => entry.listed);
    for (const item of objectsOf(payload, 'localAuthorizationList').slice(0, MAX_TAGS)) {
      const tag = tagOf(item);
      if (tag === undefined) continue;
      const info = tagInfoOf(item);
      // 1.6, 5.15: an entry of a differential list without information is a removal.
      if (info === undefined) this.tags.delete(this.keyOf(tag));
      else {
        const until_ms = info.expires_ms ?? wall_ms + TRUST_MS;
        this.put(this.keyOf(tag), { status: info.status, until_ms, listed: true });
      }
    }
    this.store();
  }

  /** ClearCache of the CPMS: answers go, the local list stays (1.6, 5.4). */
  clear(): void {
    this.drop((entry) => !entry.listed);
    this.store();
  }

  /** What the CPMS last said; undefined when it never did or too long ago. */
  known(tag: string, wall_ms: number): AuthorisationStatus | undefined {
    const entry = this.tags.get(this.keyOf(tag));
    if (entry === undefined) return undefined;
    if (wall_ms < entry.until_ms) return entry.status;
    // An acceptance that ran out is none; a refusal that ran out is no acceptance either.
    return entry.status === 'Accepted' ? undefined : entry.status;
  }

  /** Stores what changed, not more often than once a minute. */
  tick(now: Instant): void {
    if (!this.dirty) return;
    this.flush_at ??= later(now, FLUSH_MS);
    if (passed(this.flush_at, now)) this.store();
  }

  /** Tags are CiStrings: one reader spells a number `04a1`, another `04A1`. */
  private keyOf(tag: string): string {
    const same = tag.toLowerCase();
    return this.memory.digest?.(same) ?? same;
  }

  private put(key: string, entry: Entry): void {
    this.tags.delete(key);
    this.tags.set(key, entry);
    this.dirty = true;
    if (this.tags.size <= MAX_TAGS) return;
    for (const [old, { listed }] of this.tags) {
      if (listed) continue;
      this.tags.delete(old);
      return;
    }
    const [oldest] = this.tags.keys();
    if (oldest !== undefined) this.tags.delete(oldest);
  }

  private drop(matches: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.tags) if (matches(entry)) this.tags.delete(key);
    this.dirty = true;
  }

  private store(): void {
    this.dirty = false;
    this.flush_at = undefined;
    const tags = [...this.tags].map(([key, e]) => [key, e.status, e.until_ms, e.listed ? 1 : 0]);
    this.memory.save?.(JSON.stringify({ tags }));
  }

  private recover(kept: string | undefined): void {
    let value: unknown;
    try {
      value = JSON.parse(kept ?? '{}');
    } catch {
      return;
    }
    const list: unknown = isObject(value) ? value['tags'] : undefined;
    if (!Array.isArray(list)) return;
    const items: readonly unknown[] = list;
    for (const item of items.slice(-MAX_TAGS)) {
      const parts: readonly unknown[] = Array.isArray(item) ? item : [];
      const [key, status, until, listed] = parts;
      const known = typeof status === 'string' ? STATUSES.get(status) : undefined;
      const until_ms = numberOf({ until }, 'until');
      if (typeof key !== 'string' || known === undefined || until_ms === undefined) continue;
      this.tags.set(key, { status: known, until_ms, listed: listed === 1 });
    }
  }
}
