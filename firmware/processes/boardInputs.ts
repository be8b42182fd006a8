/** Contacts of the board: emergency stop and fire into the cycle, others by name. */
import { readInput } from '../../src/io/line';
import type { BoardInput } from '../../src/board';
import type { InputsPort, SiteRuntime } from '../../src/runtime';
import { type Clock, later, type Timers } from '../../src/time';

/** A contact is looked at this often: well within one cycle. */
const LOOK_ms = 200;

/** Contacts by name, read when asked for. */
export const contactsOf = (inputs: readonly BoardInput[]): InputsPort => ({
  contact: (name) => {
    const input = inputs.find((x) => x.id === name);
    const state = input === undefined ? 'not-wired' : readInput(input.backEnd);
    return state === 'not-wired' ? 'unknown' : state;
  },
});

/** Whether any emergency-stop or fire contact asks for the stop; one that cannot be read does. */
export const stopAsked = (inputs: readonly BoardInput[]): boolean =>
  inputs.some((x) => {
    if (x.role === 'contact') return false;
    const state = readInput(x.backEnd);
    return state === x.active || state === 'unknown';
  });

/** Looks at the stop contacts for as long as the process runs. */
export function watchStops(
  inputs: readonly BoardInput[],
  runtime: Pick<SiteRuntime, 'setEmergencyStop'>,
  time: { readonly clock: Clock; readonly timers: Timers },
): void {
  if (inputs.every((x) => x.role === 'contact')) return;
  const look = (): void => {
    runtime.setEmergencyStop(stopAsked(inputs));
    time.timers.at(later(time.clock.now(), LOOK_ms), look);
  };
  look();
}
