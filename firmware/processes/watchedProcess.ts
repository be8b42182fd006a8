/** A process that the supervisor watches, and may end when it hangs. */
import { readFileSync } from 'node:fs';
import { between, type Instant } from '../../src/time';

/** A watched process that has been silent for so long hangs and is ended. */
const HUNG_ms = 10_000;

export interface WatchedParts {
  /** `site` or `stations`: as it is called on its command line. */
  readonly name: string;
  readonly say: (text: string) => void;
  /** Words of a process's command line; undefined: there is none of that id. */
  readonly commandOf?: (pid: number) => readonly string[] | undefined;
  readonly end?: (pid: number) => void;
}

/**
 * Only what is called by this name is ever ended: an id comes from the watched process itself,
 * which may be in other hands, and the system gives it to another one when the first is gone.
 */
export class WatchedProcess {
  private readonly parts: Required<WatchedParts>;
  private heard_at: Instant;
  private pid: number | undefined;

  constructor(parts: WatchedParts, now: Instant) {
    this.parts = { commandOf, end: (pid) => void process.kill(pid, 'SIGKILL'), ...parts };
    this.heard_at = now;
  }

  hear(now: Instant): void {
    this.heard_at = now;
  }

  /** What it says of itself when it connects. */
  hello({ pid }: { readonly pid: number }): void {
    if (Number.isSafeInteger(pid) && pid > 1) this.pid = pid;
    else this.parts.say(`${this.parts.name} names ${pid} as its process id: refused`);
  }

  /** Called about once a second. */
  endIfHung(now: Instant): void {
    const { pid, heard_at, parts } = this;
    if (pid === undefined || between(heard_at, now) < HUNG_ms) return;
    this.pid = undefined;
    const words = parts.commandOf(pid);
    if (words === undefined) return;
    if (!words.some((w) => w.split(',').includes(parts.name))) {
      return parts.say(`${parts.name} is silent; process ${pid} is another one and is left alone`);
    }
    parts.say(`${parts.name} (pid ${pid}) is silent for ${HUNG_ms / 1000} s and is ended`);
    try {
      parts.end(pid);
    } catch {
      // Already gone: the launcher restarts it.
    }
  }
}

/** Without its configuration, which is one word of JSON. Linux: proc(5), /proc/PID/cmdline. */
function commandOf(pid: number): readonly string[] | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // What has ended and waits to be collected has no words left.
    return words.every((w) => w === '') ? undefined : words.filter((w) => !w.startsWith('{'));
  } catch {
    return undefined;
  }
}
