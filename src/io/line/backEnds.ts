import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { between, type Clock, type Instant } from '../../time';

/**
 * `watchdog`: /dev/watchdogN of the GPIO watchdog driver; `emulated`: a file, for laptops and
 * tests.
 */
export type LineSpec =
  | { readonly kind: 'watchdog'; readonly device: string; readonly feedback?: string }
  | {
      readonly kind: 'gpio';
      readonly program: string;
      readonly chip: string;
      readonly offset: number;
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
 * `watchdog:/dev/watchdog1[,FEEDBACK]` or `emulated:FILE`; undefined for anything else. FEEDBACK is
 * the file of the feedback contact; without one the line is never known to be energised. Pure.
 */
export function parseLineSpec(text: string): LineSpec | undefined {
  const at = text.indexOf(':');
  const rest = text.slice(at + 1);
  if (at < 0 || rest === '') return undefined;
  const kind = text.slice(0, at);
  if (kind === 'watchdog') {
    const [device = '', feedback, ...more] = rest.split(',');
    if (device === '' || feedback === '' || more.length > 0) return undefined;
    return feedback === undefined ? { kind, device } : { kind, device, feedback };
  }
  if (kind === 'gpio') {
    const [program, chip, offset] = rest.split(':');
    const line = Number(offset);
    if (program === undefined || chip === undefined || !Number.isInteger(line)) return undefined;
    return { kind: 'gpio', program, chip, offset: line };
  }
  return kind === 'emulated' ? { kind: 'emulated', file: rest } : undefined;
}

/** Opens a line. Throws with a sentence when it cannot be opened: then nothing may be raised. */
export function openLine(spec: LineSpec, clock: Clock): LineBackEnd {
  switch (spec.kind) {
    case 'watchdog':
      return openWatchdog(spec);
    case 'gpio':
      return openGpio(spec);
    case 'emulated':
      return openEmulated(spec.file, clock);
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

function openWatchdog(spec: { device: string; feedback?: string }): LineBackEnd {
  if (!existsSync(spec.device)) {
    throw new Error(
      `watchdog line ${spec.device} does not exist: check the overlay and the driver`,
    );
  }
  const file = openOrSay(spec.device);
  return {
    edge: () => {
      writeSync(file, KEEP_ALIVE);
    },
    feedback: () => readContact(spec.feedback),
    close: () => closeSync(file),
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

/** The helper is started once; when it is gone every edge throws and the relay drops. */
function openGpio(spec: { program: string; chip: string; offset: number }): LineBackEnd {
  const args = [spec.chip, String(spec.offset)];
  const child: ChildProcess = spawn(spec.program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  let gone = false;
  child.once('exit', () => {
    gone = true;
  });
  child.once('error', () => {
    gone = true;
  });
  return {
    edge: () => {
      if (gone || child.stdin === null) throw new Error(`${spec.program} has ended`);
      child.stdin.write(KEEP_ALIVE);
    },
    feedback: () => 'unknown',
    close: () => child.kill(),
    emulated: '',
  };
}

function readContact(path: string | undefined): 'energised' | 'dropped' | 'unknown' {
  if (path === undefined) return 'unknown';
  try {
    return readFileSync(path, 'utf8').trim() === '1' ? 'energised' : 'dropped';
  } catch {
    return 'unknown';
  }
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
