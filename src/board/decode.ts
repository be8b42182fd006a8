/** The content of `board.yaml`, checked key by key. Pure; the caller turns paths into lines. */
import { type Fault, held, inputFault, lineFault } from './backEnds';

export interface BoardFinding {
  readonly path: string;
  readonly text: string;
  readonly fix: string;
}

export interface BoardLine {
  /** Id of a line of the site file, or `line-N` by order. */
  readonly id: string;
  readonly kind: 'watchdog' | 'isolate';
  readonly backEnd: string;
  /** Seconds after the last edge in which the driver still gives edges, plus the one-shot. */
  readonly timeout_s: number;
}

export interface BoardInput {
  readonly id: string;
  /** `contact`: read by name, such as a grid operator's signal. */
  readonly role: 'emergency-stop' | 'fire' | 'contact';
  readonly backEnd: string;
  /** State of the contact in which it asks for something; a wire break must look like it. */
  readonly active: 'open' | 'closed';
}

export interface Board {
  readonly id: string;
  readonly arch: 'x64' | 'arm64';
  readonly status: 'verified-in-qemu' | 'dtb-checked' | 'paper-only' | 'emulated-line';
  readonly tier: string;
  readonly serial: readonly { readonly role: string; readonly match: string }[];
  readonly lines: readonly BoardLine[];
  readonly inputs: readonly BoardInput[];
  readonly keyStorage: 'file' | 'tpm' | 'secure-element';
  readonly console: string;
  /** Watchdog of the machine itself; never one of the lines. */
  readonly systemWatchdog?: string;
}

const ID = /^[a-z][a-z0-9-]{0,31}$/;
const KEYS = [
  'id',
  'arch',
  'status',
  'tier',
  'serial',
  'lines',
  'inputs',
  'keyStorage',
  'console',
  'systemWatchdog',
];

/** From hang to open contact at most 4 s: driver, one-shot 0.8 s and relay must fit. */
const TIMEOUT_MAX_s = 3;

class Reader {
  readonly findings: BoardFinding[] = [];

  bad(path: string, text: string, fix: string): void {
    this.findings.push({ path, text, fix });
  }

