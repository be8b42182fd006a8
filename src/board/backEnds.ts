/** What a back end of the board file names, and what two of them may not share. Pure. */
import { brokenWireReadsClosed, GPIO_IN_FORM, isGpioIn, readGpioIn } from './gpioIn';

export interface Fault {
  readonly text: string;
  readonly fix: string;
}

const WATCHDOG = /^watchdog:\/dev\/[\w.-]+$/;
const GPIO = /^gpio:\/[^:]+:\/dev\/[\w./-]+:\d{1,4}$/;
const EMULATED = /^emulated:[^,]+$/;
const VALUE = /^gpio-value:\/.+$/;

const LINE_FORM =
  'watchdog:/dev/watchdogN[,FEEDBACK] | gpio:PROGRAM:/dev/gpiochipN:OFFSET[,FEEDBACK] | ' +
  'emulated:FILE';

/** `BACKEND[,FEEDBACK]` of a line. Pure. */
export function splitFeedback(backEnd: string): {
  readonly edges: string;
  readonly feedback?: string;
} {
  const at = backEnd.indexOf(',');
  if (at < 0) return { edges: backEnd };
  return { edges: backEnd.slice(0, at), feedback: backEnd.slice(at + 1) };
}

/** What is wrong with the back end of a line; absent when nothing is. */
export function lineFault(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return missing(value, LINE_FORM);
  const { edges, feedback } = splitFeedback(value);
  const driven = WATCHDOG.test(edges) || GPIO.test(edges);
  const emulated = feedback === undefined && EMULATED.test(edges);
  if (!driven && !emulated) return form(value, LINE_FORM);
  if (feedback === undefined) return undefined;
  if (isGpioIn(feedback)) return gpioInFault(feedback);
  const known = /^\/[^,]+$/.test(feedback);
  return known ? undefined : form(value, `FEEDBACK: ${GPIO_IN_FORM} | /FILE`);
}

/** The same of an input. An open circuit must read as open, whatever the contact is for. */
export function inputFault(value: unknown): Fault | undefined {
  const forms = `${GPIO_IN_FORM} | gpio-value:/FILE | emulated:FILE`;
  if (typeof value !== 'string') return missing(value, forms);
  if (!isGpioIn(value)) {
    return VALUE.test(value) || EMULATED.test(value) ? undefined : form(value, forms);
  }
  const read = readGpioIn(value);
  return read.ok ? brokenWireReadsClosed(read.spec) : read;
}

function gpioInFault(backEnd: string): Fault | undefined {
  const read = readGpioIn(backEnd);
  return read.ok ? undefined : read;
}

const missing = (value: unknown, fix: string): Fault =>
  value === undefined ? { text: 'missing', fix } : form(value, fix);
const form = (value: unknown, fix: string): Fault => ({
  text: `${JSON.stringify(value)} is not of this form`,
  fix,
});

/** What one back end holds for itself alone: a device, a line of a chip, a file. Pure. */
export function held(backEnd: string): readonly string[] {
  const { edges, feedback } = splitFeedback(backEnd);
  const all = [edges, ...(feedback === undefined ? [] : [feedback])];
  return all.filter((x) => x !== '').map(heldBy);
}

function heldBy(part: string): string {
  const words = part.split(':');
  const [kind, , chip = '', offset = ''] = words;
  if (kind === 'gpio' || kind === 'gpio-in') return `line ${Number(offset)} of ${chip}`;
  return part.replace(/^[\w-]+:/, '');
}
