/**
 * The grid operator's limit as a state machine: EEBUS Limitation of Power Consumption (LPC), seen
 * from the controllable system. A signal that falls silent never means "unlimited".
 *
 * States as in the use case: init, controlled (limited or not), failsafe, autonomous. Heartbeat at
 * least every 60 s, missing after 120 s (LPC-031, -911); failsafe lasts its minimum duration and
 * ends with a heartbeat and a limit after it (LPC-916); with a heartbeat but without a limit 120 s
 * later autonomous (LPC-921); without a heartbeat after the minimum the self-determined value
 * holds.
 */
import { between, type Instant } from '../time';
import { positiveOr } from './sane';

export const HEARTBEAT_MISSING_ms = 120_000;
const GRACE_ms = 120_000;
const HOUR_ms = 3_600_000;
/** Failsafe Duration Minimum: 2 h to 24 h. */
export const FAILSAFE_MIN_ms = 2 * HOUR_ms;
export const FAILSAFE_MAX_ms = 24 * HOUR_ms;

export interface OperatorConfig {
  /** Failsafe Consumption Active Power Limit, W. */
  readonly failsafe_W: number;
  readonly failsafeDuration_ms: number;
  /** Holds when nobody says anything any more, W; never absent. */
  readonly selfDetermined_W: number;
}

export type OperatorPhase = 'init' | 'controlled' | 'failsafe' | 'autonomous';

export interface OperatorState {
  readonly phase: OperatorPhase;
  readonly since: Instant;
  readonly heartbeat_at?: Instant;
  /** Active limit, W, and its end; a limit without an end does not expire. */
  readonly limit_W?: number;
  readonly limitEnds_at?: Instant;
  /** Heartbeat came back during failsafe. */
  readonly returned_at?: Instant;
}

export interface OperatorInput {
  readonly heartbeat: boolean;
  /** A write that arrived: active with a value, or "no limit". A negative value is refused. */
  readonly write?: {
    readonly active: boolean;
    readonly value_W: number;
    readonly duration_ms?: number;
  };
}

export const operatorStart = (now: Instant): OperatorState => ({ phase: 'init', since: now });

/** One step; call it at least each second. Pure. */
export function nextOperator(
  state: OperatorState,
  input: OperatorInput,
  config: OperatorConfig,
  now: Instant,
): OperatorState {
  const heard = input.heartbeat ? { ...state, heartbeat_at: now } : state;
  const write = acceptable(input.write) ? input.write : undefined;
  const silent =
    heard.heartbeat_at === undefined
      ? between(heard.since, now) >= HEARTBEAT_MISSING_ms
      : between(heard.heartbeat_at, now) >= HEARTBEAT_MISSING_ms;
  switch (heard.phase) {
    case 'init':
      if (write !== undefined && heard.heartbeat_at !== undefined)
        return controlled(heard, write, now);
      return silent || between(heard.since, now) >= GRACE_ms ? autonomous(heard, now) : heard;
    case 'controlled':
      if (silent) return failsafe(heard, now);
      return write === undefined ? expired(heard, now) : controlled(heard, write, now);
    case 'failsafe':
      return inFailsafe(heard, input, write, config, now);
    case 'autonomous':
      if (write !== undefined && heard.heartbeat_at !== undefined && !silent) {
        return controlled(heard, write, now);
      }
      return heard;
  }
}

type Write = NonNullable<OperatorInput['write']>;

const acceptable = (write: Write | undefined): write is Write =>
  write !== undefined && Number.isFinite(write.value_W) && write.value_W >= 0;

function base(state: OperatorState, phase: OperatorPhase, now: Instant): OperatorState {
  const beat = state.heartbeat_at === undefined ? {} : { heartbeat_at: state.heartbeat_at };
  return { phase, since: now, ...beat };
}

function controlled(state: OperatorState, write: Write, now: Instant): OperatorState {
  const next = base(state, 'controlled', now);
  if (!write.active) return next;
  const ends = write.duration_ms;
  // A duration of 0 is none, not one that is over.
  const end = ends === undefined || !(ends > 0) ? {} : { limitEnds_at: (now + ends) as Instant };
  return { ...next, limit_W: write.value_W, ...end };
}

function expired(state: OperatorState, now: Instant): OperatorState {
  if (state.limitEnds_at === undefined || state.limitEnds_at > now) return state;
  return base(state, 'controlled', now);
}

const failsafe = (state: OperatorState, now: Instant): OperatorState =>
  base(state, 'failsafe', now);
const autonomous = (state: OperatorState, now: Instant): OperatorState =>
  base(state, 'autonomous', now);

function inFailsafe(
  state: OperatorState,
  input: OperatorInput,
  write: Write | undefined,
  config: OperatorConfig,
  now: Instant,
): OperatorState {
  const back = state.returned_at ?? (input.heartbeat ? now : undefined);
  const beating =
    state.heartbeat_at !== undefined && between(state.heartbeat_at, now) < HEARTBEAT_MISSING_ms;
  if (write !== undefined && back !== undefined && beating) return controlled(state, write, now);
  const least = Math.min(
    FAILSAFE_MAX_ms,
    Math.max(FAILSAFE_MIN_ms, positiveOr(config.failsafeDuration_ms, FAILSAFE_MAX_ms)),
  );
  const over = between(state.since, now) >= least;
  if (back !== undefined && beating && between(back, now) >= GRACE_ms && over) {
    return autonomous(state, now);
  }
  if (!beating && over) return autonomous(state, now);
  const { returned_at: before, ...rest } = state;
  const returned_at = beating ? back : undefined;
  if (returned_at === before) return state;
  return returned_at === undefined ? rest : { ...rest, returned_at };
}

export interface OperatorLimit {
  /** Absent: no limit by the operator. */
  readonly limit_W?: number;
  readonly text: string;
}

/** The bound that holds now, in words. Pure. */
export function operatorLimit(state: OperatorState, config: OperatorConfig): OperatorLimit {
  const own = positiveOr(config.selfDetermined_W, 0);
  const safe = positiveOr(config.failsafe_W, 0);
  switch (state.phase) {
    case 'init':
      return { limit_W: Math.min(safe, own), text: 'grid operator: not heard yet, failsafe value' };
    case 'controlled':
      return state.limit_W === undefined
        ? { text: 'grid operator: connected, no limit' }
        : { limit_W: state.limit_W, text: `grid operator: limit ${state.limit_W} W` };
    case 'failsafe':
      return { limit_W: safe, text: 'grid operator: heartbeat missing, failsafe value' };
    case 'autonomous':
      return { limit_W: own, text: 'grid operator: silent, self-determined value' };
  }
}
