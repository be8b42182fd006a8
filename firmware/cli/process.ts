import { parseProcessConfig, type ProcessConfig } from '../processes/config';
import { log } from '../processes/log';

type Main = (config: ProcessConfig) => Promise<void>;

/** Each process loads its own modules only: the supervisor carries no OCPP, `site` no web socket. */
const PROCESSES: Readonly<Record<ProcessName, () => Main>> = {
  supervisor: () =>
    (require('../processes/supervisor') as typeof import('../processes/supervisor'))
      .supervisorProcess,
  stations: () =>
    (require('../processes/stations') as typeof import('../processes/stations')).stationsProcess,
  uplink: () =>
    (require('../processes/uplink') as typeof import('../processes/uplink')).uplinkProcess,
  recorder: () =>
    (require('../processes/recorder') as typeof import('../processes/recorder')).recorderProcess,
  planner: () =>
    (require('../processes/planner') as typeof import('../processes/planner')).plannerProcess,
  site: () => (require('../processes/site') as typeof import('../processes/site')).siteProcess,
};
export const PROCESS_NAMES = [
  'supervisor',
  'recorder',
  'stations',
  'uplink',
  'planner',
  'site',
] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** `holdfast process NAME[,NAME...] CONFIG`: becomes these processes and never returns. */
export async function runProcess(args: readonly string[]): Promise<number> {
  const [names, text] = args;
  const wanted = PROCESS_NAMES.filter((n) => names?.split(',').includes(n) === true);
  if (wanted.length === 0 || text === undefined) {
    process.stderr.write('holdfast process: which one? see: holdfast --help\n');
    return 2;
  }
  const config = parseProcessConfig(text);
  // INV-8: no input kills a process. What slips through is logged and the process goes on; what it
  // leaves undone shows as a missing record, and the line drops.
  process.on('uncaughtException', (error) => log(wanted.join('+'), `bug: ${error.stack ?? ''}`));
  process.on('unhandledRejection', (why) => log(wanted.join('+'), `bug: ${String(why)}`));
  try {
    for (const name of wanted) await PROCESSES[name]()(config);
  } catch (error) {
    log(wanted.join('+'), error instanceof Error ? error.message : String(error));
    // Half a process is none: what already listens must not keep it alive, or nobody starts it again.
    process.exit(1);
  }
  return new Promise<number>(() => undefined);
}
