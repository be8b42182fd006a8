import type { Mode } from '../model';
import { type Instant, later, passed } from '../time';

/** Bounds of the machine, from SAFETY.md "Start and return". */
export const MODE_LIMITS = {
  /** Consecutive good records before `blind` or `static` is left. */
  goodRecords: 10,
  /** The same after a first start or a start after a clean stop. */
  goodRecordsAtStart: 3,
  /** A service session ends by itself. */
  service_ms: 8 * 3600 * 1000,
} as const;

export interface ModeState {
  readonly mode: Mode;
  readonly since: Instant;
  /** Why we are here, in one clause. */
  readonly why: string;
  /** Consecutive good records since the last bad one. */
  readonly good: number;
  /** Fewer good records are asked for until the first `normal` after a first or clean start. */
  readonly starting: boolean;
  /** A person forced static; only a person lifts it. */
  readonly forced: boolean;
  /** The emergency stop was active and nobody on site has acknowledged yet. */
  readonly stopUnacknowledged: boolean;
  /** End of the last service grant that was used up or overruled; it opens no second session. */
  readonly spentGrant?: Instant;
}

/**
 * Everything the machine may look at. Unknown values come as the word for unknown, never absent.
 */
export interface ModeInput {
  readonly grid: 'fresh' | 'silent' | 'frozen' | 'implausible';
  /** The last decision ended in time with finite values and complete evidence. */
  readonly recordGood: boolean;
  readonly decision: 'done' | 'failed';
  readonly stations: 'fresh' | 'silent';
  readonly line: 'energised' | 'dropped' | 'unknown';
  readonly supervisor: 'answers' | 'silent';
  /** Dynamic operation latched off by the return rules. */
  readonly latched: boolean;
  readonly emergencyStop: boolean;
  readonly bessBackup: boolean;
  /** End of an open service grant. */
  readonly serviceUntil?: Instant;
  readonly person: 'none' | 'force-static' | 'leave-static' | 'acknowledge-stop';
}

export interface ModeTransition {
  readonly from: Mode;
  readonly to: Mode;
  readonly why: string;
  readonly at: Instant;
}

/** The state at process start: `static`, line dropped; a return starts in `cut`. Pure. */
export function initialMode(start: 'first' | 'clean' | 'return', now: Instant): ModeState {
  const cut = start === 'return';
  return {
    mode: cut ? 'cut' : 'static',
    since: now,
    why: cut ? 'start after an unclean stop' : 'start',
    good: 0,
    starting: !cut,
    forced: false,
    stopUnacknowledged: false,
  };
}

const SERVICE_WHY = 'a technician’s session is open';
const FORCED_WHY = 'a person forced static';

/** Whether the mode with this reason was chosen by a person: nothing has gone wrong. Pure. */
export const byPerson = (why: string): boolean => why === SERVICE_WHY || why === FORCED_WHY;

interface Wanted {
  readonly mode: Mode;
  readonly why: string;
}

/**
 * The mode that follows. Reasons to be careful are looked at first and in order of severity; only
 * when none holds, and enough good records have come, is `normal` entered. Pure.
 */
export function nextMode(
  state: ModeState,
  input: ModeInput,
  now: Instant,
): { readonly state: ModeState; readonly transition?: ModeTransition } {
  const held = personal(state, input);
  const good = input.recordGood && input.decision === 'done' ? state.good + 1 : 0;
  const wanted = byStep(state.mode, careful(held, input, now) ?? free(held, good));
  const sameMode = wanted.mode === state.mode;
  // A mode that has just become careful starts its count anew.
  const counted = state.mode === 'normal' && !sameMode ? 0 : countAfter(state, input, good);
  const next: ModeState = {
    ...held,
    mode: wanted.mode,
    since: sameMode ? state.since : now,
    why: wanted.why,
    good: counted,
    starting: state.starting && wanted.mode !== 'normal' && wanted.mode !== 'cut',
  };
  if (sameMode) return { state: next };
  const { serviceUntil } = input;
  const used = state.mode === 'service' && passed(later(state.since, MODE_LIMITS.service_ms), now);
  return {
    state: used && serviceUntil !== undefined ? { ...next, spentGrant: serviceUntil } : next,
    transition: { from: state.mode, to: wanted.mode, why: wanted.why, at: now },
  };
}

