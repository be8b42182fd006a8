/**
 * Stress on the processes of a real gateway (built bundle, separate processes, real sockets, wall
 * time): what must not cost an edge, and what must. The stress is stress.cjs, preloaded.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Bar, CampaignCase, CampaignContext, CaseFinding } from '../../../scripts/campaign';
import { systemClock } from '../../../src/io/clock';
import { between } from '../../../src/time';
import { type Gateway, until } from '../../scenarios/gateway';
import { onAll, type Stress, Stressed } from './stressed';

const HOUR_ms = 3_600_000;
const SHORT_ms = 45_000;
/** A process other than `site` and `supervisor` may be stressed at will. */
const OTHERS = ['recorder', 'stations', 'uplink'] as const;

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

function rss_MiB(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** Waits until the site raises stations, stresses it, looks; then shows that a drop is seen. */
async function underStress(
  one: ProcessCase,
  context: CampaignContext,
  lasts_ms: number,
): Promise<CaseFinding> {
  const run = await Stressed.open(context.seed, lasts_ms + 300_000);
  try {
    await until('a station draws more than static', 60_000, () => run.raised());
    const rssAt = () => ({
      site: rss_MiB(run.gateway.pidOf('site')),
      supervisor: rss_MiB(run.gateway.pidOf('supervisor')),
    });
    const before = rssAt();
    run.begins();
    const begun = systemClock.now();
    run.set(one.stress);
    one.begin?.(run.gateway);
    for (let minute = 1; minute * 60_000 <= lasts_ms; minute += 1) {
      await wait(60_000);
      if (minute % 10 === 0) {
        context.progress(`${one.id}: ${minute} min, ${run.drops} drops, ${rssAt().site} MiB`);
      }
    }
    await wait(lasts_ms % 60_000);
    const after = rssAt();
    const measured = {
      lasted_s: lasts_ms / 1000,
      line_drops: run.drops,
      longest_gap_ms: run.longestGap_ms,
      violations: run.gateway.sim.judge.report().violations.length,
      restarts: run.restarts(),
      overruns: run.seen(/raised cycle-overrun/g),
      left_normal: run.seen(/normal -> /g),
      site_growth_MiB: after.site - before.site,
      supervisor_growth_MiB: after.supervisor - before.supervisor,
      ...(run.detected_s === undefined ? {} : { detected_s: run.detected_s }),
      ...(run.droppedAt === undefined ? {} : { open_s: between(begun, run.droppedAt) / 1000 }),
      ...(one.says === undefined ? {} : { said: run.seen(one.says) }),
    };
    const bars: Bar[] = [{ name: 'violations', op: '==', value: 0 }, ...one.bars];
    if (one.says !== undefined) bars.push({ name: 'said', op: '>=', value: 1 });
    if (one.alone === undefined) return { measured, bars, ...(await control(run)) };
    await run.close();
    return { measured, bars, ...(await controlAlone(one, one.alone, context.seed)) };
  } finally {
    await run.close();
  }
}

type Measured = Exclude<CaseFinding, { readonly skipped: string }>;
type Controlled = Pick<Measured, 'negativeControl' | 'failure'>;

/** The same run, with the protection switched off that the case relies on: a drop must be seen. */
async function control(run: Stressed): Promise<Controlled> {
  const dropsBefore = run.drops;
  run.set({ supervisor: ['block'], site: ['block'] });
  await wait(9000);
  const fails = run.drops > dropsBefore;
  const disabled =
    'the separation of processes: site and supervisor stand still for 5 s themselves';
  if (fails) return { negativeControl: { disabled, outcome: 'fail' } };
  return { negativeControl: { disabled, outcome: 'pass' }, failure: 'control: no drop was seen' };
}

/** A control of its own gateway: the first one's line is open already. */
interface AloneControl {
  readonly disabled: string;
  readonly nodeFlags?: readonly string[];
  readonly weaken?: (run: Stressed) => void;
  /** What the case asks for did not happen. */
  readonly fails: (run: Stressed) => boolean;
}

/** Long enough for what the case asks for: seen within 4 s with the protection in place. */
const ALONE_ms = 12_000;

async function controlAlone(
  one: ProcessCase,
  { disabled, nodeFlags, weaken, fails }: AloneControl,
  seed: number,
): Promise<Controlled> {
  const run = await Stressed.open(seed, 300_000, nodeFlags);
  try {
    await until('a station draws more than static', 60_000, () => run.raised());
    weaken?.(run);
    run.set(one.stress);
    one.begin?.(run.gateway);
    await wait(ALONE_ms);
    if (fails(run)) return { negativeControl: { disabled, outcome: 'fail' } };
    const failure = 'control: the case is met without its protection';
    return { negativeControl: { disabled, outcome: 'pass' }, failure };
  } finally {
    await run.close();
  }
}

/** Edges from a timer, whatever is known: peers' watchdogs. */
function feedForever(run: Stressed): void {
  const { line } = run.gateway;
  const timer = setInterval(() => line.edge(systemClock.now()), 500);
  run.atClose(() => clearInterval(timer));
}

interface ProcessCase {
  readonly id: string;
  readonly text: string;
  readonly stress: Stress;
  readonly begin?: (g: Gateway) => void;
  readonly bars: readonly Bar[];
  /** Something the log must say. */
  readonly says?: RegExp;
  /** Where the case itself opens the line. */
  readonly alone?: AloneControl;
}

const NO_DROP: Bar = { name: 'line_drops', op: '==', value: 0 };
const DROP: Bar = { name: 'line_drops', op: '>=', value: 1 };

/** No process may open one more file or socket than it has now. */
function noDescriptors(g: Gateway): void {
  for (const name of ['site', 'stations', 'recorder', 'uplink', 'supervisor']) {
    const pid = g.pidOf(name);
    if (pid === undefined) continue;
    const open = readdirSync(`/proc/${pid}/fd`).length;
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open}:${open}`]);
  }
}

const QUICKLY: Bar = { name: 'detected_s', op: '<=', value: 2 };
const OPENS: Bar = { name: 'open_s', op: '<=', value: 4 };

const signal =
  (name: string, what: 'SIGKILL' | 'SIGSTOP') =>
  (g: Gateway): void => {
    const pid = g.pidOf(name);
    if (pid !== undefined) process.kill(pid, what);
  };

const lineFromTimer: AloneControl = {
  disabled: 'edges only for a judged record: a timer feeds the line (fails on line_drops)',
  weaken: feedForever,
  fails: (run) => run.drops === 0,
};

const CASES: readonly ProcessCase[] = [
  {
    id: 'processes-fsync-stall',
    text: 'each sync of a file takes 5 s in every process',
    stress: { ...onAll(OTHERS, ['fsync', 'probe']), supervisor: ['fsync'], site: ['fsync'] },
    bars: [NO_DROP],
  },
  {
    id: 'processes-cpu-gc',
    text: 'recorder, stations and uplink burn all processor time and make garbage',
    stress: onAll(OTHERS, ['cpu', 'gc']),
    bars: [NO_DROP],
  },
  {
    id: 'processes-leak-recorder',
    text: 'the recorder leaks to its heap limit and is started again',
    stress: { recorder: ['leak'] },
    bars: [NO_DROP, { name: 'restarts', op: '>=', value: 1 }],
  },
  {
    id: 'processes-leak-site',
    text: 'the site process leaks to its heap limit; it dies, and INV-1 holds',
    stress: { site: ['leak'] },
    bars: [{ name: 'restarts', op: '>=', value: 1 }],
    alone: {
      disabled: 'the cap on its heap: the leak goes on and nothing ends it (fails on restarts)',
      nodeFlags: ['--max-old-space-size=4096'],
      fails: (run) => run.restarts() === 0,
    },
  },
  {
    id: 'processes-disk-full',
    text: 'no process can write to a disk',
    stress: onAll([...OTHERS, 'supervisor'], ['full']),
    // Something is worth an entry while the disk is full: a site that is told to stand still.
    begin: (g) => {
      const pid = g.pidOf('uplink');
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    },
    bars: [NO_DROP],
  },
  {
    id: 'processes-no-descriptors',
    text: 'no process can open one more file or socket',
    stress: {},
    begin: noDescriptors,
    bars: [NO_DROP],
  },
  {
    id: 'processes-block-supervisor',
    text: 'the supervisor stands still for 5 s: the line drops',
    stress: { supervisor: ['block'] },
    bars: [DROP],
    alone: lineFromTimer,
  },
  {
    id: 'processes-kill-site',
    text: 'site is killed; the launcher starts it again, and it returns by INV-7',
    stress: {},
    begin: signal('site', 'SIGKILL'),
    bars: [DROP, QUICKLY, OPENS, { name: 'restarts', op: '>=', value: 1 }],
    alone: lineFromTimer,
  },
  {
    id: 'processes-stop-site',
    text: 'site is stopped; the supervisor ends it, and it returns by INV-7',
    stress: {},
    begin: signal('site', 'SIGSTOP'),
    bars: [DROP, QUICKLY, OPENS, { name: 'restarts', op: '>=', value: 1 }],
    alone: lineFromTimer,
  },
  {
    id: 'processes-kill-supervisor',
    text: 'the supervisor is killed; it returns by INV-7',
    stress: {},
    begin: signal('supervisor', 'SIGKILL'),
    bars: [DROP, QUICKLY, OPENS, { name: 'restarts', op: '>=', value: 1 }],
    alone: lineFromTimer,
  },
  {
    id: 'processes-kill-stations',
    text: 'stations is killed and started again',
    stress: {},
    begin: signal('stations', 'SIGKILL'),
    bars: [NO_DROP, QUICKLY, { name: 'restarts', op: '>=', value: 1 }],
  },
  {
    id: 'processes-kill-uplink',
    text: 'uplink is killed and started again',
    stress: {},
    begin: signal('uplink', 'SIGKILL'),
    bars: [NO_DROP, QUICKLY, { name: 'restarts', op: '>=', value: 1 }],
  },
  {
    id: 'processes-station-flood',
    text: 'three stations send 500 messages a second each, are cut, and come again at once',
    stress: {},
    begin: (g) => {
      for (const s of g.sim.stations.stations.slice(0, 3)) {
        s.setBehaviour('flooding', systemClock.now());
      }
    },
    bars: [NO_DROP, QUICKLY],
  },
];

const REAL_HOUR: ProcessCase = {
  id: 'real-hour',
  text: 'an hour of wall time with 5 s fsync stalls, full processor load and garbage in all processes but site and supervisor',
  stress: onAll(OTHERS, ['fsync', 'probe', 'cpu', 'gc']),
  bars: [NO_DROP],
};

/** Wall time: the quick form leaves them out and says so. */
export function processCases(context: CampaignContext): readonly CampaignCase[] {
  const make = (one: ProcessCase, lasts_ms: number): CampaignCase => ({
    id: one.id,
    params: { says: one.text, composition: 'real', lasts_s: lasts_ms / 1000 },
    run: () => {
      if (process.platform !== 'linux') return Promise.resolve({ skipped: 'reads /proc: Linux' });
      return context.quick
        ? Promise.resolve({ skipped: `${lasts_ms / 1000} s of wall time; runs in the full form` })
        : underStress(one, context, lasts_ms);
    },
  });
  return [...CASES.map((one) => make(one, SHORT_ms)), make(REAL_HOUR, HOUR_ms)];
}
