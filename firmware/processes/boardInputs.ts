/** Contacts of the board: emergency stop and fire into the cycle, others by name. */
import {
  type Input,
  type InputHost,
  type InputState,
  openInput,
  readInput,
} from '../../src/io/line';
import type { BoardInput } from '../../src/board';
import type { InputsPort, SiteRuntime } from '../../src/runtime';
import { later } from '../../src/time';

/** A contact is looked at this often: well within one cycle. */
const LOOK_ms = 200;

/** States in which a contact was since the last look. */
type Seen = (input: BoardInput) => readonly InputState[];
const readNow: Seen = (input) => [readInput(input.backEnd)];

/** Contacts by name, read when asked for. */
export const contactsOf = (inputs: readonly BoardInput[], seen: Seen = readNow): InputsPort => ({
  contact: (name) => {
    const input = inputs.find((x) => x.id === name);
    const state = input === undefined ? undefined : seen(input).at(-1);
    return state === 'open' || state === 'closed' ? state : 'unknown';
  },
});

/**
 * The first emergency-stop or fire contact that asks for the stop, or has since the last look, in
 * words; one that cannot be read does. In the first second of its reader nothing is known yet, and
 * nothing is raised either: that alone is no stop, which a person would have to acknowledge at each
 * start.
 */
export function stopReason(
  inputs: readonly BoardInput[],
  seen: Seen = readNow,
): string | undefined {
  for (const x of inputs) {
    if (x.role === 'contact') continue;
    const states = seen(x);
    if (states.includes(x.active)) return `the contact ${x.id} (${x.role}) is active`;
    if (states.includes('unknown')) {
      return `the contact ${x.id} (${x.role}) cannot be read and counts as active; see the log of site`;
    }
  }
  return undefined;
}

/** The contacts of one board, read for as long as the process runs. */
export class BoardInputs {
  /** By name, for the cycle. */
  readonly port: InputsPort;
  private readonly inputs: readonly BoardInput[];
  private readonly open: ReadonlyMap<string, Input>;
  private readonly host: InputHost;
  private cancel: () => void = () => undefined;

  /** Never throws: what cannot be opened is unknown, and `host.say` tells why. */
  constructor(inputs: readonly BoardInput[], host: InputHost) {
    this.inputs = inputs;
    this.host = host;
    this.open = new Map(
      inputs.map((x) => {
        const say = (text: string): void => host.say(`${x.id} (${x.role}): ${text}`);
        return [x.id, openInput(x.backEnd, { ...host, say })] as const;
      }),
    );
    this.port = contactsOf(inputs, (x) => [this.open.get(x.id)?.state() ?? 'unknown']);
  }

  /** Looks at the stop contacts from now on. */
  watchStops(runtime: Pick<SiteRuntime, 'setEmergencyStop'>): void {
    const { clock, timers } = this.host;
    if (this.inputs.every((x) => x.role === 'contact')) return;
    const look = (): void => {
      const seen: Seen = (x) => this.open.get(x.id)?.seen() ?? ['unknown'];
      const why = stopReason(this.inputs, seen);
      runtime.setEmergencyStop(why !== undefined, why);
      this.cancel = timers.at(later(clock.now(), LOOK_ms), look);
    };
    look();
  }

  close(): void {
    this.cancel();
    for (const input of this.open.values()) input.close();
  }
}
