import { type ChildProcess, spawn } from 'node:child_process';
import { type GpioIn, gpioInWords } from '../../board';
import { between, type Clock, later, type Timers } from '../../time';
import { type InputState, LevelWatch, type WatchEffect } from './levelWatch';

/** What a reader needs from its process. */
export interface InputHost {
  readonly clock: Clock;
  readonly timers: Timers;
  /** One sentence when an input cannot be read any more, and one when it can again. */
  readonly say: (text: string) => void;
}

/** One contact that is being read. */
export interface Input {
  /** Never waits. */
  state(): InputState;
  /** Each state since this was last asked, however short, the present one included. */
  seen(): readonly InputState[];
  close(): void;
}

/** How often silence is looked for: five times within the second that it may last. */
const LOOK_ms = 200;
/** So long the last words of a program are waited for when it has ended. */
const LAST_WORDS_ms = 100;
/** Of what a failing program says, the first sentence is enough. */
const ERROR_MAX = 300;

/**
 * Reads a line of a GPIO chip through `gpio-line --in`, for as long as it is not closed. Starts the
 * program at once, and again when it has ended or was ended for its silence or for saying what is
 * no level (see `LevelWatch`). One program at a time; of its output only the state is kept.
 */
export function openProgramInput(spec: GpioIn, host: InputHost): Input {
  const { clock, timers } = host;
  const name = `input line ${spec.offset} of ${spec.chip}`;
  const watch = new LevelWatch(clock.now());
  let child: ChildProcess | undefined;
  let closed = false;
  let cancel: () => void = () => undefined;
  let said: string | undefined;

  const tell = (): void => {
    const why = watch.why();
    if (closed || why === said) return;
    const then = 'it counts as unknown until the program is started again and answers';
    host.say(why === undefined ? `${name} is read again` : `${name}: ${why}; ${then}`);
    said = why;
  };
  const apply = (effect: WatchEffect): void => {
    if (effect === 'stop') child?.kill('SIGKILL');
    if (effect === 'start') {
      child = startProgram(spec, {
        bytes: (bytes) => {
          apply(watch.heard(bytes, clock.now()));
        },
        lost: (end) => {
          watch.lost();
          timers.at(later(clock.now(), LAST_WORDS_ms), end);
        },
        end: (why) => {
          child = undefined;
          watch.ended(why, clock.now());
          tell();
        },
      });
    }
    tell();
  };
  const look = (): void => {
    const now = clock.now();
    apply(watch.tick(now));
    const start_ms = between(now, watch.nextStart());
    cancel = timers.at(later(now, start_ms > LOOK_ms ? start_ms : LOOK_ms), look);
  };
  look();
  return {
    state: () => watch.state(),
    seen: () => watch.seen(),
    close: () => {
      closed = true;
      cancel();
      child?.kill();
    },
  };
}

interface ProgramEvents {
  bytes(bytes: Uint8Array): void;
  /** It has ended, its last words may be on their way; `end` is called when that takes long. */
  lost(end: () => void): void;
  /** Once, whatever happens, and never from within the start. */
  end(why: string): void;
}

function startProgram(spec: GpioIn, on: ProgramEvents): ChildProcess | undefined {
  let ended = false;
  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    on.end(why);
  };
  let child;
  try {
    // Its standard input ends with this process, however that ends, and the line is free again.
    child = spawn(spec.program, gpioInWords(spec), { stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    const why = error instanceof Error ? error.message : 'refused';
    setImmediate(() => end(`${spec.program} cannot be started: ${why}`));
    return undefined;
  }
  let complaint = '';
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // A broken pipe is the end of the program, which is told below.
    stream.on('error', () => undefined);
  }
  child.stdout.on('data', (bytes: Buffer) => {
    if (!ended) on.bytes(bytes);
  });
  child.stderr.on('data', (bytes: Buffer) => {
    if (complaint.length < ERROR_MAX) complaint += bytes.toString().slice(0, ERROR_MAX);
  });
  child.once('error', (error) => end(`${spec.program} cannot be started: ${error.message}`));
  const leave = (code: number | null, signal: string | null) => (): void => {
    const said = complaint.trim().split('\n')[0] ?? '';
    end(said === '' ? `${spec.program} ended (${signal ?? String(code)})` : said);
  };
  child.once('exit', (code, signal) => on.lost(leave(code, signal)));
  child.once('close', (code, signal) => leave(code, signal)());
  return child;
}
