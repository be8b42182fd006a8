/** Which stations draw more than they were told, from their own meters. Pure reducer. */
import { between, type Instant } from '../time';
import { maxPhase, type ThreePhase } from '../units';

/** Station 2 s + AC vehicle 5 s + one meter interval: only then is a difference disobedience. */
const GRACE_ms = 15_000;
/** It must keep its limit this long before it is believed again. */
const PROBATION_ms = 60_000;
const SLACK_A = 1.5;
const SLACK_SHARE = 0.05;

export interface OverdrawEntry {
  readonly above_since?: Instant;
  readonly obeys_since?: Instant;
  readonly isolated: boolean;
  readonly measured_A: number;
  readonly told_A: number;
}
export type OverdrawState = ReadonlyMap<string, OverdrawEntry>;

export interface OverdrawFact {
  readonly id: string;
  readonly measured_A?: ThreePhase<number>;
  /** Greatest value in force over the grace period, A. */
  readonly told_A: number;
}

const NOTHING: OverdrawEntry = { isolated: false, measured_A: 0, told_A: 0 };

/** Pure. */
export function nextOverdraw(
  state: OverdrawState,
  facts: readonly OverdrawFact[],
  now: Instant,
): OverdrawState {
  const next = new Map<string, OverdrawEntry>();
  for (const fact of facts) {
    const before = state.get(fact.id);
    if (fact.measured_A === undefined) {
      // Silence shows neither that it obeys nor that it still draws too much.
      const { measured_A, told_A, isolated } = before ?? NOTHING;
      if (isolated) next.set(fact.id, { measured_A, told_A, isolated });
      continue;
    }
    const measured_A = maxPhase(fact.measured_A);
    const told_A = fact.told_A;
    const above = measured_A > told_A + Math.max(SLACK_A, told_A * SLACK_SHARE);
    if (!above && before === undefined) continue;
    const base = { measured_A, told_A };
    if (above) {
      const above_since = before?.above_since ?? now;
      const isolated = before?.isolated === true || between(above_since, now) >= GRACE_ms;
      next.set(fact.id, { ...base, above_since, isolated });
    } else if (before?.isolated === true) {
      const obeys_since = before.obeys_since ?? now;
      if (between(obeys_since, now) >= PROBATION_ms) continue;
      next.set(fact.id, { ...base, obeys_since, isolated: true });
    }
  }
  return next;
}

/** Ids of the stations that are isolated now. Pure. */
export const isolatedStations = (state: OverdrawState): ReadonlySet<string> =>
  new Set([...state].filter(([, e]) => e.isolated).map(([id]) => id));
