/** Speed of the virtual composition: a site of eight stations against real time, one core. */
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { createPduCodec } from '../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { runVirtual } from '../../src/sim/composition';
import type { Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';

const SITE = path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml');
const TIMES_MIN = 2000;

function measure(context: CampaignContext): CaseFinding {
  const { site } = loadSite(SITE);
  if (site === undefined) return { measured: {}, failure: 'the demo site does not load' };
  const parsed = siteProfiles(site);
  if (!parsed.ok) return { measured: {}, failure: 'the profiles do not parse' };
  const duration_s = context.quick ? 1800 : 3600;
  const factors: number[] = [];
  let violations = 0;
  // The first runs warm the compiler up; the median of the rest counts.
  for (let i = 0; i < 7; i += 1) {
    const began = performance.now();
    const { report } = runVirtual({
      site,
      profiles: parsed.profiles,
      catalogue: deviceCatalogue,
      codec: createPduCodec(),
      seed: context.seed,
      duration_s,
    });
    violations += report.limit_violations;
    if (i >= 2) factors.push((duration_s * 1000) / (performance.now() - began));
  }
  factors.sort((a, b) => a - b);
  const measured = {
    times_real_time: factors[Math.floor(factors.length / 2)] ?? 0,
    simulated_s: duration_s,
    violations,
  };
  const bars = [
    { name: 'times_real_time', op: '>=', value: TIMES_MIN } as const,
    { name: 'violations', op: '==', value: 0 } as const,
  ];
  return { measured, bars };
}

const cases = (context: CampaignContext): readonly CampaignCase[] => [
  {
    id: 'eight-stations',
    params: { stations: 8 },
    run: () => Promise.resolve(measure(context)),
  },
];

export const virtualBench: Campaign = {
  command: 'bench virtual',
  composition: 'virtual',
  emulated: ['everything outside the controller'],
  cases,
};
