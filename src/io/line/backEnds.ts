import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { isGpioIn, readGpioIn, splitFeedback } from '../../board';
import { between, type Clock, type Instant } from '../../time';
import { openInput } from './inputs';
import { startGpioOutput } from './gpioOutput';
import type { Input, InputHost } from './programInput';

/**
 * `watchdog`: /dev/watchdogN of the GPIO watchdog driver; `gpio`: a line of a chip, driven by
 * `program`; `emulated`: a file, for laptops and tests. `feedback`: `gpio-in:...`, or a value file
 * of the kernel, 1 = energised.
 */
export type LineSpec =
  | { readonly kind: 'watchdog'; readonly device: string; readonly feedback?: string }
  | {
      readonly kind: 'gpio';
      readonly program: string;
      readonly chip: string;
      readonly offset: number;
      readonly feedback?: string;
    }
  | { readonly kind: 'emulated'; readonly file: string };

export interface LineBackEnd {
  /** One edge. Throws when the device refuses; the caller then counts the line as dropped. */
  edge(now: Instant): void;
  feedback(now: Instant): 'energised' | 'dropped' | 'unknown';
  close(): void;
  /** What is emulated, for reports; empty for real hardware. */
  readonly emulated: string;
}

/**
 * `watchdog:DEVICE[,FEEDBACK]`, `gpio:PROGRAM:CHIP:OFFSET[,FEEDBACK]` or `emulated:FILE`; undefined
 * for anything else. Without FEEDBACK the line is never known to be energised. Pure.
 */
export function parseLineSpec(text: string): LineSpec | undefined {
  const at = text.indexOf(':');
  const rest = text.slice(at + 1);
  if (at < 0 || rest === '') return undefined;
  const kind = text.slice(0, at);
  if (kind === 'emulated') return { kind, file: rest };
  const { edges, feedback } = splitFeedback(rest);
  if (edges === '' || !feedbackFits(feedback)) return undefined;
  const more = feedback === undefined ? {} : { feedback };
  if (kind === 'watchdog') return { kind, device: edges, ...more };
  const [program = '', chip = '', offset = '', ...beyond] = edges.split(':');
  const whole = program !== '' && chip !== '' && /^\d{1,4}$/.test(offset) && beyond.length === 0;
  if (kind !== 'gpio' || !whole) return undefined;
  return { kind, program, chip, offset: Number(offset), ...more };
}

function feedbackFits(feedback: string | undefined): boolean {
  if (feedback === undefined) return true;
  if (isGpioIn(feedback)) return readGpioIn(feedback).ok;
  return feedback !== '' && !feedback.includes(',');
}

/** Opens a line. Throws with a sentence when it cannot be opened: then nothing may be raised. */
export function openLine(spec: LineSpec, host: InputHost): LineBackEnd {
  switch (spec.kind) {
    case 'watchdog':
      return openWatchdog(spec, host);
    case 'gpio':
      return openGpio(spec, host);
    case 'emulated':
      return openEmulated(spec.file, host.clock);
  }
}

/** What stands in for a line that could not be opened: no edge, nothing known. */
export const failedLine = (why: string): LineBackEnd => ({
  edge: () => {
    throw new Error(why);
  },
  feedback: () => 'unknown',
  close: () => undefined,
  emulated: '',
});

/** Any byte but 'V' is a keep-alive (kernel Documentation/watchdog/watchdog-api.rst). */
const KEEP_ALIVE = Buffer.from('k');

function openWatchdog(spec: { device: string; feedback?: string }, host: InputHost): LineBackEnd {
  if (!existsSync(spec.device)) {
    throw new Error(
      `watchdog line ${spec.device} does not exist: check the overlay and the driver`,
    );
  }
  const file = openOrSay(spec.device);
  const contact = openFeedback(spec.feedback, host);
  return {
    edge: () => {
      writeSync(file, KEEP_ALIVE);
    },
    feedback: contact.state,
    close: () => {
      closeSync(file);
      contact.close();
    },
    emulated: '',
  };
}

function openOrSay(device: string): number {
  try {
    return openSync(device, 'w');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`watchdog line ${device} cannot be opened: ${why}`, { cause: error });
  }
}

type Feedback = ReturnType<LineBackEnd['feedback']>;

function openFeedback(
  feedback: string | undefined,
  host: InputHost,
): { readonly state: () => Feedback; readonly close: () => void } {
  if (feedback === undefined || !isGpioIn(feedback)) {
    return { state: () => readContact(feedback), close: () => undefined };
  }
  const input: Input = openInput(feedback, host);
  const state = (): Feedback => {
    const now = input.state();
    return now === 'closed' ? 'energised' : now === 'open' ? 'dropped' : 'unknown';
  };
  return { state, close: () => input.close() };
}

function readContact(path: string | undefined): Feedback {
  if (path === undefined) return 'unknown';
  try {
    return readFileSync(path, 'utf8').trim() === '1' ? 'energised' : 'dropped';
  } catch {
    return 'unknown';
  }
}

function openGpio(spec: Extract<LineSpec, { kind: 'gpio' }>, host: InputHost): LineBackEnd {
  const output = startGpioOutput(spec);
  const contact = openFeedback(spec.feedback, host);
  return {
    edge: () => output.edge(),
    feedback: contact.state,
    close: () => {
      output.close();
      contact.close();
    },
    emulated: '',
  };
}

/** Driver time-out 3 s, one-shot 0.8 s, relay 20 ms, as on the boards. */
const HOLD_ms = 3820;

/** Edges go to a file as one byte each; the relay is computed from the time of the last one. */
function openEmulated(path: string, clock: Clock): LineBackEnd {
  writeFileSync(path, '');
  const file = openSync(path, 'a');
  let last: Instant | undefined;
  return {
    edge: () => {
      writeSync(file, KEEP_ALIVE);
      last = clock.now();
    },
    feedback: (now) =>
      last !== undefined && between(last, now) <= HOLD_ms ? 'energised' : 'dropped',
    close: () => closeSync(file),
    emulated: 'watchdog line (no GPIO)',
  };
}
