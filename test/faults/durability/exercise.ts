/** What a writer of one persistent file does, and what a reader after it must find. */

/** Where one run works: `state` is the folder whose disk fails, `fixed` lies beside it. */
export interface Place {
  readonly state: string;
  readonly fixed: string;
}

/** Runs one step and tells what is acknowledged; a step that throws is a refusal, not the end. */
export type Step = (name: string, run: () => unknown) => Promise<void>;

/** What the writer said before it ended. */
export interface Story {
  /** Steps that began, in order. */
  readonly begun: readonly string[];
  /** Steps that were acknowledged, in order, with what they answered. */
  readonly done: readonly string[];
  readonly answers: ReadonlyMap<string, unknown>;
}

/**
 * lost: acknowledged and not there. mixed: neither the old nor the new content. unusable: not to be
 * opened without help. raised: a restart brings back more freedom than was left.
 */
export type FindingKind = 'lost' | 'mixed' | 'unusable' | 'raised';
export interface Finding {
  readonly kind: FindingKind;
  readonly text: string;
}

export interface Exercise {
  /** Once, on a disk that does not fail: what was there before. */
  prepare?(place: Place): void | Promise<void>;
  write(place: Place, step: Step): Promise<void>;
  /** Opens as the product does; `power`: the power was cut, not only the process killed. */
  check(place: Place, story: Story, power: boolean): Promise<readonly Finding[]>;
}

export const lost = (text: string): Finding => ({ kind: 'lost', text });
export const mixed = (text: string): Finding => ({ kind: 'mixed', text });
export const unusable = (text: string): Finding => ({ kind: 'unusable', text });
export const raised = (text: string): Finding => ({ kind: 'raised', text });

/**
 * Contents that may be there after a sequence of replacements: the last acknowledged, or one that
 * began after it. `first` was there before.
 */
export function allowed(story: Story, first: string): ReadonlySet<string> {
  const last = story.done.at(-1);
  const from = last === undefined ? -1 : story.begun.lastIndexOf(last);
  return new Set([last ?? first, ...story.begun.slice(from + 1)]);
}

/** A replaced content that is neither acknowledged nor on its way: older is lost, else mixed. */
export function replaced(story: Story, first: string, found: string | undefined): Finding[] {
  if (found !== undefined && allowed(story, first).has(found)) return [];
  const known = found === first || (found !== undefined && story.begun.includes(found));
  const text = `found ${found ?? 'nothing'} after ${story.done.at(-1) ?? first}`;
  return [known ? lost(text) : mixed(text)];
}

/** Refuses a step with a sentence unless what it needs holds. */
export function must(holds: boolean, text: string): void {
  if (!holds) throw new Error(text);
}
