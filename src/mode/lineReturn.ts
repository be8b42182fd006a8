/**
 * When the watchdog line may be energised: at a first or clean start after three good records,
 * after
 * any other start or drop only by the return rules (INV-7).
 */
import { between, type Instant, later, passed } from '../time';

export type StartKind = 'first' | 'clean' | 'return';

/** SAFETY.md "Start and return". */
export const RETURN = {
  goodAtStart: 3,
  good: 30,
  wait_ms: 60_000,
  delayMax_ms: 600_000,
  perHour: 3,
  hour_ms: 3_600_000,
  /** The watchdog opens by itself so long after the last edge (board data `timeout-sec`). */
  hold_ms: 3000,
  /** By then the relay has opened for certain: what comes later is a return, not one more edge. */
  gone_ms: 4000,
} as const;

export interface LineState {
  readonly line: 'open' | 'fed';
  readonly start: StartKind;
  readonly good: number;
  /** Last edge; while younger than `hold_ms` the line is still up without a new one. */
  readonly fedAt?: Instant;
  /** When the line last opened, or when we started. */
  readonly openSince: Instant;
  /** Seeded delay chosen at the drop, so that sites do not return in the same second. */
  readonly delay_ms: number;
  /** Instants of automatic returns within the last hour. */
  readonly returns: readonly Instant[];
  /** Persisted; only a person releases it. */
  readonly latched: boolean;
  readonly whyOpen: string;
  /** It was opened by a drill, and nothing has failed since: its return is no sign of trouble. */
  readonly drilled?: boolean;
}

export interface LineInput {
  /** This period's evidence feeds. */
  readonly good: boolean;
  readonly text: string;
  /** A number in [0, 1) for the seeded delay; used at a drop only. */
  readonly random: number;
  readonly personReleases: boolean;
  /** The record is the first of another life of the site process: a start that is a return. */
  readonly restarted?: boolean;
  /** Nothing speaks against an edge but a line drill. */
  readonly drilled?: boolean;
}

/** The line is de-energised from power-on. `returns` and `latched` come from persistent memory. */
export function initialLine(
  start: StartKind,
  kept: { readonly returnsWithinHour: number; readonly latched: boolean; readonly random: number },
  now: Instant,
): LineState {
  return {
    line: 'open',
    start,
    good: 0,
    openSince: now,
    delay_ms: Math.floor(kept.random * RETURN.delayMax_ms),
    // After a reboot the old instants cannot be compared; count them as if they had just happened.
    returns: Array.from({ length: Math.min(kept.returnsWithinHour, RETURN.perHour) }, () => now),
    latched: kept.latched,
    whyOpen: start === 'return' ? 'start after an unclean stop' : 'power-on',
  };
}

/** The state after one period; `feed` says whether an edge may be given now. Pure. */
export function nextLine(
  state: LineState,
  input: LineInput,
  now: Instant,
): { readonly state: LineState; readonly feed: boolean } {
  const latched = state.latched && !input.personReleases;
  const returns = state.returns.filter((r) => between(r, now) < RETURN.hour_ms);
  const good = input.good ? state.good + 1 : 0;
  const drilled = state.drilled === true && (input.good || input.drilled === true);
  const base: LineState = { ...state, latched, returns, good, drilled };
  const opened = (whyOpen: string): LineState => {
    const delay_ms = Math.floor(input.random * RETURN.delayMax_ms);
    // What was good before the line opened counts for no return.
    const anew = { good: input.good ? 1 : 0, openSince: now, delay_ms, whyOpen };
    const byDrill = input.drilled === true && input.restarted !== true;
    return { ...base, ...anew, line: 'open', start: 'return', drilled: byDrill };
  };
  if (input.restarted === true) {
    return { state: opened('the site process was started again'), feed: false };
  }
  if (state.line === 'fed') {
    const gone = state.fedAt !== undefined && between(state.fedAt, now) >= RETURN.gone_ms;
    if (input.good && !gone) return { state: { ...base, fedAt: now }, feed: true };
    // One refused or late record costs one edge; the line drops when none comes for hold_ms.
    const held = state.fedAt !== undefined && between(state.fedAt, now) < RETURN.hold_ms;
    if (held) return { state: { ...base, whyOpen: input.text }, feed: false };
    return { state: opened(input.good ? 'no edge was given for 4 s' : input.text), feed: false };
  }
  if (!input.good) return { state: { ...base, whyOpen: input.text }, feed: false };
  if (state.start !== 'return') {
    if (good < RETURN.goodAtStart) return { state: base, feed: false };
    return { state: { ...base, line: 'fed', fedAt: now }, feed: true };
  }
  const earliest = later(state.openSince, RETURN.wait_ms + state.delay_ms);
  if (good < RETURN.good || !passed(earliest, now)) return { state: base, feed: false };
  // The line returns even when latched: static charging goes on, only dynamic operation stays off.
  const used = [...returns, now];
  const over = !drilled && used.length > RETURN.perHour;
  const kept = over || drilled ? returns : used;
  const fed = { ...base, line: 'fed', fedAt: now, returns: kept } as const;
  return { state: { ...fed, latched: latched || over }, feed: true };
}
