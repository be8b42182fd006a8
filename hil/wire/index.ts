/**
 * hil/wire — an RS-485 line as a process of its own, for measuring clients.
 *
 * Decides: when each byte is on the line, and from that t3.5 violations and collisions (wire.c).
 * Must never: share a process with what it measures. Built on demand with the C compiler found on
 * the machine; without one the campaigns say what they skip.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '..', '..');
const BUILD_FOLDER = join(ROOT, 'dist', 'hil');

/** A program that could be made available, or why not. */
export type Available = { readonly path: string } | { readonly why: string };

/** What wire.c judged, over its whole life. */
export interface WireFigures {
  readonly frames: number;
  readonly replies: number;
  readonly t35_violations: number;
  readonly collisions: number;
  readonly gap_min_us: number;
  readonly gap_avg_us: number;
  /** How late a byte was handed over at worst: the noise of the measurement. */
  readonly delivery_late_max_us: number;
  readonly utilisation: number;
  readonly realtime: boolean;
}

export interface WireOptions {
  readonly baud: number;
  /** Grid on which the adapter hands over bytes, ms. */
  readonly usb_ms?: number;
  /** The server ignores frames that start too early. */
  readonly strict?: boolean;
  readonly turnaround_ms?: number;
  /** No built-in server: `serverPath` is the other end. */
  readonly pair?: boolean;
}

export interface Wire {
  readonly clientPath: string;
  readonly serverPath: string;
  stop(): Promise<WireFigures>;
}

/** Compiles `source` unless it is up to date. */
function compile(source: string, name: string, libraries: readonly string[]): Available {
  const path = join(BUILD_FOLDER, name);
  const from = join(ROOT, source);
  if (existsSync(path) && statSync(path).mtimeMs >= statSync(from).mtimeMs) return { path };
  mkdirSync(BUILD_FOLDER, { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-o', path, from, '-I/usr/include/modbus', ...libraries], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return { path };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const why = text.includes('ENOENT') ? 'no C compiler (cc)' : (text.split('\n')[1] ?? text);
    return { why: `cannot build ${source}: ${why}` };
  }
}

/** The wire itself; needs cc. */
export const buildWire = (): Available => compile('hil/wire/wire.c', 'wire', ['-lm']);

/** The libmodbus client; needs cc and Debian's libmodbus-dev. */
export const buildLibmodbusClient = (): Available =>
  compile('hil/wire/peers/libmodbus.c', 'libmodbus-client', ['-lmodbus']);

/** The pymodbus client is a script: whether Debian's python3-pymodbus is there. */
export function findPymodbus(): Available {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import pymodbus.client, serial'], { stdio: 'ignore' });
    return { path: join(ROOT, 'hil/wire/peers/pymodbus_client.py') };
  } catch {
    return { why: 'python3-pymodbus or python3-serial is not installed' };
  }
}

/** Starts a line. Rejects when the program prints nothing usable. */
export async function startWire(program: string, options: WireOptions): Promise<Wire> {
  const args = ['--baud', String(options.baud)];
  if (options.usb_ms !== undefined) args.push('--usb', String(options.usb_ms));
  if (options.turnaround_ms !== undefined) args.push('--turnaround', String(options.turnaround_ms));
  if (options.strict === true) args.push('--strict');
  if (options.pair === true) args.push('--pair');
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = readObject(await nextLine(lines));
  const { client, server } = first;
  if (typeof client !== 'string' || typeof server !== 'string') {
    throw new Error(`wire printed no paths: ${JSON.stringify(first)}`);
  }
  return {
    clientPath: client,
    serverPath: server,
    stop: async () => {
      child.stdin.end();
      const figures = figuresOf(readObject(await nextLine(lines)));
      await ended(child);
      return figures;
    },
  };
}

/** Runs a client program and returns the numbers of the JSON line it prints. */
export function runClient(
  program: string,
  args: readonly string[],
  timeout_ms: number,
): Promise<Readonly<Record<string, number>>> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: ROOT, timeout: timeout_ms }, (error, stdout, stderr) => {
      if (error !== null) {
        reject(new Error(`${program} failed: ${stderr.slice(-400) || error.message}`));
        return;
      }
      const line = stdout.trim().split('\n').at(-1) ?? '';
      const numbers = Object.entries(readObject(line)).filter(
        (entry): entry is [string, number] => typeof entry[1] === 'number',
      );
      resolve(Object.fromEntries(numbers));
    });
  });
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const line = await lines.next();
  if (line.done === true) throw new Error('wire ended without a word');
  return line.value;
}

function readObject(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`not an object: ${line}`);
  return { ...value };
}

function figuresOf(line: Record<string, unknown>): WireFigures {
  const number = (key: string): number => {
    const value = line[key];
    if (typeof value !== 'number') throw new Error(`wire reported no ${key}`);
    return value;
  };
  return {
    frames: number('frames'),
    replies: number('replies'),
    t35_violations: number('t35_violations'),
    collisions: number('collisions'),
    gap_min_us: number('gap_min_us'),
    gap_avg_us: number('gap_avg_us'),
    delivery_late_max_us: number('delivery_late_max_us'),
    utilisation: number('utilisation'),
    realtime: line['realtime'] === true,
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
