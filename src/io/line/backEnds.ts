import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { between, type Clock, type Instant } from '../../time';

/**
 * `watchdog`: /dev/watchdogN of the GPIO watchdog driver; `emulated`: a file, for laptops and
 * tests.
 */
export type LineSpec =
  | { readonly kind: 'watchdog'; readonly device: string; readonly feedback?: string }
  | { readonly kind: 'emulated'; readonly file: string };

export interface LineBackEnd {
  /** One edge. Throws when the device refuses; the caller then counts the line as dropped. */
  edge(now: Instant): void;
  feedback(now: Instant): 'energised' | 'dropped' | 'unknown';
  close(): void;
  /** What is emulated, for reports; empty for real hardware. */
  readonly emulated: string;
}

/** `watchdog:/dev/watchdog1` or `emulated:FILE`; undefined for anything else. Pure. */
export function parseLineSpec(text: string): LineSpec | undefined {
  const at = text.indexOf(':');
  const rest = text.slice(at + 1);
  if (at < 0 || rest === '') return undefined;
  const kind = text.slice(0, at);
  if (kind === 'watchdog') return { kind: 'watchdog', device: rest };
  return kind === 'emulated' ? { kind: 'emulated', file: rest } : undefined;
}

/** Opens a line. Throws with a sentence when it cannot be opened: then nothing may be raised. */
export function openLine(spec: LineSpec, clock: Clock): LineBackEnd {
  return spec.kind === 'watchdog' ? openWatchdog(spec) : openEmulated(spec.file, clock);
}

/** Any byte but 'V' is a keep-alive (kernel Documentation/watchdog/watchdog-api.rst). */
const KEEP_ALIVE = Buffer.from('k');

function openWatchdog(spec: { device: string; feedback?: string }): LineBackEnd {
  if (!existsSync(spec.device)) {
    throw new Error(
      `watchdog line ${spec.device} does not exist: check the overlay and the driver`,
    );
  }
  const file = openSync(spec.device, 'w');
  return {
    edge: () => {
      writeSync(file, KEEP_ALIVE);
    },
    feedback: () => readContact(spec.feedback),
    close: () => closeSync(file),
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
