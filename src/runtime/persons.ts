import type { ModeInput } from '../mode';
import type { RuntimePorts } from './ports';

export type PersonWish = Exclude<ModeInput['person'], 'none'>;

/** Wishes that may wait for their cycle; forcing static is never refused. */
const WISHES_MAX = 8;

/** What persons at the gateway asked for: audited at once, acted upon one in each cycle. */
export class Persons {
  private readonly ports: RuntimePorts;
  private wishes: readonly PersonWish[] = [];

  constructor(ports: RuntimePorts) {
    this.ports = ports;
  }

  /** False when too many wait. Forcing static undoes a leave that has not acted yet. */
  ask(wish: PersonWish, who: string): boolean {
    const waiting = this.wishes.filter((w) => w !== wish);
    if (wish === 'force-static')
      this.wishes = [wish, ...waiting.filter((w) => w !== 'leave-static')];
    else if (waiting.length >= WISHES_MAX) return false;
    else this.wishes = [...waiting, wish];
    this.ports.audit.append({ kind: 'human', subject: 'mode', text: `${wish} by ${who}` });
    return true;
  }

  /** The wish of this cycle. */
  next(): ModeInput['person'] {
    const [wish, ...rest] = this.wishes;
    this.wishes = rest;
    return wish ?? 'none';
  }

  /** Releases the latch of returns. */
  release(who: string): 'asked' | 'not-latched' | 'supervisor-silent' {
    const { answers, latched } = this.ports.supervisor.status();
    if (!answers) return 'supervisor-silent';
    if (!latched) return 'not-latched';
    this.ports.audit.append({ kind: 'human', subject: 'mode', text: `latch released by ${who}` });
    this.ports.supervisor.release();
    return 'asked';
  }
}
