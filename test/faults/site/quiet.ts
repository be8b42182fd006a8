/**
 * Thirty simulated days of an ordinary busy site with noisy meters and no fault: nothing may trip,
 * no meter may be disbelieved, and the heap may not grow.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CampaignCase, CampaignContext, CaseFinding } from '../../../scripts/campaign';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { runVirtual, type VirtualOptions, type VirtualRun } from '../../../src/sim/composition';
import { later } from '../../../src/time';

const DAY_ms = 86_400_000;
const DAYS = 30;
/** By then caches, histories and rings have their size. */
const SETTLED_DAY = 3;
/** Alarms that only a false judgement of a healthy meter can raise. */
const METER_ALARMS: ReadonlySet<string> = new Set([
  'meter-energy',
  'meter-frozen',
  'meter-implausible',
  'meter-mismatch',
  'meter-silent',
]);

type Site = Pick<VirtualOptions, 'site' | 'profiles' | 'catalogue'>;

/** Bytes that are still reachable after a full collection, MiB. */
function heap_MiB(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed / 1_048_576;
}

/** A fall of the sun by so much of its rating within so long is a disturbance. */
const CLOUD = { share: 0.05, cycles: 10 } as const;

/**
 * Tells the judge of clouds: a partial loss of PV lies in the declared envelope, so the excess it
 * leaves where no battery can cover it must end within the reaction time (INV-1 b).
 */
function cloudWatch(rated_W: number): (run: VirtualRun) => void {
  const before: number[] = [];
  return (run) => {
    // The true sun: a reading that is missing is no cloud.
    const sun_W = [...run.rig.sim.pv.values()].reduce((sum, p) => sum + p.truePower_W(), 0);
    before.push(sun_W);
    if (before.length > CLOUD.cycles) before.shift();
    if (Math.max(...before) - sun_W < CLOUD.share * rated_W) return;
    run.rig.sim.judge.disturb(run.time.now());
  };
}

function quietDays(site: Site, days: number, context: CampaignContext): CaseFinding {
  const heaps: number[] = [];
  const raised = new Map<string, number>();
  let drops = 0;
  let leftNormal = 0;
  let active: ReadonlySet<string> = new Set();
  let current: VirtualRun | undefined;
  const clouds = cloudWatch(site.site.pv.reduce((sum, p) => sum + p.rated_W, 0));
  let wasUp = false;
  let mode = 'static';
  const { report } = runVirtual({
    ...site,
    codec: createPduCodec(),
    seed: context.seed,
    duration_s: (days * DAY_ms) / 1000,
    onSnapshot: (s) => {
      const now = new Set(s.alarms.map((a) => `${a.id} ${a.subject}`));
      for (const a of s.alarms) {
        if (!active.has(`${a.id} ${a.subject}`)) raised.set(a.id, (raised.get(a.id) ?? 0) + 1);
      }
      active = now;
      if (mode === 'normal' && s.mode !== 'normal') leftNormal += 1;
      mode = s.mode;
      if (current !== undefined) clouds(current);
      const up = current?.rig.line.energised(current.time.now()) === true;
      if (wasUp && !up) drops += 1;
      wasUp = up;
    },
    prepare: (run) => {
      current = run;
      const begin = run.time.now();
      for (let day = 1; day <= days; day += 1) {
        run.time.at(later(begin, day * DAY_ms - 1), () => {
          heaps.push(heap_MiB());
          const alarms = [...raised].map(([id, n]) => `${id} ${n}`).join(', ');
          const heap = (heaps.at(-1) ?? 0).toFixed(1);
          context.progress(`quiet day ${day}: ${drops} drops, heap ${heap} MiB; ${alarms}`);
        });
      }
    },
  });
  const count = (chosen: (id: string) => boolean): number =>
    [...raised].filter(([id]) => chosen(id)).reduce((n, [, times]) => n + times, 0);
  const settled = heaps[SETTLED_DAY - 1] ?? heaps[0] ?? Number.NaN;
  return {
    measured: {
      days,
      false_trips: drops,
      left_normal: leftNormal,
      meter_alarms: count((id) => METER_ALARMS.has(id)),
      other_alarms: count((id) => !METER_ALARMS.has(id)),
      violations: report.limit_violations,
      heap_settled_MiB: settled,
      heap_growth_MiB: (heaps.at(-1) ?? Number.NaN) - settled,
      energy_kWh: report.energy_delivered_Wh / 1000,
    },
    bars: [
      { name: 'false_trips', op: '<=', value: 1 },
      { name: 'meter_alarms', op: '==', value: 0 },
      { name: 'violations', op: '==', value: 0 },
      { name: 'heap_growth_MiB', op: '<=', value: 3 },
    ],
  };
}

/** `npm run faults -- site --case quiet-30d`; about 20 minutes, so only in the full form. */
export const quietCases = (site: () => Site, context: CampaignContext): readonly CampaignCase[] => [
  {
    id: 'quiet-30d',
    params: { says: 'thirty days without a fault', composition: 'virtual', days: DAYS },
    run: () =>
      Promise.resolve(
        context.quick
          ? { skipped: 'about 20 minutes; runs in the full form' }
          : quietDays(site(), DAYS, context),
      ),
  },
];
