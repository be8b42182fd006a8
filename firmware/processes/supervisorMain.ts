/** Entry of the supervisor's own small bundle: nothing of the other processes is in it. */
import { parseProcessConfig } from './config';
import { log } from './log';
import { supervisorProcess } from './supervisor';

process.on('uncaughtException', (error) => log('supervisor', `bug: ${error.stack ?? ''}`));
process.on('unhandledRejection', (why) => log('supervisor', `bug: ${String(why)}`));
supervisorProcess(parseProcessConfig(process.argv[2] ?? '')).catch((error: unknown) => {
  log('supervisor', error instanceof Error ? error.message : String(error));
  // Half a supervisor is none: what already listens must not keep it alive.
  process.exit(1);
});
