import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { linesFor } from '../../src/board';
import { systemClock } from '../../src/io/clock';
import { parseLineSpec } from '../../src/io/line';
import { Backoff, between } from '../../src/time';
import { boardFile, loadBoard } from '../loadBoard';
import { armSite, type ArmedSite } from '../processes/armSite';
import type { ProcessConfig } from '../processes/config';
import { log } from '../processes/log';
import { readable } from './files';
import { endClean, prepare } from './firstStart';
import { refuse } from './refuse';
import { holdState } from './stateHold';
import { isTimeZone } from '../timeZone';
import { programEntry, supervisorEntry } from '../where';

const USE =
  'use: holdfast run --site SITE.yaml --trust KEY.pub [--state FOLDER] [--board NAME | --line SPEC]';
const PROCESSES = ['supervisor', 'recorder', 'stations', 'uplink', 'planner', 'site'] as const;
/** V8 for a small board: small young generation, a cap that turns a leak into a restart, no helpers. */
const SMALL_HEAP = [
  '--max-semi-space-size=1',
  '--max-old-space-size=96',
  '--single-threaded-gc',
  '--v8-pool-size=1',
  '--no-maglev',
  '--no-sparkplug',
  '--disable-warning=DEP0169',
];
/** Where processes compete, the safety path goes first: niceness on top of the launcher's own. */
const NICE: Readonly<Record<string, number>> = { stations: 5, uplink: 10, recorder: 10 };
/** A process that ended is started again after this; on the gateway systemd does it. */
const RESTART_ms = 500;
/** One that ends again and again waits longer, up to this, and less again once it has lived so long. */
const RESTART_MAX_ms = 10_000;
const LIVES_ms = 60_000;

/** `holdfast run`: checks the signature, makes keys at the first run, starts the processes. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      site: { type: 'string' },
      state: { type: 'string', default: 'holdfast-state' },
      trust: { type: 'string', multiple: true, default: [] },
      line: { type: 'string' },
      board: { type: 'string' },
      single: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const no = (code: 1 | 2, text: string): number => refuse('run', values.json, code, text);
  const { site: siteFile } = values;
  if (siteFile === undefined || values.trust.length === 0) return no(2, USE);
  if (values.state === '') return no(2, `--state names no folder; ${USE}`);
  if (values.board !== undefined && values.line !== undefined)
    return no(2, '--board and --line both name the lines: keep one of them');
  for (const file of [siteFile, ...values.trust]) {
    const missing = readable(file);
    if (missing !== undefined) return no(2, missing);
  }
  let armed: ArmedSite;
  try {
    armed = armSite(siteFile, values.trust, isTimeZone);
  } catch (error) {
    return no(1, error instanceof Error ? error.message : 'refused');
  }
  const state = path.resolve(values.state);
  const ids = armed.site.lines.map((l) => l.id);
  const wrong = values.line === undefined ? undefined : lineProblem(values.line, ids);
  if (wrong !== undefined) return no(2, wrong);
  const board = boardParts(values.board, ids, state);
  if (typeof board === 'string') return no(1, board);
  const first = !existsSync(state);
  const hold = await holdState(state);
  if ('refused' in hold) return no(1, hold.refused);
  const from = {
    siteFile: path.resolve(siteFile),
    trust: values.trust.map((t) => path.resolve(t)),
    ...board,
    ...(values.line === undefined ? {} : { line: values.line }),
  };
  const config = await prepare(armed.site, state, from, first);
  // Without a broker in the site file there is nothing for `uplink` to do.
  const { site } = armed;
  // A process that has nothing to do would only cost memory.
  const idle = new Set([
    ...(site.uplinks.length > 0 ? [] : ['uplink']),
    ...(site.planning !== undefined && site.bess.length > 0 ? [] : ['planner']),
  ]);
  const names = PROCESSES.filter((p) => !idle.has(p));
  await supervise(config, names, values.single);
  endClean(config);
  hold.release();
  return 0;
}

/** What is wrong with the words of `--line`: it names one line, only emulated ones have others beside. */
function lineProblem(text: string, ids: readonly string[]): string | undefined {
  const spec = parseLineSpec(text);
  if (spec === undefined) {
    const forms =
      'watchdog:/dev/watchdogN[,FEEDBACK], gpio:PROGRAM:/dev/gpiochipN:OFFSET, emulated:FILE';
    return `--line ${text} is no back end of a line: write one of ${forms}`;
  }
  if (spec.kind === 'emulated' || ids.length <= 1) return undefined;
  return `--line names one line, the site file has ${ids.join(', ')}: name them in a board (--board)`;
}

