/** What can go wrong with the site process itself. */
import { decide } from '../../../src/runtime';
import { between, later } from '../../../src/time';
import { cutCommands, feedForever, passesNaN, weld, weldUnseen } from './controls';
import type { CaseRun, SiteFault } from './types';

/** For a minute from the fault on. */
const brokenMinute = ({ time, fault_at }: CaseRun): boolean => {
  const ms = between(fault_at, time.now());
  return ms > 0 && ms < 60_000;
};

/** Holds the process for one second of two. */
function everyOther(r: CaseRun): void {
  const until = later(r.fault_at, 120_000);
  const slice = (): void => {
    const now = r.time.now();
    if (now >= until) return;
    if (r.rig.siteTimers.isHeld) r.rig.siteTimers.release();
    else r.rig.siteTimers.hold();
    r.time.at(later(now, 1000), slice);
  };
  slice();
}

export const HANG_FAULTS: readonly SiteFault[] = [
  {
    id: 'site-stopped',
    says: 'the site process hangs and is never released',
    begin: (r) => r.rig.siteTimers.hold(),
    expect: { detected_s: 2, static_true_s: 12, lineDrops: true },
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
    expect: { detected_s: 2, static_true_s: 12, lineDrops: true },
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
    expect: { detected_s: 2, static_true_s: 12, lineDrops: true },
    control: {
      disabled: 'the check that each value is finite, and the line: NaN goes out as a limit',
      fails: 'static_true_s',
      inject: (run) => passesNaN(() => brokenMinute(run())),
      weaken: weldUnseen,
    },
  },
  {
    id: 'site-killed',
    says: 'the site process dies; another one starts 3 s later and returns by INV-7',
    begin: (r) => r.rig.killSite(3000),
    expect: { detected_s: 2, static_true_s: 12, lineDrops: true, leavesNormal: true },
    control: {
      disabled: 'edges only for a judged record: a timer feeds the line',
      fails: 'lineDrops',
      weaken: feedForever,
    },
  },
  {
    id: 'slow-x2',
    says: 'the site process gets the processor every other second only, for two minutes',
    for_s: 120,
    begin: everyOther,
    end: (r) => r.rig.siteTimers.release(),
    expect: { detected_s: 5, lineDrops: false },
    control: {
      disabled: 'the patience of the line: its timer is as short as one cycle',
      fails: 'lineDrops',
      weaken: (r) => {
        r.rig.line.timeout_ms = 300;
      },
    },
  },
];
