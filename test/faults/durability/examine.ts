/** One plan: a kind of file, a way to fail, and the points at which it fails. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Exercise, Finding, Place, Story } from './exercise';
import { exerciseOf } from './exercises';
import { type Kind, KINDS } from './files';

export const MODES = ['kill', 'torn', 'full', 'eio', 'power'] as const;
export type Mode = (typeof MODES)[number];

export interface Plan {
  readonly kind: Kind;
  readonly mode: Mode;
  /** The compiled failing disk. */
  readonly disk: string;
  /** Empty folder of this plan. */
  readonly folder: string;
  /** At most so many points, evenly spread; 0: all. */
  readonly most: number;
  /** Ends with the first finding: for controls. */
  readonly untilFound: boolean;
  readonly early: boolean;
}

/** What is printed as the last line. */
export interface Examined {
  readonly calls: number;
  readonly points: number;
  /** Points at which the disk failed as planned. */
  readonly reached: number;
  readonly acknowledged: number;
  readonly crashed: number;
  readonly lost: number;
  readonly mixed: number;
  readonly unusable: number;
  readonly raised: number;
  /** The first findings, in words. */
  readonly examples: readonly string[];
}

interface Run {
  readonly story: Story;
  readonly signal: string | null;
  readonly crash: string;
}

const AT_ONCE = 2;
const EXAMPLES_MAX = 5;

function planOf(text: string): Plan {
  const given = new Map<string, unknown>(Object.entries(JSON.parse(text) as object));
  const word = (key: string): string => {
    const value = given.get(key);
    return typeof value === 'string' ? value : '';
  };
  const kind = KINDS.find((one) => one === word('kind'));
  const mode = MODES.find((one) => one === word('mode'));
  if (kind === undefined || mode === undefined) throw new Error(`no plan: ${text}`);
  return {
    kind,
    mode,
    disk: word('disk'),
    folder: word('folder'),
    most: Number(given.get('most') ?? 0),
    untilFound: given.get('untilFound') === true,
    early: given.get('early') === true,
  };
}

/** Runs the plan of the command line; prints one JSON object. */
export async function examine(text: string): Promise<void> {
  const plan = planOf(text);
  const exercise = exerciseOf(plan.kind);
  const template = placeIn(plan, 'template');
  await exercise.prepare?.(template);
  const calls = await callsOf(plan, template);
  const points = pointsOf(plan, calls);
  const sums = { reached: 0, acknowledged: 0, crashed: 0 };
  const counts = { lost: 0, mixed: 0, unusable: 0, raised: 0 };
  const examples: string[] = [];
  const queue = [...points];
  let tried = 0;
  const work = async (): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      tried += 1;
      const { run, made, findings } = await tryPoint(plan, exercise, template, at);
      // It says what it is called for before it fails: a writer that ended earlier met no trouble.
      const survives = plan.mode === 'full' || plan.mode === 'eio';
      if (made >= at && (survives || run.signal === 'SIGKILL')) sums.reached += 1;
      sums.acknowledged += run.story.done.length;
      if (run.crash !== '') sums.crashed += 1;
      const where = `${plan.mode} at call ${at} (${calls[at - 1] ?? 'end'})`;
      if (run.crash !== '') examples.push(`${where}: crashed: ${run.crash}`);
      for (const { kind, text: said } of findings) {
        counts[kind] += 1;
        examples.push(`${where}: ${kind}: ${said}`);
      }
      if (plan.untilFound && findings.length > 0) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const examined: Examined = {
    calls: calls.length,
    points: tried,
    ...sums,
    ...counts,
    examples: examples.slice(0, EXAMPLES_MAX),
  };
  process.stdout.write(`${JSON.stringify(examined)}\n`, () => process.exit(0));
}

function placeIn(plan: Plan, name: string): Place {
  const root = path.join(plan.folder, name);
  const place = { state: path.join(root, 'state'), fixed: path.join(root, 'fixed') };
  for (const folder of Object.values(place)) mkdirSync(folder, { recursive: true });
  mkdirSync(path.join(root, 'side'));
  return place;
}

