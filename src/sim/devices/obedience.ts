import { passed, type Instant } from '../../time';
import type { RegisterFace, SimFault } from './registerFace';

/**
 * Which command the power stage obeys. A deaf device goes on with the command it had until that
 * command's lease ends, and then does what it does without one, whatever its registers say.
 */
export class Obedience {
  readonly #face: RegisterFace;
  readonly #commanded: () => number | undefined;
  readonly #now: () => Instant;
  #held: { readonly value: number | undefined; readonly ends_at: Instant | undefined } | undefined;

  /** `commanded`: the setpoint in the registers, undefined where none is in force. */
  constructor(face: RegisterFace, commanded: () => number | undefined, now: () => Instant) {
    this.#face = face;
    this.#commanded = commanded;
    this.#now = now;
    face.onFault = (fault) => this.#faultChanges(fault);
  }

  #faultChanges(fault: SimFault): void {
    this.#face.lease.expire(this.#now());
    this.#held =
      fault === 'deaf'
        ? { value: this.#commanded(), ends_at: this.#face.lease.ends_at }
        : undefined;
  }

  /** The command in force at `now`; undefined = the device's own control. */
  command(now: Instant): number | undefined {
    this.#face.lease.expire(now);
    if (this.#held === undefined) return this.#commanded();
    const { value, ends_at } = this.#held;
    return ends_at !== undefined && passed(ends_at, now) ? undefined : value;
  }
}
