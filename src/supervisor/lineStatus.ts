import type { Instant } from '../time';

type Contact = 'energised' | 'dropped' | 'unknown';

/** Which lines get no edges now, and since long enough that their relays must have dropped. */
export interface LinesOut {
  /** Left out on purpose. */
  readonly now: readonly string[];
  readonly mustBeOpen: readonly string[];
  /** None gets edges, and the relay of each must have dropped. */
  readonly allMustBeOpen?: boolean;
  /** Lines that were stuck and have not been seen to drop since; kept up to date here. */
  readonly wereStuck?: Set<string>;
}

/**
 * What each feedback contact says, and one word for all lines that should be up. A line that was
 * seen to hold without edges protects nothing until it has been seen to drop: that word is
 * `unknown` then, and nothing is raised.
 */
export function lineStatus(
  lines: ReadonlyMap<string, { feedback(now: Instant): Contact }>,
  out: LinesOut,
  now: Instant,
): {
  readonly line: Contact;
  readonly lines?: readonly { id: string; state: Contact; leftOut: boolean; stuck: boolean }[];
} {
  const all = [...lines].map(([id, l]) => {
    const state = l.feedback(now);
    const must = out.allMustBeOpen === true || out.mustBeOpen.includes(id);
    if (state === 'dropped') out.wereStuck?.delete(id);
    if (state === 'energised' && must) out.wereStuck?.add(id);
    const stuck = state === 'energised' && (must || out.wereStuck?.has(id) === true);
    return { id, state, leftOut: out.now.includes(id), stuck };
  });
  const expected = all.filter((l) => !l.leftOut);
  const judged = expected.length === 0 ? all : expected;
  const known = (l: (typeof all)[number]): Contact => (l.stuck ? 'unknown' : l.state);
  const worst = (['dropped', 'unknown'] as const).find((s) => judged.some((l) => known(l) === s));
  const line = judged.length === 0 ? 'unknown' : (worst ?? 'energised');
  return all.length > 1 || all.some((l) => l.stuck) ? { line, lines: all } : { line };
}
