/** The demo's faults in the real composition: real sockets, byte-mode wire, wall time. */
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import type { CampaignCase, CampaignContext, CaseFinding } from '../../../scripts/campaign';
import { systemClock } from '../../../src/io/clock';
import { deviceCatalogue, siteProfiles } from '../../../src/runtime';
import { type Fault, FAULTS } from '../../../src/sim/composition';
import { openDemo } from '../../../src/sim/demo';

const SITE_FILE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');
const BEFORE_ms = 20_000;
const DURING_ms = 20_000;
const AFTER_ms = 20_000;

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function runReal(fault: Fault, seed: number): Promise<CaseFinding> {
  const { site } = loadSite(SITE_FILE);
  const parsed = site === undefined ? undefined : siteProfiles(site);
  if (site === undefined || parsed?.ok !== true) return { measured: {}, failure: 'no demo site' };
  const { profiles } = parsed;
  const demo = await openDemo({ site, profiles, catalogue: deviceCatalogue, seed });
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

/** One run each; a minute of wall time, so the quick form leaves them out and says so. */
export const realFaultCases = (context: CampaignContext): readonly CampaignCase[] =>
  FAULTS.map((fault) => ({
    id: `real-${fault.name}`,
    params: { says: fault.says, composition: 'real' },
    run: () =>
      context.quick
        ? Promise.resolve({ skipped: 'a minute of wall time; runs in the full form' })
        : runReal(fault, context.seed),
  }));