/** Lines and inputs from the board, or why it cannot be used. Without a board all is emulated. */
function boardParts(
  name: string | undefined,
  lines: readonly string[],
  state: string,
): Pick<ProcessConfig, 'line' | 'inputs'> | string {
  if (name === undefined) return { line: `emulated:${state}/line` };
  const file = boardFile(name);
  if (file === undefined) return `there is no board "${name}"; see boards/README.md`;
  const loaded = loadBoard(file);
  if ('findings' in loaded) return loaded.findings.join('\n');
  const { backEnds, problems } = linesFor(loaded.board, lines, state);
  if (problems.length > 0) return problems.join('\n');
  const line = JSON.stringify(Object.fromEntries(backEnds));
  const own = (spec: string): string =>
    spec.replace(/^emulated:holdfast-state\//, `emulated:${state}/`);
  const inputs = loaded.board.inputs.map((x) => ({ ...x, backEnd: own(x.backEnd) }));
  return { line, inputs };
}

/** Starts the processes, restarts those that end, and ends them all on SIGINT or SIGTERM. */
async function supervise(
  config: ProcessConfig,
  names: readonly string[],
  single: boolean,
): Promise<void> {
  const children = new Map<string, ChildProcess>();
  const waits = new Map<string, Backoff>();
  let ending = false;
  const start = (name: string, as: ProcessConfig): void => {
    const begun = systemClock.now();
    const waiting =
      waits.get(name) ?? new Backoff({ first_ms: RESTART_ms, max_ms: RESTART_MAX_ms });
    waits.set(name, waiting);
    // One process is the composition for small boards: memory counts more than speed there.
    const lean = single ? ['--lite-mode'] : [];
    const flags = [...SMALL_HEAP, ...lean, ...process.execArgv];
    const own = name === 'supervisor' ? supervisorEntry() : undefined;
    // The supervisor works a millisecond per second: memory counts more than speed.
    const words = own === undefined ? [programEntry(), 'process', name] : ['--lite-mode', own];
    const args = [...flags, ...words, JSON.stringify(as)];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      // glibc (mallopt): an arena per thread would keep what the thread pool used once, and the
      // arenas keep what the start used unless their end is given back from 64 KiB on.
      env: {
        ...process.env,
        MALLOC_ARENA_MAX: '2',
        MALLOC_TRIM_THRESHOLD_: '65536',
        NODE_COMPILE_CACHE: path.join(config.state, 'compile-cache'),
      },
    });
    children.set(name, child);
    yieldTo(child.pid, NICE[name]);
    child.once('exit', (code, signal) => {
      if (ending) return;
      if (between(begun, systemClock.now()) >= LIVES_ms) waiting.reset();
      const wait_ms = waiting.next_ms();
      const when = wait_ms > RESTART_ms ? ` in ${wait_ms / 1000} s` : '';
      log('run', `${name} ended (${signal ?? String(code)}); starting it again${when}`);
      setTimeout(() => {
        // What died did not stop cleanly: it returns by the rules of a return (INV-7).
        if (!ending) start(name, { ...config, start: 'return' });
      }, wait_ms);
    });
  };
  for (const name of single ? [names.join(',')] : names) start(name, config);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  ending = true;
  await Promise.all([...children.values()].map(stopChild));
}

function yieldTo(pid: number | undefined, by: number | undefined): void {
  if (pid === undefined || by === undefined) return;
  try {
    setPriority(pid, Math.min(19, getPriority() + by));
  } catch {
    // Already gone, or not allowed: it runs as the others do.
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 2000);
  await gone;
  clearTimeout(force);
}
