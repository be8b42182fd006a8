/** Loads only the exercise that is asked for: a writer starts for each point anew. */
import type { Exercise } from '../exercise';
import type { Kind } from '../files';

const site = () => require('./site') as typeof import('./site');
const stations = () => require('./stations') as typeof import('./stations');
const others = () => require('./others') as typeof import('./others');

const LOAD: Readonly<Record<Kind, () => Exercise>> = {
  audit: () => others().audit,
  history: () => others().history,
  'ocpp-records': () => stations().ocppRecords,
  'station-tags': () => stations().stationTags,
  'station-abilities': () => stations().stationAbilities,
  'certain-time': () => stations().certainTimeKept,
  'deny-list': () => stations().denyList,
  'passwords-rotated': () => stations().passwordsRotated,
  'tag-key': () => stations().tagKey,
  'supervisor-latch': () => others().supervisorLatch,
  'drill-book': () => site().drillBook,
  'stop-note': () => site().stopNote,
  'forced-static': () => site().forcedStatic,
  'service-sequences': () => site().serviceSequences,
  'device-key': () => others().deviceKey,
  'first-start': () => others().firstStart,
  'clean-stop': () => others().cleanStop,
  signature: () => others().signature,
};

export const exerciseOf = (kind: Kind): Exercise => LOAD[kind]();
