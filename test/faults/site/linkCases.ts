/** What can go wrong on the way to the CPO, and at the stations' gate. */
import type { CaseRun, SiteFault } from './types';

/** So many stations flood. */
const FLOODERS = 3;

const flooders = (r: CaseRun) => r.rig.sim.stations.stations.slice(0, FLOODERS);

export const LINK_FAULTS: readonly SiteFault[] = [
  {
    id: 'uplink-cut',
    says: 'the CPO’s broker is gone',
    for_s: 300,
    begin: (r) => r.uplink.setUp(false),
    end: (r) => r.uplink.setUp(true),
    expect: { detected_s: 2, lineDrops: false, leavesNormal: false },
    control: {
      disabled: 'the state of the link: it is taken to be up for ever',
      fails: 'detected_s',
      weaken: (r) => r.uplink.believe(true),
    },
  },
  {
    id: 'uplink-half-open',
    says: 'nothing reaches the CPO’s broker any more, and no connection is closed',
    for_s: 120,
    begin: (r) => r.uplink.setDeaf(true),
    end: (r) => r.uplink.setDeaf(false),
    expect: { detected_s: 20, lineDrops: false, leavesNormal: false },
    control: {
      disabled: 'the keep-alive: the link is taken to be up for ever',
      fails: 'detected_s',
      weaken: (r) => r.uplink.believe(true),
    },
  },
  {
    id: 'station-flood',
    says: 'three stations send 500 messages a second each, are cut, and come again at once',
    for_s: 90,
    begin: (r, now) => {
      for (const s of flooders(r)) s.setBehaviour('flooding', now);
    },
    end: (r, now) => {
      for (const s of flooders(r)) s.setBehaviour(undefined, now);
    },
    expect: { detected_s: 2, lineDrops: false, leavesNormal: false },
    control: {
      disabled: 'the gate’s limit on messages: nobody is cut and nobody notices',
      fails: 'detected_s',
      options: { stationGate: false },
    },
  },
];