/** `cut` and `service` are left for `static` only; from there it goes on in the next period. */
function byStep(from: Mode, wanted: Wanted): Wanted {
  const known = wanted.mode === from || wanted.mode === 'cut' || wanted.mode === 'static';
  if (known || (from !== 'cut' && from !== 'service')) return wanted;
  return { mode: 'static', why: `left ${from}; next: ${wanted.why}` };
}

/**
 * What persons asked for. Forcing static needs one person; so does leaving it again. It ends an
 * open service session: in static nothing may rise, not by a technician either.
 */
function personal(state: ModeState, input: ModeInput): ModeState {
  const stop = input.emergencyStop || state.stopUnacknowledged;
  const acknowledged = input.person === 'acknowledge-stop' && !input.emergencyStop;
  const forced =
    input.person === 'force-static' || (state.forced && input.person !== 'leave-static');
  const next = { ...state, forced, stopUnacknowledged: stop && !acknowledged };
  const { person, serviceUntil } = input;
  const ends = person === 'force-static' && serviceUntil !== undefined;
  return ends ? { ...next, spentGrant: serviceUntil } : next;
}

/** The first reason to be careful, if any. */
function careful(state: ModeState, input: ModeInput, now: Instant): Wanted | undefined {
  if (input.line === 'dropped' && !lineNeverUp(state)) {
    return { mode: 'cut', why: 'the watchdog line is open' };
  }
  if (input.decision === 'failed') return { mode: 'static', why: 'the decision failed' };
  if (state.stopUnacknowledged) return { mode: 'static', why: 'emergency stop not acknowledged' };
  if (input.supervisor === 'silent') return { mode: 'static', why: 'the supervisor is silent' };
  if (input.line !== 'energised')
    return { mode: 'static', why: 'the watchdog line is not energised' };
  if (input.bessBackup) return { mode: 'static', why: 'the BESS is in backup operation' };
  if (input.latched) return { mode: 'static', why: 'dynamic operation is latched off' };
  if (serviceOpen(state, input, now)) {
    return { mode: 'service', why: SERVICE_WHY };
  }
  if (state.forced) return { mode: 'static', why: FORCED_WHY };
  if (input.stations === 'silent') return { mode: 'static', why: 'the stations process is silent' };
  if (input.grid !== 'fresh') return { mode: 'blind', why: `the grid meter is ${input.grid}` };
  return undefined;
}

/** A session ends by itself after its longest time, and the same grant does not open it again. */
function serviceOpen(state: ModeState, input: ModeInput, now: Instant): boolean {
  const { serviceUntil } = input;
  if (serviceUntil === undefined || passed(serviceUntil, now)) return false;
  if (serviceUntil === state.spentGrant) return false;
  if (state.mode !== 'service') return true;
  return !passed(later(state.since, MODE_LIMITS.service_ms), now);
}

/** At a first start the line is open because it was never closed; that is not a drop. */
const lineNeverUp = (state: ModeState): boolean => state.starting && state.mode === 'static';

/** Nothing speaks against it: stay, or return when enough good records have come. */
function free(state: ModeState, good: number): Wanted {
  if (state.mode === 'normal') return { mode: 'normal', why: state.why };
  const needed = state.starting ? MODE_LIMITS.goodRecordsAtStart : MODE_LIMITS.goodRecords;
  if (good >= needed) return { mode: 'normal', why: `${good} good records in a row` };
  const mode = state.mode === 'cut' || state.mode === 'service' ? 'static' : state.mode;
  return { mode, why: `${good} of ${needed} good records` };
}

/** The count starts anew whenever the meter is not fresh or the mode has just become careful. */
function countAfter(state: ModeState, input: ModeInput, good: number): number {
  if (input.grid !== 'fresh' || input.stations === 'silent') return 0;
  if (input.line === 'dropped' && !lineNeverUp(state)) return 0;
  return Math.min(good, 1_000_000);
}
