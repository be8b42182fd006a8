/** `npm run faults -- site`: each fault against the simulated site with true power, many seeds. */
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../../src/runtime';
import { runVirtual, type VirtualOptions, type VirtualRun } from '../../../src/sim/composition';
import { walkingBaseLoad } from '../../../src/sim/site';
import { between, type Instant, later } from '../../../src/time';
import type {
  Bar,
  Campaign,
  CampaignCase,
  CampaignContext,
  CaseFinding,
} from '../../../scripts/campaign';
import { processCases } from './processes';
import { quietCases } from './quiet';
import { realFaultCases } from './real';
import { SITE_FAULTS } from './cases';
import type { Control, SiteFault } from './types';

const SITE_FILE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');
/** The site has charged for five minutes when the fault comes. */
const AT_s = 300;
const AFTER_s = 150;
const SEEDS = { full: 50, quick: 3 } as const;
const SLACK_A = 0.6;

interface Seen {
  detected_s: number | undefined;
  static_true_s: number | undefined;
  line_dropped: boolean;
  left_normal: boolean;
  violations: number;
  trip_integral: number;
  excess_ms: number;
}

/** A base load of nearly constant current, A per phase, for cases that add energies up. */
const TIGHT_A = 25;
const TIGHT_W = TIGHT_A * 3 * 230 * 0.93;

function withTightBase(from: SiteParts, seed: number): Pick<VirtualOptions, 'site' | 'baseLoad'> {
  const connection = { ...from.site.connection, base_load_min_W: TIGHT_W };
  const baseLoad = walkingBaseLoad(TIGHT_A, TIGHT_A + 0.5, seed);
  return { site: { ...from.site, connection }, baseLoad };
}

type SiteParts = Pick<VirtualOptions, 'site' | 'profiles' | 'catalogue'>;

function site(change: SiteFault['site'] = (demo) => demo): SiteParts {
  const loaded = loadSite(SITE_FILE);
  if (loaded.site === undefined) throw new Error('the demo site does not load');
  const changed = change(loaded.site);
  const parsed = siteProfiles(changed);
  if (!parsed.ok) throw new Error('the demo profiles do not parse');
  return { site: changed, profiles: parsed.profiles, catalogue: deviceCatalogue };
}

function harder(fault: SiteFault, seed: number): SiteParts & Partial<VirtualOptions> {
  const from = site(fault.site);
  const tight = fault.tightBase === true ? withTightBase(from, seed) : {};
  return { ...from, ...fault.world?.(), ...tight };
}

/** One run of one fault with one seed, with a protection switched off if asked. */
export function runFault(fault: SiteFault, seed: number, control?: Control): Seen {
  const lasts_s = Math.max(AFTER_s, (fault.for_s ?? 0) + 60);
  let current: VirtualRun | undefined;
  const of = (): VirtualRun => {
    if (current === undefined) throw new Error('asked before the run was built');
    return current;
  };
  const inject = { ...fault.inject?.(of), ...control?.inject?.(of) };
  const seen: Seen = {
    detected_s: undefined,
    static_true_s: undefined,
    line_dropped: false,
    left_normal: false,
    violations: 0,
    trip_integral: 0,
    excess_ms: 0,
  };
  const { report } = runVirtual({
    ...harder(fault, seed),
    codec: createPduCodec(),
    seed,
    duration_s: AT_s + lasts_s,
    inject,
    ...control?.options,
    prepare: (run) => {
      current = run;
      plan(fault, run, seen, control);
    },
  });
  seen.violations = report.limit_violations;
  seen.trip_integral = report.trip_integral_max;
  seen.excess_ms = report.longest_excess_ms;
  return seen;
}

function plan(fault: SiteFault, run: VirtualRun, seen: Seen, control: Control | undefined): void {
  const { time } = run;
  const at = later(time.now(), AT_s * 1000);
  time.at(at, () => {
    if (fault.lying === true) run.rig.sim.judge.setLying(true, at);
    if (fault.disturbance === true) run.rig.sim.judge.disturb(at);
    control?.weaken?.(run);
    fault.begin(run, at);
    watch(run, seen, at);
  });
  if (fault.for_s === undefined) return;
  const end = later(at, fault.for_s * 1000);
  time.at(end, () => {
    fault.end?.(run, end);
    if (fault.lying === true) run.rig.sim.judge.setLying(false, end);
  });
}

/** Looks every 100 ms: noticed, left normal, line dropped, truly static. */
function watch(run: VirtualRun, seen: Seen, at: Instant): void {
  const { rig, time } = run;
  const before = new Set(rig.runtime.snapshot()?.alarms.map((a) => `${a.id} ${a.subject}`));
  const look = (): void => {
    const now = time.now();
    const s = between(at, now) / 1000;
    const snapshot = rig.runtime.snapshot();
    const alarmed = snapshot?.alarms.some((a) => !before.has(`${a.id} ${a.subject}`)) === true;
    const withheld = rig.supervisor.report().line === 'open' || !rig.line.energised(now);
    if (alarmed || withheld) seen.detected_s ??= s;
    if (!rig.line.energised(now)) seen.line_dropped = true;
    if (snapshot !== undefined && snapshot.mode !== 'normal') seen.left_normal = true;
    const isStatic = rig.facts.site.stations.every((station) => {
      const current = rig.sim.stations.station(station.id)?.trueCurrent_A(now) ?? [0, 0, 0];
      return current.every((a) => a <= station.static_A + SLACK_A);
    });
    if (isStatic && (alarmed || withheld || s > 1)) seen.static_true_s ??= s;
    time.at(later(now, 100), look);
  };
  look();
}

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

function barsOf(fault: SiteFault, seeds: number): readonly Bar[] {
  const bars: Bar[] = [{ name: 'violations', op: '==', value: 0 }];
  const { detected_s, static_true_s, lineDrops, leavesNormal } = fault.expect;
  if (detected_s !== undefined) bars.push({ name: 'detected_s', op: '<=', value: detected_s });
  if (static_true_s !== undefined) {
    bars.push({ name: 'static_true_s', op: '<=', value: static_true_s });
  }
  if (lineDrops !== undefined) {
    bars.push({ name: 'lines_dropped', op: '==', value: lineDrops ? seeds : 0 });
  }
  if (leavesNormal !== undefined) {
    bars.push({ name: 'left_normal', op: '==', value: leavesNormal ? seeds : 0 });
  }
  return bars;
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
  const fails = controlFails(fault, control, context.seed);
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
    ...quietCases(() => site(), context),
    ...processCases(context),
  ];
}

export const siteFaults: Campaign = {
  command: 'faults site',
  composition: 'virtual',
  emulated: ['site physics', 'field devices', 'RS-485 segment', 'stations', 'watchdog line'],
  cases: siteFaultCases,
};
