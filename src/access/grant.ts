import { type Instant, later, passed } from '../time';
import type { Action, Role } from './matrix';

/** A time-boxed permission. It ends by itself and is never extended, only opened anew. */
export interface Grant {
  readonly who: string;
  readonly role: Role;
  readonly actions: readonly Action[];
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
}

/** A technician's session lasts at most eight hours (reference roles, 7.2). */
export const GRANT_MAX_ms = 8 * 3600 * 1000;

/** Opens a grant of at most eight hours; a longer wish is cut, never refused silently. Pure. */
export function openGrant(
  wish: Omit<Grant, 'from' | 'until'> & { readonly length_ms: number },
  now: Instant,
): Grant {
  const { length_ms, ...rest } = wish;
  return { ...rest, from: now, until: later(now, Math.min(Math.max(0, length_ms), GRANT_MAX_ms)) };
}

const open = (g: Grant, now: Instant): boolean => passed(g.from, now) && !passed(g.until, now);

/** The first grant of this person in this role that covers `action` now. Pure. */
export const activeGrant = (
  grants: readonly Grant[],
  principal: { readonly who: string; readonly role: Role },
  action: Action,
  now: Instant,
): Grant | undefined =>
  grants.find(
    (g) =>
      g.who === principal.who &&
      g.role === principal.role &&
      g.actions.includes(action) &&
      open(g, now),
  );

/** The grant that puts the site into `service`, if one is open. Input of `mode`. Pure. */
export const serviceGrant = (grants: readonly Grant[], now: Instant): Grant | undefined =>
  grants.find((g) => g.actions.includes('bus-write') && open(g, now));
