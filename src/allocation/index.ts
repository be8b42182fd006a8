/**
 * allocation — who may draw what, second by second, so that no limit can be exceeded.
 *
 * Decides: the current of each station, what each battery is asked for, how far the sun is held
 * back, with the reasons. Must never: act by itself, renew anything, trust a number that cannot be
 * true, or use a relief that is not commanded, acknowledged and measured.
 *
 * Terms. *Base load*: what nobody controls, estimated from the meter less what stations surely
 * draw. *Room*: what a bound leaves for the stations. *Target*: the fair share if everybody had
 * obeyed already. *Grant*: what may be commanded now. *Support*: battery and sun that are credited.
 * A station counts by max(commanded, safe static limit, measured) (SAFETY.md INV-9 a).
 */
export type * from './types';
export { allocate } from './allocate';
export { type AllocationMemory, NO_ALLOCATION_MEMORY } from './memory';
export { MIN_OFF_ms, MIN_ON_ms } from './admission';
export {
  HEARTBEAT_MISSING_ms,
  nextOperator,
  type OperatorConfig,
  type OperatorInput,
  type OperatorLimit,
  operatorLimit,
  type OperatorPhase,
  operatorStart,
  type OperatorState,
} from './operatorSignal';
export { type EnergyWindow, nextWindow, windowLimit, windowStart } from './energyWindow';
