import { passed, later } from '../time';
import type { Instant } from '../time';
import type { AuthorisationStatus } from './config';

/** Tags remembered; the oldest go first. */
const MAX_TAGS = 5_000;
/** An answer of the CPMS is trusted this long without it. */
const TRUST_MS = 7 * 24 * 3_600_000;

/**
 * Answers that the CPMS gave about tags, for when it is away. A refusal is remembered like an
 * acceptance: detached mode never turns a blocked tag into a good one.
 */
export class AuthorisationCache {
  private readonly tags = new Map<string, { status: AuthorisationStatus; until: Instant }>();

  learn(tag: string, status: AuthorisationStatus, now: Instant): void {
    this.tags.delete(tag);
    this.tags.set(tag, { status, until: later(now, TRUST_MS) });
    if (this.tags.size > MAX_TAGS) {
      const [oldest] = this.tags.keys();
      if (oldest !== undefined) this.tags.delete(oldest);
    }
  }

  /** What the CPMS last said; undefined when it never did or too long ago. */
  known(tag: string, now: Instant): AuthorisationStatus | undefined {
    const entry = this.tags.get(tag);
    return entry === undefined || passed(entry.until, now) ? undefined : entry.status;
  }
}
