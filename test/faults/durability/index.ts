/**
 * Proof of durability: `npm run faults -- durability`. Each persistent file is written by the
 * product's own code in a process on a disk that fails at the N-th call, for each N; afterwards a
 * second process reads what is left, twice. Real processes, real files, real kills.
 *
 * kill: SIGKILL before the call. torn: half of a write, then SIGKILL. full: half of a write, then
 * no space any more. eio: one call fails. power: SIGKILL, and all that was not synced is gone.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type {
  Campaign,
  CampaignCase,
  CampaignContext,
  CaseFinding,
} from '../../../scripts/campaign';
import { type Built, buildOnce } from './build';
import type { Examined, Mode } from './examine';
import { type Kind, KINDS } from './files';

const ROOT = path.join(__dirname, '..', '..', '..');
const MODES: readonly Mode[] = ['kill', 'torn', 'full', 'eio', 'power'];
/** Points of a case in the quick form, evenly spread; the long form tries every one. */
const QUICK_POINTS: Readonly<Record<Mode, number>> = {
  kill: 6,
  torn: 3,
  full: 3,
  eio: 3,
  power: 3,
};
/** Of the quick form's modes one control each; the long form has one for each case. */
const QUICK_CONTROL: Mode = 'kill';
/** Points at which a control may be noticed; it ends with the first. */
const CONTROL_POINTS = { quick: 6, long: 40 };
/** A case takes a minute at most; this ends one that hangs. */
const LIMIT_ms = 300_000;

/** Cases in which nothing that is taken away can be noticed, so that they have no control. */
const WITHOUT_CONTROL: readonly (readonly [Kind, Mode])[] = [
  // Being there is all that these say: half of one is one.
  ['stop-note', 'torn'],
  ['forced-static', 'torn'],
  ['clean-stop', 'torn'],
  // What one refused call held back goes with the next.
  ['history', 'eio'],
  ['supervisor-latch', 'eio'],
  ['tag-key', 'eio'],
  // A full disk keeps no marker from being removed, and one that is missing is the careful case.
  ['clean-stop', 'full'],
];

const run = promisify(execFile);

interface Asked {
  readonly kind: Kind;
  readonly mode: Mode;
  readonly most: number;
  readonly untilFound?: boolean;
  readonly early?: boolean;
}

async function examined(built: Built, asked: Asked, script: string): Promise<Examined> {
  const folder = mkdtempSync(path.join(built.folder, 'plan-'));
  const plan = JSON.stringify({ ...asked, disk: built.disk, folder });
  try {
    const { stdout } = await run(built.node, [script, 'examine', plan], {
      env: {
        ...process.env,
        HOLDFAST_ROOT: ROOT,
        DURABILITY_CACHE: path.join(built.folder, 'cache'),
      },
      timeout: LIMIT_ms,
    });
    const last: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    if (!isExamined(last)) throw new Error(`no result: ${stdout.slice(-200)}`);
    return last;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isExamined(value: unknown): value is Examined {
  return typeof value === 'object' && value !== null && 'points' in value && 'examples' in value;
}

const foundIn = (e: Examined): number => e.lost + e.mixed + e.unusable + e.raised;

/** With which of the product's means taken away the case notices something. */
async function control(built: Built, asked: Asked): Promise<string | undefined> {
  const most = asked.most === 0 ? CONTROL_POINTS.long : CONTROL_POINTS.quick;
  const some = { ...asked, most, untilFound: true };
  const plain = await examined(built, some, built.broken);
  if (foundIn(plain) > 0) return 'write beside, sync, rename';
  const early = await examined(built, { ...some, early: true }, built.product);
  return foundIn(early) > 0 ? 'acknowledge only what is on disk' : undefined;
}

async function durability(asked: Asked, withControl: boolean): Promise<CaseFinding> {
  const built = await buildOnce();
  if (typeof built === 'string') return { skipped: built };
  if (asked.kind === 'history' && !(await hasSqlite(built.node)))
    return { skipped: 'this Node has no built-in SQLite (22.5 or newer has)' };
  const { examples, ...measured } = await examined(built, asked, built.product);
  const disabled = withControl ? await control(built, asked) : undefined;
  const blind = withControl && disabled === undefined;
  const told = [...examples, ...(blind ? ['the control was not noticed: this case is blind'] : [])];
  return {
    measured: { ...measured },
    bars: [
      { name: 'points', op: '>', value: 0 },
      { name: 'reached', op: '==', value: measured.points },
      { name: 'lost', op: '==', value: 0 },
      { name: 'mixed', op: '==', value: 0 },
      { name: 'unusable', op: '==', value: 0 },
      { name: 'raised', op: '==', value: 0 },
      { name: 'crashed', op: '==', value: 0 },
    ],
    ...(told.length > 0 && { failure: told.join(' | ') }),
    ...(disabled !== undefined && { negativeControl: { disabled, outcome: 'fail' as const } }),
  };
}

async function hasSqlite(node: string): Promise<boolean> {
  const { stdout } = await run(node, ['-p', "!!process.getBuiltinModule?.('node:sqlite')"]);
  return stdout.includes('true');
}

/** One case for each kind of file and way to fail. */
export function durabilityCases({ quick }: CampaignContext): readonly CampaignCase[] {
  return KINDS.flatMap((kind) =>
    MODES.filter((mode) => !quick || mode !== 'eio').map((mode) => {
      const seen = !WITHOUT_CONTROL.some(([k, m]) => k === kind && m === mode);
      const withControl = seen && (!quick || mode === QUICK_CONTROL);
      const most = quick ? QUICK_POINTS[mode] : 0;
      return {
        id: `durability-${kind}-${mode}`,
        params: { points_max: most, composition: 'real', control: withControl },
        run: () => durability({ kind, mode, most }, withControl),
      };
    }),
  );
}

export const durabilityFaults: Campaign = {
  command: 'faults durability',
  composition: 'real',
  emulated: ['failing calls of the disk'],
  cases: durabilityCases,
};
