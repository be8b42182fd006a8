/**
 * What must be true for the line to be fed, by mode: one table, used by the supervisor and by the
 * model check. SAFETY.md "Supervisor".
 */
import type { Mode } from '../model';

/** A fact that the supervisor has checked itself. */
export type Claim =
  | 'record-fresh'
  | 'record-consistent'
  | 'decision-done'
  | 'grid-fresh'
  | 'proved-or-reserved'
  | 'sums-within-limits'
  | 'no-excess'
  | 'clock-sane'
  | 'meter-agrees'
  | 'nothing-above-static';

/** Each claim with the sentence that says why the line is not fed when it does not hold. */
export const CLAIM_TEXT: Readonly<Record<Claim, string>> = {
  'record-fresh': 'the last cycle record is too old',
  'record-consistent': 'the cycle record is inconsistent, out of order or from another boot',
  'decision-done': 'the cycle ended without a decision',
  'grid-fresh': 'there is no fresh grid measurement',
  'proved-or-reserved': 'a device is neither acknowledged nor reserved at its worst',
  'sums-within-limits': 'the commanded values add up to more than a limit',
  'no-excess': 'the grid meter shows more than the connection carries',
  'clock-sane': 'the clock jumped',
  'meter-agrees': 'grid meter and station meters contradict each other',
  'nothing-above-static': 'a value above static is still in force',
};

const ALWAYS = [
  'record-fresh',
  'record-consistent',
  'decision-done',
  'clock-sane',
  'no-excess',
] as const;

/**
 * `blind`, `static`, `cut` and `service` feed on "nothing above static": a lost meter or one dead
 * device never drops the line. An excess that a meter in good health shows does, in every mode: the
 * stations may be in other hands (INV-10).
 */
export const CLAIMS: Readonly<Record<Mode, readonly Claim[]>> = {
  normal: [...ALWAYS, 'grid-fresh', 'proved-or-reserved', 'sums-within-limits', 'meter-agrees'],
  blind: [...ALWAYS, 'nothing-above-static'],
  static: [...ALWAYS, 'nothing-above-static'],
  cut: [...ALWAYS, 'nothing-above-static'],
  service: [...ALWAYS, 'nothing-above-static'],
};

/** Every claim with what the supervisor found; a claim it could not check does not hold. */
export type Evidence = Readonly<Partial<Record<Claim, boolean>>>;

export type Verdict =
  { readonly feed: true } | { readonly feed: false; readonly claim: Claim; readonly text: string };

/** Feeds only if each claim of the mode holds; names the first that does not. Pure. */
export function judgeEvidence(mode: Mode, evidence: Evidence): Verdict {
  for (const claim of CLAIMS[mode]) {
    if (evidence[claim] !== true) return { feed: false, claim, text: CLAIM_TEXT[claim] };
  }
  return { feed: true };
}