  block(value: unknown, path: string, keys: readonly string[]): ReadonlyMap<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.bad(path, 'not a block of keys', `known keys: ${keys.join(', ')}`);
      return new Map();
    }
    const given = new Map<string, unknown>(Object.entries(value));
    for (const key of given.keys()) {
      if (keys.includes(key)) continue;
      const at = path === '' ? key : `${path}.${key}`;
      this.bad(at, `"${key}" is not a key here`, `known keys: ${keys.join(', ')}`);
    }
    return given;
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.bad(path, 'not a list', 'use "- "');
    return [];
  }

  word<const W extends string>(value: unknown, path: string, words: readonly [W, ...W[]]): W {
    const hit = words.find((w) => w === value);
    if (hit === undefined) this.bad(path, `${show(value)} is not known`, words.join(' | '));
    return hit ?? words[0];
  }

  text(value: unknown, path: string, form: RegExp, example: string): string {
    if (typeof value === 'string' && form.test(value)) return value;
    this.bad(path, value === undefined ? 'missing' : `${show(value)} is not of this form`, example);
    return '';
  }

  backEnd(value: unknown, path: string, fault: Fault | undefined): string {
    if (fault !== undefined) this.bad(path, fault.text, fault.fix);
    return fault === undefined && typeof value === 'string' ? value : '';
  }
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** The board, or what is wrong with the file. Pure. */
export function decodeBoard(
  value: unknown,
):
  | { readonly ok: true; readonly board: Board }
  | { readonly ok: false; readonly findings: readonly BoardFinding[] } {
  const r = new Reader();
  const given = r.block(value, '', KEYS);
  const systemWatchdog = given.get('systemWatchdog');
  const board: Board = {
    id: r.text(given.get('id'), 'id', ID, 'small letters, digits and "-"'),
    arch: r.word(given.get('arch'), 'arch', ['x64', 'arm64']),
    status: r.word(given.get('status'), 'status', [
      'paper-only',
      'dtb-checked',
      'verified-in-qemu',
      'emulated-line',
    ]),
    tier: r.text(given.get('tier'), 'tier', /./, 'such as development, ci, field'),
    serial: r.list(given.get('serial'), 'serial').map((s, i) => serial(r, s, `serial[${i}]`)),
    lines: r.list(given.get('lines'), 'lines').map((l, i) => line(r, l, `lines[${i}]`)),
    inputs: r.list(given.get('inputs'), 'inputs').map((x, i) => input(r, x, `inputs[${i}]`)),
    keyStorage: r.word(given.get('keyStorage'), 'keyStorage', ['file', 'tpm', 'secure-element']),
    console: r.text(given.get('console'), 'console', /^(stdio|\/dev\/.+)$/, 'stdio or /dev/ttyS0'),
    ...(systemWatchdog === undefined
      ? {}
      : { systemWatchdog: r.text(systemWatchdog, 'systemWatchdog', /^\/dev\//, '/dev/watchdog') }),
  };
  if (board.lines.length === 0) {
    r.bad('lines', 'a board without a line proves nothing', 'add one; emulated: on a laptop');
  }
  twice(r, board);
  return r.findings.length > 0 ? { ok: false, findings: r.findings } : { ok: true, board };
}

function serial(r: Reader, value: unknown, path: string): Board['serial'][number] {
  const given = r.block(value, path, ['role', 'match', 'rs485']);
  r.word(given.get('rs485'), `${path}.rs485`, ['none', 'adapter', 'auto', 'rts', 'gpio']);
  return {
    role: r.text(given.get('role'), `${path}.role`, ID, 'field-bus'),
    match: r.text(given.get('match'), `${path}.match`, /^\/dev\//, '/dev/serial/by-id/...'),
  };
}

function line(r: Reader, value: unknown, path: string): BoardLine {
  const given = r.block(value, path, ['id', 'kind', 'backEnd', 'timeout_s']);
  const timeout_s = given.get('timeout_s');
  const backEnd = given.get('backEnd');
  const known = typeof timeout_s === 'number' && timeout_s >= 1 && timeout_s <= TIMEOUT_MAX_s;
  if (!known) {
    const why = `${show(timeout_s)} s: the contact must open within 4 s of a hang`;
    r.bad(`${path}.timeout_s`, why, `1 to ${TIMEOUT_MAX_s} (timeout-sec of the device tree)`);
  }
  return {
    id: r.text(given.get('id'), `${path}.id`, ID, 'line-1'),
    kind: r.word(given.get('kind'), `${path}.kind`, ['watchdog', 'isolate']),
    backEnd: r.backEnd(backEnd, `${path}.backEnd`, lineFault(backEnd)),
    timeout_s: known ? timeout_s : TIMEOUT_MAX_s,
  };
}

function input(r: Reader, value: unknown, path: string): BoardInput {
  const given = r.block(value, path, ['id', 'role', 'backEnd', 'active']);
  const role = r.word(given.get('role'), `${path}.role`, ['emergency-stop', 'fire', 'contact']);
  const active = r.word(given.get('active'), `${path}.active`, ['open', 'closed']);
  if (role !== 'contact' && active === 'closed') {
    const text = `${role} acts when closed: a broken wire would look like no emergency`;
    r.bad(`${path}.active`, text, 'wire a normally closed contact and write active: open');
  }
  const backEnd = given.get('backEnd');
  return {
    id: r.text(given.get('id'), `${path}.id`, ID, 'stop-1'),
    role,
    active,
    backEnd: r.backEnd(backEnd, `${path}.backEnd`, inputFault(backEnd)),
  };
}

/**
 * Two lines on one device would keep each other alive; so would a line on the system watchdog. A
 * line of a chip can be held once, and one contact cannot speak for two things.
 */
function twice(r: Reader, board: Board): void {
  const ids = new Set<string>();
  const users = new Map<string, string>();
  if (board.systemWatchdog !== undefined) users.set(board.systemWatchdog, 'systemWatchdog');
  const hold = (backEnd: string, path: string, fix: string): void => {
    for (const what of held(backEnd)) {
      const by = users.get(what);
      if (by !== undefined) r.bad(path, `${what} is used twice, here and in ${by}`, fix);
      users.set(what, path);
    }
  };
  board.lines.forEach((l, i) => {
    if (ids.has(l.id)) r.bad(`lines[${i}].id`, `"${l.id}" is given twice`, 'name it differently');
    hold(l.backEnd, `lines[${i}].backEnd`, 'one device and one feedback contact for each line');
    ids.add(l.id);
  });
  const names = new Set<string>();
  board.inputs.forEach((x, i) => {
    if (names.has(x.id)) r.bad(`inputs[${i}].id`, `"${x.id}" is given twice`, 'rename it');
    hold(x.backEnd, `inputs[${i}].backEnd`, 'one line of a chip for each contact');
    names.add(x.id);
  });
}
