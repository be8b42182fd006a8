/**
 * Fault campaign of the OCPP local controller: `npm run faults -- ocpp`. Virtual: simulated time,
 * stations in memory, a CPMS that comes and goes.
 */
import type { Campaign, CampaignCase, CampaignContext } from '../../../scripts/campaign';
import { detachedCrashes } from './detachedCrashes';
import { leaseKill } from './leaseKill';
import { leaseKillProcesses } from './leaseKillProcesses';
import { mutatedFrames } from './mutatedFrames';
import { mutatedUpgrades } from './mutatedUpgrades';
import { processKills } from './processKills';

export function ocppFaultCases(context: CampaignContext): readonly CampaignCase[] {
  const { quick, seed, progress } = context;
  const runs = quick ? 20 : 200;
  const kills = quick ? 5 : 100;
  const frames = quick ? 10_000 : 1_000_000;
  const killed = quick
    ? { kills: 1, stations: 11, ttl_s: 6 }
    : { kills: 4, stations: 51, ttl_s: 6 };
  const detached = quick
    ? { stations: 8, hours: 4, crashes: 8 }
    : { stations: 50, hours: 72, crashes: 100 };
  return [
    {
      id: 'lease-kill',
      params: { runs, ttl_s: 30 },
      run: () => Promise.resolve(leaseKill(runs, seed)),
    },
    {
      id: 'lease-kill-processes',
      params: { ...killed, composition: 'real' },
      run: () => leaseKillProcesses({ ...killed, seed, progress }),
    },
    {
      id: 'detached-crashes',
      params: detached,
      run: () => Promise.resolve(detachedCrashes({ ...detached, seed, progress })),
    },
    {
      id: 'process-kills',
      params: { kills, composition: 'real' },
      run: () => processKills(kills, seed, progress),
    },
    {
      id: 'mutated-frames',
      params: { frames_per_leg: frames },
      run: () => mutatedFrames(frames, seed, progress),
    },
    {
      id: 'mutated-upgrades',
      params: { upgrades: frames },
      run: () => mutatedUpgrades(frames, seed, progress),
    },
  ];
}

export const ocppFaults: Campaign = {
  command: 'faults ocpp',
  composition: 'virtual',
  emulated: ['stations', 'CPMS', 'disk', 'time'],
  cases: ocppFaultCases,
};
