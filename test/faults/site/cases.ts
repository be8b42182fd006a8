/**
 * What can go wrong at a site, one entry each: how it begins and ends, what must be seen, and the
 * protection without which it must fail (its negative control).
 */
import { steadyBaseLoad } from '../../../src/sim/site';
import {
  allBess,
  believesBattery,
  coldStart,
  cutCommands,
  deciding,
  exportUnbounded,
  feedForever,
  floorsTakenAsVerified,
  leasesForEver,
  noContingency,
  stopsMeasuring,
  trustsMeter,
  weldUnseen,
  weldedLine,
} from './controls';
import { CUT_PATHS } from './cutPaths';
import { CLOCK_FAULTS } from './clockCases';
import { HANG_FAULTS } from './hangCases';
import { LINK_FAULTS } from './linkCases';
import { METER_FAULTS } from './meterCases';
import { crowded, littleExport, overbooked, strongBattery } from './sites';
import type { CaseRun, SiteFault } from './types';

const allPv = (r: CaseRun) => [...r.rig.sim.pv.values()];

export const SITE_FAULTS: readonly SiteFault[] = [
  ...HANG_FAULTS,
  ...CLOCK_FAULTS,
  ...METER_FAULTS,
  {
    id: 'bess-lost',
    says: 'the battery trips at full discharge',
    disturbance: true,
    begin: (r) => {
      for (const b of allBess(r)) b.tripped = true;
    },
    site: strongBattery,
    world: () => ({ irradiance: () => 0 }),
    // It is felt at once; what it says of itself is read every five seconds.
    expect: { detected_s: 8 },
    control: noContingency,
  },
  {
    id: 'bess-pv-lost',
    says: 'one grid event trips battery and sun together',
    disturbance: true,
    begin: (r) => {
      for (const b of allBess(r)) b.tripped = true;
      for (const p of allPv(r)) p.tripped = true;
    },
    site: strongBattery,
    // It is felt at once; what it says of itself is read every five seconds.
    expect: { detected_s: 8 },
    control: noContingency,
  },
  {
    id: 'bess-frozen',
    says: 'the battery’s registers freeze',
    for_s: 120,
    lying: true,
    begin: (r) => {
      for (const b of allBess(r)) b.fault = 'frozen';
    },
    end: (r) => {
      for (const b of allBess(r)) b.fault = 'none';
    },
    expect: { detected_s: 5 },
    control: {
      disabled: 'the watch for registers that stand still and for writes without a read-back',
      fails: 'detected_s',
      weaken: believesBattery,
    },
  },
  {
    id: 'bess-deaf',
    says: 'the battery confirms setpoints and does what it likes',
    for_s: 120,
    lying: true,
    begin: (r) => {
      for (const b of allBess(r)) b.fault = 'deaf';
    },
    end: (r) => {
      for (const b of allBess(r)) b.fault = 'none';
    },
    site: strongBattery,
    world: () => ({ irradiance: () => 0 }),
    expect: {},
    control: noContingency,
  },
  {
    id: 'all-load-lost',
    says: 'every vehicle leaves in the same instant, and the site hangs: nobody lowers the battery',
    disturbance: true,
    site: littleExport,
    world: () => ({ irradiance: () => 1, baseLoad: steadyBaseLoad(1) }),
    begin: (r, now) => {
      for (const s of r.rig.sim.stations.stations) s.unplug(now);
      r.rig.siteTimers.hold();
    },
    expect: { lineDrops: true },
    control: {
      disabled: 'the bound on support by what may be exported when all load is lost',
      fails: 'violations',
      inject: () => deciding(exportUnbounded),
    },
  },
  {
    id: 'base-step',
    says: 'the base load rises by its declared largest step',
    disturbance: true,
    site: overbooked,
    begin: (r) => r.rig.sim.baseLoad.jump(r.rig.facts.site.connection.base_load_step_A),
    expect: {},
    control: {
      disabled: 'the measurement: the last reading of before the step goes on; and the line',
      fails: 'violations',
      inject: stopsMeasuring,
      weaken: weldUnseen,
    },
  },
  {
    id: 'segment-cut',
    says: 'the RS-485 segment is cut',
    for_s: 120,
    begin: (r) => {
      for (const s of r.segments.values()) s.plugged = false;
    },
    end: (r) => {
      for (const s of r.segments.values()) s.plugged = true;
    },
    expect: { detected_s: 2, static_true_s: 12, leavesNormal: true, lineDrops: false },
    control: trustsMeter,
  },
  ...LINK_FAULTS,
  {
    id: 'supervisor-killed',
    says: 'the supervisor dies and does not come back',
    begin: (r) => {
      r.rig.supervisorAlive = false;
    },
    expect: { detected_s: 2, static_true_s: 12, lineDrops: true, leavesNormal: true },
    control: {
      disabled: 'edges only for a judged record: a timer feeds the line',
      fails: 'lineDrops',
      weaken: feedForever,
    },
  },
  {
    id: 'stations-hostile',
    says: 'all stations lie at once: the stations process is taken over (INV-10)',
    lying: true,
    site: crowded,
    begin: (r, now) => {
      for (const s of r.rig.sim.stations.stations) s.setBehaviour('lying', now);
    },
    expect: { lineDrops: true },
    control: { ...weldedLine, fails: 'violations' },
  },
  {
    id: 'stations-away',
    says: 'decisions no longer reach the stations: their leases end by themselves',
    begin: cutCommands,
    expect: { static_true_s: 37 },
    control: leasesForEver,
  },
  {
    id: 'emergency-stop',
    says: 'the emergency stop contact opens',
    // The battery is taken away at once while vehicles still follow: a loss of it.
    disturbance: true,
    begin: (r) => r.rig.runtime.setEmergencyStop(true),
    expect: { detected_s: 2, static_true_s: 12, leavesNormal: true },
    control: {
      disabled: 'the input: its contact is not looked at',
      fails: 'leavesNormal',
      weaken: (r) => {
        r.rig.runtime.setEmergencyStop = () => undefined;
      },
    },
  },
  {
    id: 'cold-start',
    says: 'all stations reboot at once, the battery is absent; two of them know no time, cannot reach us, and their cars come when the others have been raised',
    for_s: 90,
    begin: coldStart,
    end: (r) => {
      for (const b of allBess(r)) b.fault = 'none';
    },
    expect: {},
    control: {
      disabled: 'nameplate for stations whose floor is not verified: floors count at once',
      fails: 'violations',
      inject: () => deciding(floorsTakenAsVerified),
    },
  },
  ...CUT_PATHS,
];
