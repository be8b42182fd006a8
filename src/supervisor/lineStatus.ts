import type { Instant } from '../time';

type Contact = 'energised' | 'dropped' | 'unknown';

/** What each feedback contact says, and one word for all lines that should be up. Pure over them. */
export function lineStatus(
  lines: ReadonlyMap<string, { feedback(now: Instant): Contact }>,
  out: { readonly now: readonly string[]; readonly mustBeOpen: readonly string[] },
  now: Instant,
): {
  readonly line: Contact;
  readonly lines?: readonly { id: string; state: Contact; leftOut: boolean; stuck: boolean }[];
} {
  const all = [...lines].map(([id, l]) => {
    const state = l.feedback(now);
    const stuck = state === 'energised' && out.mustBeOpen.includes(id);
    return { id, state, leftOut: out.now.includes(id), stuck };
  });
  const expected = all.filter((l) => !l.leftOut);
  const judged = expected.length === 0 ? all : expected;
  const worst = (['dropped', 'unknown'] as const).find((s) => judged.some((l) => l.state === s));
  const line = judged.length === 0 ? 'unknown' : (worst ?? 'energised');
  return all.length > 1 ? { line, lines: all } : { line };
}
