/**
 * What can go wrong at a site, one entry each: how it begins and ends, what must be seen, and the
 * protection without which it must fail (its negative control).
 */
import { good } from '../../../src/model';
import { decide, type Injected, judgeGrid, type LatchSources } from '../../../src/runtime';
import type { VirtualRun } from '../../../src/sim/composition';
import type { Instant } from '../../../src/time';

export interface SiteFault {
  readonly id: string;
  readonly says: string;
  /** Seconds it lasts; absent: to the end. */
  readonly for_s?: number;
  /** INV-1 (c) instead of (b): a part lies, is deaf or hostile. */
  readonly lying?: boolean;
  /** A disturbance inside the declared envelope, INV-1 (b). */
  readonly disturbance?: boolean;
  /** A base load that hardly moves, declared as closely: energies can be added up. */
  readonly tightBase?: boolean;
  readonly begin: (run: VirtualRun, now: Instant) => void;
  readonly end?: (run: VirtualRun, now: Instant) => void;
  /** Steps of the cycle replaced from the start (planted defects, not weakened protections). */
  readonly inject?: (run: () => VirtualRun) => Injected;
  readonly expect: Expectation;
  readonly control?: Control;
}

/** Bars, in seconds after the fault began; absent: not asked for. */
export interface Expectation {
  readonly detected_s?: number;
  readonly static_true_s?: number;
  readonly lineDrops?: boolean;
  readonly leavesNormal?: boolean;
}

/** One protection switched off by injection; the run must then fail on the named assert. */
export interface Control {
  readonly disabled: string;
  readonly fails: 'violations' | 'static_true_s' | 'detected_s' | 'leavesNormal';
  readonly inject?: Injected;
  readonly contingency_A?: number;
  readonly weaken?: (run: VirtualRun) => void;
}

const gridMeter = (r: VirtualRun) => r.rig.sim.meters.get(r.rig.facts.site.gridMeter.id);
const setMeter =
  (fault: NonNullable<ReturnType<typeof gridMeter>>['fault']) =>
  (r: VirtualRun): void => {
    const m = gridMeter(r);
    if (m !== undefined) m.fault = fault;
  };
const allBess = (r: VirtualRun) => [...r.rig.sim.bess.values()];
const allPv = (r: VirtualRun) => [...r.rig.sim.pv.values()];

/** A judge that believes whatever the meter last said, for ever: peers' fail-open behaviour. */
function credulous(): Injected {
  let last: ReturnType<typeof judgeGrid> | undefined;
  return {
    judgeGrid: (sources: LatchSources, now: Instant) => {
      const judged = judgeGrid(sources, now);
      if (judged.health === 'fresh') last = judged;
      if (last?.reading.quality !== 'good') return judged;
      return { ...last, reading: good(last.reading.value, now) };
    },
  };
}

/** Three protections see a bad meter: reading, energy and, through the line, the supervisor. */
const trustsMeter: Control = {
  disabled:
    'grid plausibility (the last reading is believed for ever), energy check and watchdog line',
  fails: 'leavesNormal',
  inject: { ...credulous(), energyCheck: false },
  weaken: (r) => {
    r.rig.line.fault = 'welded';
  },
};
const noEnergyCheck: Control = {
  disabled: 'the ten-minute energy check of the site, and the watchdog line',
  fails: 'leavesNormal',
  inject: { energyCheck: false },
  weaken: (r) => {
    r.rig.line.fault = 'welded';
  },
};
const welded: Control = {
  disabled: 'watchdog line: the relay is welded',
  fails: 'static_true_s',
  weaken: (r) => {
    r.rig.line.fault = 'welded';
  },
};

