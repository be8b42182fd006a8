/**
 * What can go wrong at a site, one entry each: how it begins and ends, what must be seen, and the
 * protection without which it must fail (its negative control).
 */
import { decide } from '../../../src/runtime';
import type { VirtualRun } from '../../../src/sim/composition';
import { steadyBaseLoad } from '../../../src/sim/site';
import { instant } from '../../../src/time';
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
  passesNaN,
  setMeter,
  stopsMeasuring,
  trustsMeter,
  wallClockAges,
  weld,
  weldedLine,
} from './controls';
import { CUT_PATHS } from './cutPaths';
import { METER_FAULTS } from './meterCases';
import { littleExport, overbooked, strongBattery } from './sites';
import type { SiteFault } from './types';

const allPv = (r: VirtualRun) => [...r.rig.sim.pv.values()];

/** The virtual clock starts here; faults that look at it count from it. */
const START_AT = 1_000_000;
const FAULT_AT = instant(START_AT + 300_000);
/** For a minute from the fault on. */
const brokenMinute = (r: VirtualRun): boolean => {
  const s = r.time.now() - START_AT;
  return s > 300_000 && s < 360_000;
};

export const SITE_FAULTS: readonly SiteFault[] = [
  {
    id: 'site-stopped',
    says: 'the site process hangs and is never released',
    begin: (r) => r.rig.siteTimers.hold(),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
    control: {
      disabled: 'the watchdog line (welded); nothing else commands either',
      fails: 'static_true_s',
      weaken: (r) => {
        weld(r);
        cutCommands(r);
      },
    },
  },
  {
    id: 'block-1.5s',
    says: 'the event loop of site is blocked for 1.5 s: the line must not drop',
    for_s: 1.5,
    begin: (r) => r.rig.siteTimers.hold(),
    end: (r) => r.rig.siteTimers.release(),
    expect: { lineDrops: false },
    control: {
      disabled: 'the patience of the line: its timer is as short as one cycle',
      fails: 'lineDrops',
      weaken: (r) => {
        r.rig.line.timeout_ms = 300;
      },
    },
  },
  {
    id: 'block-5s',
    says: 'the event loop of site is blocked for 5 s: the line must drop',
    for_s: 5,
    begin: (r) => r.rig.siteTimers.hold(),
    end: (r) => r.rig.siteTimers.release(),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
    control: {
      disabled: 'edges only for a judged record: a timer feeds the line',
      fails: 'lineDrops',
      weaken: feedForever,
    },
  },
  {
    id: 'nan-output',
    says: 'the decision yields NaN for a minute',
    for_s: 60,
    begin: () => undefined,
    inject: (run) => ({
      decide: (input) =>
        brokenMinute(run())
          ? { ...decide({ ...input, mode: 'static' }), sound: false }
          : decide(input),
    }),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
    control: {
      disabled: 'the check that each value is finite, and the line: NaN goes out as a limit',
      fails: 'static_true_s',
      inject: (run) => passesNaN(() => brokenMinute(run())),
      weaken: weld,
    },
  },
  {
    id: 'clock-1h',
    says: 'the wall clock jumps by an hour: nothing changes',
    begin: (r) => {
      r.time.wallOffset_ms = 3_600_000;
    },
    expect: { lineDrops: false, leavesNormal: false },
    control: {
      disabled: 'ages by the monotonic clock: they are taken by the wall clock',
      fails: 'leavesNormal',
      inject: wallClockAges,
    },
  },
  {
    id: 'clock-10y',
    says: 'the wall clock jumps back by ten years, and the grid meter falls silent',
    begin: (r) => {
      r.time.wallOffset_ms = -10 * 365.25 * 86_400_000;
      setMeter('silent')(r);
    },
    expect: { detected_s: 5, static_true_s: 12, leavesNormal: true },
    control: {
      disabled: 'ages by the monotonic clock (by the wall clock nothing gets old), and the line',
      fails: 'leavesNormal',
      inject: wallClockAges,
      weaken: weld,
    },
  },
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
    expect: {},
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
    expect: {},
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
    expect: { detected_s: 8 },
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
      inject: () => stopsMeasuring(FAULT_AT),
      weaken: weld,
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
    expect: { detected_s: 5, static_true_s: 12, leavesNormal: true, lineDrops: false },
    control: trustsMeter,
  },
  {
    id: 'uplink-cut',
    says: 'the CPO’s broker is gone',
    for_s: 300,
    begin: (r) => {
      r.uplink.up = false;
    },
    end: (r) => {
      r.uplink.up = true;
    },
    expect: { detected_s: 2, lineDrops: false, leavesNormal: false },
    control: {
      disabled: 'the state of the link: it is taken to be up for ever',
      fails: 'detected_s',
      weaken: (r) => {
        r.uplink.believed = true;
      },
    },
  },
  {
    id: 'supervisor-killed',
    says: 'the supervisor dies and does not come back',
    begin: (r) => {
      r.rig.supervisorAlive = false;
    },
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true, leavesNormal: true },
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
    site: overbooked,
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
