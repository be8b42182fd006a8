/**
 * `gpio-in:PROGRAM:CHIP:OFFSET[:OPTION...]`: a line of a GPIO chip as input. Pure.
 *
 * PROGRAM is `gpio-line` (firmware/gpio-line), which prints the level; 1 = active. Options, in any
 * order: `active-low` (the low level counts as 1), one of `pull-up`, `pull-down`, `no-bias`, and
 * `debounce-N` (ms for which a level must last).
 */
export interface GpioIn {
  readonly program: string;
  readonly chip: string;
  readonly offset: number;
  readonly activeLow: boolean;
  /** Resistor inside the chip; absent: as the firmware or device tree has left it. */
  readonly bias?: 'pull-up' | 'pull-down' | 'disabled';
  /** 0 to `DEBOUNCE_MAX_ms`; 0: none. */
  readonly debounce_ms: number;
}

/** How it is written, for whoever got it wrong. */
export const GPIO_IN_FORM =
  'gpio-in:PROGRAM:/dev/gpiochipN:OFFSET' +
  '[:active-low][:pull-up|:pull-down|:no-bias][:debounce-MS]';

/** Longer would delay an emergency stop by more than the look at its contact (200 ms). */
export const DEBOUNCE_MAX_ms = 200;
/** As in gpio-line.c; the largest chips have a few hundred lines. */
const OFFSET_MAX = 1023;
const BIAS = new Map([
  ['pull-up', 'pull-up'],
  ['pull-down', 'pull-down'],
  ['no-bias', 'disabled'],
] as const);

export type GpioInRead =
  | { readonly ok: true; readonly spec: GpioIn }
  | { readonly ok: false; readonly text: string; readonly fix: string };

/** Whether a back end is meant as an input of a GPIO chip, well formed or not. */
export const isGpioIn = (backEnd: string): boolean => backEnd.startsWith('gpio-in:');

/** Reads one, or says what is wrong with it. Pure. */
export function readGpioIn(backEnd: string): GpioInRead {
  const [kind, program = '', chip = '', offset = '', ...options] = backEnd.split(':');
  if (kind !== 'gpio-in') return bad(`"${backEnd}" is no input of a GPIO chip`);
  if (!/^\/[^,\s]+$/.test(program)) {
    return bad(`"${program}" is no program`, 'its whole path, such as /usr/bin/gpio-line');
  }
  if (!/^\/dev\/[\w./-]+$/.test(chip) || chip.includes('/../')) {
    return bad(`"${chip}" is no chip`, '/dev/gpiochipN (gpiodetect lists them)');
  }
  if (!/^\d{1,4}$/.test(offset) || Number(offset) > OFFSET_MAX) {
    return bad(`"${offset}" is no line of a chip`, `0 to ${OFFSET_MAX} (gpioinfo lists them)`);
  }
  return readOptions({ program, chip, offset: Number(offset) }, options);
}

function readOptions(
  line: Pick<GpioIn, 'program' | 'chip' | 'offset'>,
  options: readonly string[],
): GpioInRead {
  let spec: GpioIn = { ...line, activeLow: false, debounce_ms: 0 };
  for (const option of options) {
    const bias = [...BIAS].find(([word]) => word === option)?.[1];
    const debounce = /^debounce-(\d{1,4})$/.exec(option)?.[1];
    if (option === 'active-low') spec = { ...spec, activeLow: true };
    else if (bias !== undefined) {
      if (spec.bias !== undefined) return bad(`"${option}": a line has one bias`);
      spec = { ...spec, bias };
    } else if (debounce !== undefined) {
      if (Number(debounce) < 1 || Number(debounce) > DEBOUNCE_MAX_ms) {
        const why = 'longer would delay a stop';
        return bad(`"${option}": ${why}`, `debounce-1 to debounce-${DEBOUNCE_MAX_ms}`);
      }
      spec = { ...spec, debounce_ms: Number(debounce) };
    } else return bad(`"${option}" is no option`);
  }
  return { ok: true, spec };
}

const bad = (text: string, fix = GPIO_IN_FORM): GpioInRead => ({ ok: false, text, fix });

/** What `PROGRAM` is given. Pure. */
export function gpioInWords(spec: GpioIn): readonly string[] {
  return [
    '--in',
    spec.chip,
    String(spec.offset),
    ...(spec.activeLow ? ['--active-low'] : []),
    ...(spec.bias === undefined ? [] : ['--bias', spec.bias]),
    ...(spec.debounce_ms === 0 ? [] : ['--debounce-ms', String(spec.debounce_ms)]),
  ];
}

/**
 * Why an open contact or a broken wire at this line would read as closed; absent when it reads as
 * open, or when only the circuit outside decides. Pure.
 */
export function brokenWireReadsClosed(
  spec: GpioIn,
): { readonly text: string; readonly fix: string } | undefined {
  if (spec.bias === 'pull-up' && !spec.activeLow) {
    const fix = 'wire the contact to ground and add :active-low, or use :pull-down';
    return { text: 'a broken wire is pulled up to 1 and would read as closed', fix };
  }
  if (spec.bias === 'pull-down' && spec.activeLow) {
    const fix = 'wire the contact to the supply and leave out :active-low, or use :pull-up';
    return { text: 'a broken wire is pulled down to active and would read as closed', fix };
  }
  return undefined;
}
