/**
 * mode — what may be raised at all: `normal | blind | static | cut | service`, and whether the
 * watchdog line may be fed.
 *
 * Decides: the mode that follows from what is known now; the supervisor's claims by mode (one
 * table);
 * when a dropped line may return. Must never: set a value, read a clock, or move towards more
 * freedom
 * on an unknown input. Source: SAFETY.md "Modes", "Supervisor", "Start and return".
 * Terms: *good record*: a cycle whose decision was made and whose evidence is complete;
 * *return*: leaving `cut` without a person; *latch*: dynamic operation off until a person acts.
 */
export {
  byPerson,
  initialMode,
  MODE_LIMITS,
  type ModeInput,
  type ModeState,
  type ModeTransition,
  nextMode,
} from './machine';
export { CLAIMS, type Claim, type Evidence, judgeEvidence, type Verdict } from './claims';
export {
  initialLine,
  type LineInput,
  type LineState,
  nextLine,
  RETURN,
  type StartKind,
} from './lineReturn';
