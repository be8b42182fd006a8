/** `npm run faults -- site`: each fault against the simulated site with true power, many seeds. */
import type {
  Campaign,
  CampaignCase,
  CampaignContext,
  CaseFinding,
} from '../../../scripts/campaign';
import { SITE_FAULTS } from './cases';
import { processCases } from './processes';
import { processStartCases } from './processStart';
import { quietCases } from './quiet';
import { realFaultCases } from './real';
import { demoSite } from './sites';
import type { Control, SiteFault } from './types';
import { runFault } from './virtualRun';
import { barsOf, type Seen } from './watch';

const SEEDS = { full: 50, quick: 3 } as const;

/** The worst of all seeds; a value that one seed never reached counts as 1e9. */
function worst(runs: readonly Seen[]): Readonly<Record<string, number>> {
  const most = (pick: (s: Seen) => number | undefined): number =>
    Math.max(...runs.map((r) => pick(r) ?? 1e9));
  return {
    seeds: runs.length,
    violations: runs.reduce((n, r) => n + r.violations, 0),
    detected_s: most((r) => r.detected_s),
    static_true_s: most((r) => r.static_true_s),
    lines_dropped: runs.filter((r) => r.line_dropped).length,
    left_normal: runs.filter((r) => r.left_normal).length,
    trip_integral: most((r) => r.trip_integral),
    excess_ms: most((r) => r.excess_ms),
  };
}

/** Whether the run without its protection fails on the assert that the case names. */
function controlFails(fault: SiteFault, control: Control, seed: number): boolean {
  const seen = runFault(fault, seed, control);
  if (control.fails === 'violations') return seen.violations > 0;
  if (control.fails === 'leavesNormal') return seen.left_normal !== fault.expect.leavesNormal;
  if (control.fails === 'lineDrops') return seen.line_dropped !== fault.expect.lineDrops;
  const bar = fault.expect[control.fails] ?? 0;
  return (seen[control.fails] ?? 1e9) > bar;
}

function finding(fault: SiteFault, context: CampaignContext): CaseFinding {
  const count = context.quick ? SEEDS.quick : SEEDS.full;
  const runs = Array.from({ length: count }, (_, i) => runFault(fault, context.seed + i));
  const measured = Object.fromEntries(
    Object.entries(worst(runs)).filter(([, value]) => value < 1e9),
  );
  const bars = barsOf(fault, count);
  const { control } = fault;
  // Luck can save a site without its protection in one run, not in all.
  const seeds = Array.from({ length: SEEDS.quick }, (_, i) => context.seed + i);
  const fails = seeds.some((seed) => controlFails(fault, control, seed));
  const failure = fails ? {} : { failure: `negative control did not fail on ${control.fails}` };
  const outcome = fails ? 'fail' : 'pass';
  return { measured, bars, negativeControl: { disabled: control.disabled, outcome }, ...failure };
}

export function siteFaultCases(context: CampaignContext): readonly CampaignCase[] {
  const virtual = SITE_FAULTS.map((fault) => ({
    id: fault.id,
    params: { says: fault.says, composition: 'virtual' },
    run: () => Promise.resolve(finding(fault, context)),
  }));
  return [
    ...virtual,
    ...realFaultCases(context),
    ...quietCases(() => demoSite(), context),
    ...processCases(context),
    ...processStartCases(context),
  ];
}

export const siteFaults: Campaign = {
  command: 'faults site',
  composition: 'virtual',
  emulated: ['site physics', 'field devices', 'RS-485 segment', 'stations', 'watchdog line'],
  cases: siteFaultCases,
};