function copyOf(plan: Plan, template: Place): { readonly root: string; readonly place: Place } {
  const root = mkdtempSync(path.join(plan.folder, 'point-'));
  cpSync(path.dirname(template.state), root, { recursive: true });
  return { root, place: { state: path.join(root, 'state'), fixed: path.join(root, 'fixed') } };
}

/** The calls that change the folder, in order, as `write PATH`; the last is the end's own. */
async function callsOf(plan: Plan, template: Place): Promise<readonly string[]> {
  const { root, place } = copyOf(plan, template);
  const log = path.join(root, 'calls');
  const run = await write(plan, place, { DISK_MODE: 'count', DISK_LOG: log });
  if (run.crash !== '') throw new Error(`on a good disk: ${run.crash}`);
  if (!existsSync(log)) throw new Error('the failing disk was not loaded');
  const calls = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(root, { recursive: true, force: true });
  return calls;
}

/** The calls that make sense for the mode; the last call is the end, after which nothing is written. */
function pointsOf(plan: Plan, calls: readonly string[]): readonly number[] {
  const wanted = calls.flatMap((call, i) => {
    const what = call.split(' ')[0] ?? '';
    // SQLite's index of the log is memory shared by processes; it is made anew from the log.
    if (call.endsWith('-shm')) return [];
    if (plan.mode === 'torn' && what !== 'write') return [];
    if (plan.mode === 'full' && !['write', 'create', 'mkdir'].includes(what)) return [];
    return [i + 1];
  });
  if (plan.most === 0 || wanted.length <= plan.most) return wanted;
  const step = (wanted.length - 1) / (plan.most - 1);
  return Array.from({ length: plan.most }, (_, k) => wanted[Math.round(k * step)] ?? 1);
}

async function tryPoint(
  plan: Plan,
  exercise: Exercise,
  template: Place,
  at: number,
): Promise<{ readonly run: Run; readonly made: number; readonly findings: readonly Finding[] }> {
  const { root, place } = copyOf(plan, template);
  const side = path.join(root, 'side');
  const log = path.join(root, 'calls');
  const run = await write(plan, place, {
    DISK_MODE: plan.mode,
    DISK_AT: String(at),
    DISK_SIDE: side,
    DISK_LOG: log,
  });
  const made = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0;
  rmSync(path.join(place.state, '.end'), { force: true });
  const findings: Finding[] = [];
  // The start after the trouble, and the one after that.
  for (let start = 1; start <= 2 && findings.length === 0; start += 1) {
    try {
      findings.push(...(await exercise.check(place, run.story, plan.mode === 'power')));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      findings.push({ kind: 'unusable', text: `start ${start}: ${why}` });
    }
  }
  rmSync(root, { recursive: true, force: true });
  return { run, made, findings };
}

/** The writer on its disk; resolves when it has ended in whatever way. */
function write(plan: Plan, place: Place, disk: Readonly<Record<string, string>>): Promise<Run> {
  const script = process.argv[1] ?? '';
  const child = spawn(process.execPath, [script, 'write', plan.kind, place.state, place.fixed], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      ...disk,
      DISK_ROOT: place.state,
      LD_PRELOAD: plan.disk,
      // What is not seen by the C library is not seen by the failing disk.
      UV_USE_IO_URING: '0',
      ...(plan.early && { DURABILITY_EARLY: '1' }),
    },
  });
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const { story, crash } = storyOf(text);
      resolve({ story, signal, crash: code === 0 || code === null ? crash : crash || `${code}` });
    });
  });
}

function storyOf(text: string): { readonly story: Story; readonly crash: string } {
  const begun: string[] = [];
  const done: string[] = [];
  const answers = new Map<string, unknown>();
  let crash = '';
  for (const line of text.split('\n')) {
    // The log of the product goes to stdout as well; it is no object.
    if (!line.startsWith('{')) continue;
    const said = new Map<string, unknown>(Object.entries(JSON.parse(line) as object));
    const name = said.get('done');
    if (said.has('begun')) begun.push(String(said.get('begun')));
    if (typeof name === 'string') {
      done.push(name);
      if (said.has('answer')) answers.set(name, said.get('answer'));
    }
    if (said.has('crashed')) crash = String(said.get('crashed'));
  }
  return { story: { begun, done, answers }, crash };
}
