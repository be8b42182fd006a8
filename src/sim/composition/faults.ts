/** The faults that the demo's keys and the campaigns inject: data plus the two hooks. */
import type { Instant } from '../../time';
import type { SiteUnderTest } from './siteUnderTest';

export interface FaultHooks {
  readonly rig: SiteUnderTest;
  readonly setUplink: (up: boolean) => void;
}

export interface Fault {
  readonly name: string;
  readonly key: string;
  readonly says: string;
  /** A lying, deaf or hostile part: INV-1 (c) applies while it lasts. */
  readonly lying: boolean;
  /** The site is expected to go to static. */
  readonly toStatic: boolean;
  /** Alarms one of which shows that it was noticed; or the line withheld. */
  readonly alarms: readonly string[];
  begin(hooks: FaultHooks, now: Instant): void;
  end(hooks: FaultHooks, now: Instant): void;
}

const meter = (h: FaultHooks) => h.rig.sim.meters.get(h.rig.facts.site.gridMeter.id);
const firstBess = (h: FaultHooks) => [...h.rig.sim.bess.values()][0];
const firstStation = (h: FaultHooks) => h.rig.sim.stations.stations[0];

export const FAULTS: readonly Fault[] = [
  {
    name: 'meter-unplugged',
    key: '1',
    says: 'the grid meter’s plug is pulled',
    lying: false,
    toStatic: true,
    alarms: ['meter-silent'],
    begin: (h) => {
      const m = meter(h);
      if (m !== undefined) m.fault = 'silent';
    },
    end: (h) => {
      const m = meter(h);
      if (m !== undefined) m.fault = 'none';
    },
  },
  {
    name: 'meter-frozen',
    key: '2',
    says: 'the grid meter repeats its last values',
    lying: true,
    toStatic: true,
    alarms: ['meter-frozen'],
    begin: (h) => {
      const m = meter(h);
      if (m !== undefined) m.fault = 'frozen';
    },
    end: (h) => {
      const m = meter(h);
      if (m !== undefined) m.fault = 'none';
    },
  },
  {
    name: 'bess-frozen',
    key: '3',
    says: 'the battery’s registers stop changing and writes have no effect',
    lying: true,
    toStatic: false,
    alarms: ['device-frozen', 'lease-not-acknowledged', 'device-not-responding', 'device-silent'],
    begin: (h) => {
      const b = firstBess(h);
      if (b !== undefined) b.fault = 'frozen';
    },
    end: (h) => {
      const b = firstBess(h);
      if (b !== undefined) b.fault = 'none';
    },
  },
  {
    name: 'station-lying',
    key: '4',
    says: 'station-1 reports what it was told and draws what it likes',
    lying: true,
    toStatic: false,
    alarms: ['meter-mismatch', 'station-overdraw', 'limit-exceeded'],
    begin: (h, now) => firstStation(h)?.setBehaviour('lying', now),
    end: (h, now) => firstStation(h)?.setBehaviour(undefined, now),
  },
  {
    name: 'uplink-cut',
    key: '5',
    says: 'the CPO’s broker is gone',
    lying: false,
    toStatic: false,
    alarms: ['uplink-down'],
    begin: (h) => h.setUplink(false),
    end: (h) => h.setUplink(true),
  },
  {
    name: 'cycle-stopped',
    key: '6',
    says: 'the site process hangs',
    lying: false,
    toStatic: true,
    alarms: ['line-dropped'],
    begin: (h) => h.rig.siteTimers.hold(),
    end: (h) => h.rig.siteTimers.release(),
  },
];

/** Pure. */
export const faultNamed = (name: string): Fault | undefined => FAULTS.find((f) => f.name === name);
