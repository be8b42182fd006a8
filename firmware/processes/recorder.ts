/**
 * Process `recorder`: the only writer of audit journal and history. A disk that stalls stalls this
 * process and nobody else; `site` hands over and goes on.
 */
import { systemClock } from '../../src/io/clock';
import type { History } from '../../src/io/history';
import { listenIpc } from '../../src/io/ipc';
import { openJournal } from '../../src/io/store';
import { between } from '../../src/time';
import { type ProcessConfig, socketsIn } from './config';
import { openOrSetAside } from './keptHistory';
import { log } from './log';

const NAME = 'recorder';
/** Size of the history file on the gateway's card. */
const HISTORY_MAX_BYTES = 64 * 1024 * 1024;
/** A history that could not be opened is tried again so often. */
const AGAIN_ms = 60_000;

/** Runs until the process ends. */
export async function recorderProcess(config: ProcessConfig): Promise<void> {
  const journal = openJournal({ folder: `${config.state}/audit` });
  log(NAME, `audit: ${journal.text}`);
  const say = (text: string): void => log(NAME, text);
  const open = (): History | undefined => {
    const opened = openOrSetAside(`${config.state}/history.db`, HISTORY_MAX_BYTES, say);
    if (!opened.ok) sayNew(opened.why);
    return opened.ok ? opened.history : undefined;
  };
  let history = open();
  let tried_at = systemClock.now();
  await listenIpc({
    path: socketsIn(config.state).siteToRecorder,
    ratePerSecond: 1000,
    onMessage: (message) => {
      if (message.kind === 'audit') append(journal.store, message.body);
      else if (message.kind === 'values') {
        if (history === undefined && between(tried_at, systemClock.now()) >= AGAIN_ms) {
          tried_at = systemClock.now();
          history = open();
        }
        if (history !== undefined) record(history, message.body);
      }
    },
  });
  process.once('SIGTERM', () => {
    journal.store.close();
    history?.close();
    process.exit(0);
  });
}

let unwritten = '';

function sayNew(why: string): void {
  if (why !== unwritten) log(NAME, why);
  unwritten = why;
}

/** A full disk costs values, never the process; each reason is told once. */
function record(history: History, body: unknown): void {
  try {
    history.record(systemClock.wall_ms(), numbersOf(body));
    unwritten = '';
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    sayNew(`history not written: ${why}`);
  }
}

function append(store: ReturnType<typeof openJournal>['store'], body: unknown): void {
  try {
    store.append(Buffer.from(JSON.stringify(body)));
  } catch (error) {
    log(NAME, `audit not written: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

function numbersOf(body: unknown): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  if (typeof body !== 'object' || body === null) return values;
  for (const [name, value] of Object.entries(body)) {
    if (typeof value === 'number') values.set(name, value);
  }
  return values;
}
