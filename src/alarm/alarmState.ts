import type { Instant } from '../time';
import { type AlarmId, CATALOGUE, type Severity } from './catalogue';

/** Something that is true now. */
export interface Condition {
  readonly id: AlarmId;
  /** Device, station or node. */
  readonly subject: string;
  /** The evidence in one clause, with numbers. */
  readonly text: string;
}

export interface ActiveAlarm extends Condition {
  readonly severity: Severity;
  readonly raised_at: Instant;
}

export interface AlarmState {
  readonly active: readonly ActiveAlarm[];
}

export interface AlarmChange {
  readonly change: 'raised' | 'cleared';
  readonly alarm: ActiveAlarm;
  readonly at: Instant;
}

export const NO_ALARMS: AlarmState = { active: [] };

/** More conditions than this in one cycle are one defect told many times; the mildest are dropped. */
const ACTIVE_MAX = 200;
const RANK: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };
const rankOf = (c: Condition): number => RANK[CATALOGUE[c.id].severity];

const same = (a: Condition, b: Condition): boolean => a.id === b.id && a.subject === b.subject;

/**
 * The alarms that follow from the conditions true now, and what changed. An alarm keeps its first
 * instant while its condition lasts; its text follows the newest evidence. Pure.
 */
export function nextAlarms(
  state: AlarmState,
  conditions: readonly Condition[],
  now: Instant,
): { readonly state: AlarmState; readonly changes: readonly AlarmChange[] } {
  const changes: AlarmChange[] = [];
  const active: ActiveAlarm[] = [];
  const worstFirst = [...conditions].sort((a, b) => rankOf(a) - rankOf(b));
  for (const condition of worstFirst.slice(0, ACTIVE_MAX)) {
    if (active.some((a) => same(a, condition))) continue;
    const known = state.active.find((a) => same(a, condition));
    const raised_at = known?.raised_at ?? now;
    const alarm = { ...condition, severity: CATALOGUE[condition.id].severity, raised_at };
    active.push(alarm);
    if (known === undefined) changes.push({ change: 'raised', alarm, at: now });
  }
  for (const alarm of state.active) {
    if (!active.some((a) => same(a, alarm))) changes.push({ change: 'cleared', alarm, at: now });
  }
  return { state: { active }, changes };
}
