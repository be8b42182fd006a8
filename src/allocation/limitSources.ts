/** Limits of several parties become one by minimum; who set it stays known. */
import type { LimitSource, Reason } from '../model';
import type { Instant } from '../time';
import { positiveOr } from './sane';

export interface PartyLimit {
  readonly source: LimitSource;
  /** W over all phases; anything that is not a number >= 0 counts as 0. */
  readonly limit_W: number;
  readonly text: string;
  readonly expires_at?: Instant;
}

/**
 * The least of the limits in force; undefined without any. Expired ones are left out, equal ones
 * keep the first. Pure.
 */
export function leastLimit(
  limits: readonly PartyLimit[],
  at: string,
  now: Instant,
): { readonly limit_W: number; readonly reason: Reason } | undefined {
  let least: PartyLimit | undefined;
  let value = Infinity;
  for (const limit of limits) {
    if (limit.expires_at !== undefined && limit.expires_at <= now) continue;
    const limit_W = positiveOr(limit.limit_W, 0);
    if (limit_W >= value) continue;
    value = limit_W;
    least = limit;
  }
  if (least === undefined) return undefined;
  const { source, text, expires_at } = least;
  const reason = { source, at, text, ...(expires_at === undefined ? {} : { expires_at }) };
  return { limit_W: value, reason };
}
