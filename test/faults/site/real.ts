/** Every case once in the real composition: real sockets, byte-mode wire, wall time. */
import type { CampaignCase, CampaignContext, CaseFinding } from '../../../scripts/campaign';
import { systemClock, systemTimers } from '../../../src/io/clock';
import { type Fault, FAULTS } from '../../../src/sim/composition';
import { type DemoSite, openDemo } from '../../../src/sim/demo';
import { type Clock, type Instant, later, type Timers } from '../../../src/time';
import { SITE_FAULTS } from './cases';
import { demoSite } from './sites';
import type { CaseRun, SiteFault } from './types';
import { setting } from './virtualRun';
import { barsOf, beginFault, endFault, type Seen } from './watch';

const BEFORE_ms = 20_000;
const DURING_ms = 20_000;
const AFTER_ms = 20_000;
/** The ramp has raised the stations when the fault comes. */
const RAISED_ms = 120_000;
const LOOK_ms = 1000;
/** What has been seen by then is judged; a fault of many minutes ends when it was noticed. */
const AT_LEAST_s = 60;
const END_s = 45;
/** So many sites run beside each other. */
const AT_ONCE = 6;

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** The demo's own faults, as its keys give them. */
async function runDemoFault(fault: Fault, seed: number): Promise<CaseFinding> {
  const demo = await openDemo({ ...demoSite(), seed });
  try {
    await wait(BEFORE_ms);
    demo.faults.begin(fault, systemClock.now());
    await wait(DURING_ms);
    demo.faults.end(fault, systemClock.now());
    await wait(AFTER_ms);
    const report = demo.report();
    const [seen] = report.faults;
    const known = { detected_s: seen?.detected_s, static_true_s: seen?.static_true_s };
    const times = Object.entries(known).filter(
      (e): e is [string, number] => typeof e[1] === 'number',
    );
    const measured = { violations: report.limit_violations, ...Object.fromEntries(times) };
    const bars = [{ name: 'violations', op: '==', value: 0 } as const];
    const slow = { name: 'static_true_s', op: '<=', value: 12 } as const;
    return { measured, bars: fault.toStatic ? [...bars, slow] : bars };
  } finally {
    await demo.stop();
  }
}

/** System time with a wall clock that can be wrong. */
class ShiftedTime implements Clock, Timers {
  wallOffset_ms = 0;

  now(): Instant {
    return systemClock.now();
  }

  wall_ms(): number {
    return systemClock.wall_ms() + this.wallOffset_ms;
  }

  at(at: Instant, fn: () => void): () => void {
    return systemTimers.at(at, fn);
  }
}

function realCase(demo: DemoSite, time: ShiftedTime, fault_at: Instant): CaseRun {
  const { broker, rig, segments } = demo;
  const uplink = {
    setUp: (up: boolean) => broker.setUp(up),
    setDeaf: (deaf: boolean) => broker.setDeaf(deaf),
    believe: () => undefined,
  };
  return { rig, time, segments, uplink, fault_at };
}

async function runReal(fault: SiteFault, seed: number): Promise<CaseFinding> {
  const time = new ShiftedTime();
  const of: { run?: CaseRun } = {};
  const asked = (): CaseRun => {
    if (of.run === undefined) throw new Error('asked before the site ran');
    return of.run;
  };
  const fault_at = later(time.now(), RAISED_ms);
  const { site, profiles, catalogue, ...world } = setting(fault, seed);
  const inject = fault.inject?.(asked);
  const demo = await openDemo({
    ...{ site, profiles, catalogue, seed },
    clock: time,
    world: { ...world, ...(inject === undefined ? {} : { inject }) },
  });
  try {
    of.run = realCase(demo, time, fault_at);
    await wait(fault_at - time.now());
    const seen = beginFault(fault, of.run);
    await lived(fault, of.run, seen);
    const report = demo.report();
    seen.violations = report.limit_violations;
    return { measured: measuredIn(seen, report), bars: barsOf(fault, 1) };
  } finally {
    await demo.stop();
  }
}

/** Waits to the end of the fault, and what follows. */
async function lived(fault: SiteFault, run: CaseRun, seen: Seen): Promise<void> {
  const { for_s = AT_LEAST_s } = fault;
  for (let s = 0; s < for_s; s += 1) {
    await wait(LOOK_ms);
    if (s > AT_LEAST_s && seen.detected_s !== undefined) break;
  }
  if (fault.for_s !== undefined) endFault(fault, run);
  await wait(END_s * 1000);
}

function measuredIn(
  seen: Seen,
  report: ReturnType<DemoSite['report']>,
): Readonly<Record<string, number>> {
  return {
    runs: 1,
    violations: seen.violations,
    ...(seen.detected_s === undefined ? {} : { detected_s: seen.detected_s }),
    ...(seen.static_true_s === undefined ? {} : { static_true_s: seen.static_true_s }),
    lines_dropped: Number(seen.line_dropped),
    left_normal: Number(seen.left_normal),
    trip_integral: report.trip_integral_max,
    excess_ms: report.longest_excess_ms,
  };
}

/** Runs wait here for their turn; the first that is asked for lets the next ones begin, too. */
class SideBySide {
  private readonly begun = new Map<string, Promise<CaseFinding>>();
  private readonly todo: readonly (readonly [string, () => Promise<CaseFinding>])[];
  private active = 0;
  private next = 0;

  constructor(todo: readonly (readonly [string, () => Promise<CaseFinding>])[]) {
    this.todo = todo;
  }

  result(id: string): Promise<CaseFinding> {
    this.next = Math.max(
      this.next,
      this.todo.findIndex(([name]) => name === id),
    );
    this.fill();
    return this.begun.get(id) ?? Promise.reject(new Error(`no case ${id}`));
  }

  private fill(): void {
    for (; this.active < AT_ONCE && this.next < this.todo.length; this.next += 1) {
      const [id, run] = this.todo[this.next] ?? ['', undefined];
      if (run === undefined || this.begun.has(id)) continue;
      this.active += 1;
      const ended = run().finally(() => {
        this.active -= 1;
        this.fill();
      });
      // Awaited when its turn comes; until then a failure is not unhandled.
      ended.catch(() => undefined);
      this.begun.set(id, ended);
    }
  }
}

/** One run each; minutes of wall time, so the quick form leaves them out and says so. */
export function realFaultCases(context: CampaignContext): readonly CampaignCase[] {
  const demo = FAULTS.map((fault) => ({
    id: `real-demo-${fault.name}`,
    says: fault.says,
    run: () => runDemoFault(fault, context.seed),
  }));
  const all = SITE_FAULTS.map((fault) => ({
    id: `real-${fault.id}`,
    says: fault.says,
    run: () => runReal(fault, context.seed),
  }));
  const cases = [...demo, ...all];
  const together = new SideBySide(cases.map(({ id, run }) => [id, run]));
  return cases.map(({ id, says, run }) => ({
    id,
    params: { says, composition: 'real' },
    run: () => {
      if (context.quick) {
        return Promise.resolve({ skipped: 'minutes of wall time; runs in the full form' });
      }
      const { only = '*' } = context;
      return only.endsWith('*') ? together.result(id) : run();
    },
  }));
}