export const SITE_FAULTS: readonly SiteFault[] = [
  {
    id: 'site-stopped',
    says: 'the site process hangs and is never released',
    begin: (r) => r.rig.siteTimers.hold(),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
    control: {
      ...welded,
      weaken: (r) => {
        r.rig.line.fault = 'welded';
        r.rig.commandPath = false;
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
  },
  {
    id: 'block-5s',
    says: 'the event loop of site is blocked for 5 s: the line must drop',
    for_s: 5,
    begin: (r) => r.rig.siteTimers.hold(),
    end: (r) => r.rig.siteTimers.release(),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
  },
  {
    id: 'nan-output',
    says: 'the decision yields NaN for a minute',
    for_s: 60,
    begin: () => undefined,
    inject: (run) => ({
      decide: (input) => {
        const made = decide(input);
        const s = run().time.now() - START_AT;
        const broken = s > 300_000 && s < 360_000;
        return broken ? { ...decide({ ...input, mode: 'static' }), sound: false } : made;
      },
    }),
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true },
  },
  {
    id: 'clock-1h',
    says: 'the wall clock jumps by an hour',
    begin: (r) => {
      r.time.wallOffset_ms = 3_600_000;
    },
    expect: {},
  },
  {
    id: 'clock-10y',
    says: 'the wall clock jumps back by ten years',
    begin: (r) => {
      r.time.wallOffset_ms = -10 * 365.25 * 86_400_000;
    },
    expect: {},
  },
  {
    id: 'meter-silent',
    says: 'the grid meter does not answer',
    for_s: 120,
    begin: setMeter('silent'),
    end: setMeter('none'),
    expect: { detected_s: 5, static_true_s: 12, leavesNormal: true, lineDrops: false },
    control: trustsMeter,
  },
  {
    id: 'meter-frozen',
    says: 'the grid meter repeats its last reading',
    for_s: 120,
    lying: true,
    begin: setMeter('frozen'),
    end: setMeter('none'),
    expect: { detected_s: 5, static_true_s: 12, leavesNormal: true, lineDrops: false },
    control: trustsMeter,
  },
  {
    id: 'meter-implausible',
    says: 'the grid meter shows what cannot be',
    for_s: 120,
    lying: true,
    begin: setMeter('implausible'),
    end: setMeter('none'),
    expect: { detected_s: 5, leavesNormal: true },
    control: trustsMeter,
  },
  {
    id: 'meter-sign-flipped',
    says: 'the grid meter shows import as export',
    for_s: 120,
    lying: true,
    begin: setMeter('sign-flipped'),
    end: setMeter('none'),
    expect: { detected_s: 5, leavesNormal: true },
    control: trustsMeter,
  },
  {
    id: 'meter-low-9',
    says: 'the grid meter’s power reads 9 % low, its energy register is right: carried by margin and curve until the energy check',
    for_s: 900,
    lying: true,
    begin: setMeter('low-9-percent'),
    end: setMeter('none'),
    expect: { detected_s: 660, leavesNormal: true, lineDrops: false },
    control: noEnergyCheck,
  },
  {
    id: 'meter-low-9-all',
    says: 'power and energy of the grid meter read 9 % low: stations, battery, sun and the smallest base load show it',
    for_s: 900,
    lying: true,
    tightBase: true,
    begin: setMeter('low-9-percent-all'),
    end: setMeter('none'),
    expect: { detected_s: 660, leavesNormal: true, lineDrops: false },
    control: noEnergyCheck,
  },
  {
    id: 'bess-lost',
    says: 'the battery trips at full discharge',
    disturbance: true,
    begin: (r) => {
      for (const b of allBess(r)) b.tripped = true;
    },
    expect: {},
  },
  {
    id: 'bess-pv-lost',
    says: 'one grid event trips battery and sun together',
    disturbance: true,
    begin: (r) => {
      for (const b of allBess(r)) b.tripped = true;
      for (const p of allPv(r)) p.tripped = true;
    },
    expect: {},
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
    expect: {},
  },
  {
    id: 'all-load-lost',
    says: 'every vehicle leaves in the same instant',
    disturbance: true,
    begin: (r, now) => {
      for (const s of r.rig.sim.stations.stations) s.unplug(now);
    },
    expect: {},
  },
  {
    id: 'base-step',
    says: 'the base load rises by its declared largest step',
    disturbance: true,
    begin: (r) => r.rig.sim.baseLoad.jump(r.rig.facts.site.connection.base_load_step_A),
    expect: {},
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
    expect: { detected_s: 2, lineDrops: false },
  },
  {
    id: 'supervisor-killed',
    says: 'the supervisor dies and does not come back',
    begin: (r) => {
      r.rig.supervisorAlive = false;
    },
    expect: { detected_s: 4, static_true_s: 12, lineDrops: true, leavesNormal: true },
  },
  {
    id: 'stations-hostile',
    says: 'all stations lie at once: the stations process is taken over (INV-10)',
    lying: true,
    begin: (r, now) => {
      for (const s of r.rig.sim.stations.stations) s.setBehaviour('lying', now);
    },
    expect: {},
  },
  {
    id: 'stations-away',
    says: 'decisions no longer reach the stations: their leases end by themselves',
    begin: (r) => {
      r.rig.commandPath = false;
    },
    expect: {},
  },
  {
    id: 'emergency-stop',
    says: 'the emergency stop contact opens',
    begin: (r) => r.rig.runtime.setEmergencyStop(true),
    expect: { detected_s: 2, static_true_s: 12, leavesNormal: true },
  },
  {
    id: 'cold-start',
    says: 'all stations reboot at once while the battery is absent',
    for_s: 60,
    lying: true,
    begin: (r, now) => {
      for (const s of r.rig.sim.stations.stations) s.reboot(now);
      for (const b of allBess(r)) b.fault = 'silent';
    },
    end: (r) => {
      for (const b of allBess(r)) b.fault = 'none';
    },
    expect: {},
  },
  ...cutPaths(),
];

/** The virtual clock starts here; faults that look at it count from it. */
const START_AT = 1_000_000;

/** The three cut paths in pairs: with two of them disabled the third still ends everything. */
function cutPaths(): readonly SiteFault[] {
  const noLine = (r: VirtualRun): void => {
    r.rig.line.fault = 'welded';
  };
  const noCommand = (r: VirtualRun): void => {
    r.rig.commandPath = false;
  };
  return [
    {
      id: 'only-expiry',
      says: 'no command, no line: the stations’ own expiry ends every lease',
      begin: (r) => {
        noLine(r);
        noCommand(r);
        setMeter('silent')(r);
      },
      expect: { static_true_s: 37 },
    },
    {
      id: 'only-line',
      says: 'no command, and the site hangs: the line cuts',
      begin: (r) => {
        noCommand(r);
        r.rig.siteTimers.hold();
      },
      expect: { static_true_s: 12, lineDrops: true },
    },
    {
      id: 'only-command',
      says: 'no line: the command path lowers',
      begin: (r) => {
        noLine(r);
        setMeter('silent')(r);
      },
      expect: { detected_s: 5, static_true_s: 14 },
    },
  ];
}
