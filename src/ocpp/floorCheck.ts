import type { StationConfig } from './config';
import type { CompositeSteps } from './dialect';

/** Agreement of a limit read back with the floor: one decimal, or the rounding of W, per phase. */
const TOLERANCE_A = 0.15;

/**
 * The steps by which a station's floor is proved after each (re)connect:
 * settings -> clear (an old lease) -> probe -> done, or -> write -> confirm -> done | failed.
 * A probe that shows the floor spares a write to flash.
 */
export type FloorStep = 'settings' | 'clear' | 'probe' | 'write' | 'confirm' | 'done' | 'failed';

/** What came back for the step. */
export type FloorReply =
  | { readonly kind: 'accepted' }
  /** Refused, an error, or no answer in time. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'schedule'; readonly schedule: CompositeSteps };

/** The step after `step`. Pure. */
export function nextFloorStep(
  step: FloorStep,
  reply: FloorReply,
  station: StationConfig,
): FloorStep {
  switch (step) {
    case 'settings':
      return 'clear';
    case 'clear':
      return 'probe';
    case 'probe':
      return reply.kind === 'schedule' && showsFloor(station, reply.schedule) ? 'done' : 'write';
    case 'write':
      return reply.kind === 'accepted' ? 'confirm' : 'failed';
    case 'confirm':
      // A station that cannot report a schedule is believed until its meter says otherwise.
      return reply.kind === 'schedule' && exceedsFloor(station, reply.schedule) ? 'failed' : 'done';
    case 'done':
    case 'failed':
      return step;
  }
}

/** The floor itself is visible and nothing lies above it: proof that it is installed. Pure. */
export function showsFloor(station: StationConfig, schedule: CompositeSteps): boolean {
  return (
    !exceedsFloor(station, schedule) &&
    schedule.steps_A.some((limit) => Math.abs(limit - station.floor_A) <= TOLERANCE_A)
  );
}

/** Some step lies above the floor although no lease is in force. Pure. */
export function exceedsFloor(station: StationConfig, schedule: CompositeSteps): boolean {
  return schedule.steps_A.some((limit) => limit > station.floor_A + TOLERANCE_A);
}
