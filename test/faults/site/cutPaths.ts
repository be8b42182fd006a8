/** What still ends everything when two of the three cut paths are gone. */
import { cutCommands, leasesForEver, setMeter, weld, weldedLine } from './controls';
import type { SiteFault } from './types';

/** The three cut paths in pairs: with two of them disabled the third still ends everything. */
export const CUT_PATHS: readonly SiteFault[] = [
  {
    id: 'only-expiry',
    says: 'no command, no line: the stations’ own expiry ends every lease',
    begin: (r) => {
      weld(r);
      cutCommands(r);
      setMeter('silent')(r);
    },
    expect: { static_true_s: 37 },
    control: { ...leasesForEver, disabled: `the third path as well: ${leasesForEver.disabled}` },
  },
  {
    id: 'only-line',
    says: 'no command, and the site hangs: the line cuts',
    begin: (r) => {
      cutCommands(r);
      r.rig.siteTimers.hold();
    },
    expect: { static_true_s: 12, lineDrops: true },
    control: {
      ...weldedLine,
      disabled: 'the third path as well: the relay is welded',
      fails: 'static_true_s',
    },
  },
  {
    id: 'only-command',
    says: 'no line: the command path lowers',
    begin: (r) => {
      weld(r);
      setMeter('silent')(r);
    },
    expect: { detected_s: 2, static_true_s: 12 },
    control: {
      disabled: 'the third path as well: nothing reaches the stations',
      fails: 'static_true_s',
      weaken: cutCommands,
    },
  },
];
