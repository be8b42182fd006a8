import { parseProcessConfig } from '../processes/config';
import { log } from '../processes/log';
import { siteProcess } from '../processes/site';
import { stationsProcess } from '../processes/stations';
import { supervisorProcess } from '../processes/supervisor';
import { uplinkProcess } from '../processes/uplink';

const PROCESSES = {
  site: siteProcess,
  stations: stationsProcess,
  supervisor: supervisorProcess,
  uplink: uplinkProcess,
} as const;
export type ProcessName = keyof typeof PROCESSES;
export const PROCESS_NAMES = ['supervisor', 'stations', 'uplink', 'site'] as const;

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
  for (const name of wanted) await PROCESSES[name](config);
  return new Promise<number>(() => undefined);
}
