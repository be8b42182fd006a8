import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectIpc } from '../../src/io/ipc';

const ANSWER_ms = 3000;

/** Pure. */
export const NOT_RUNNING = (socket: string): string =>
  `the gateway does not run (no answer on ${socket}); start it: holdfast run`;

/** `holdfast why STATION`: asks the running gateway. Exit 2 when it does not run. */
export async function why(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      socket: { type: 'string', default: 'holdfast-state/console.sock' },
      json: { type: 'boolean', default: false },
    },
  });
  const [station] = positionals;
  if (station === undefined) {
    process.stderr.write('holdfast why: which station? use: holdfast why STATION|plan\n');
    return 2;
  }
  const answer = await ask(values.socket, 'why', station);
  if (answer === undefined) {
    process.stderr.write(`holdfast why: ${NOT_RUNNING(values.socket)}\n`);
    return 2;
  }
  if (values.json) process.stdout.write(`${JSON.stringify(Object.fromEntries(answer))}\n`);
  const lines = answer.get('lines');
  const text = answer.get('text');
  if (Array.isArray(lines)) {
    if (!values.json) process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  }
  if (!values.json) process.stderr.write(`holdfast why: ${typeof text === 'string' ? text : ''}\n`);
  return 1;
}

/** One question to the console socket; undefined when nobody answers. */
export async function ask(
  socket: string,
  kind: string,
  body: unknown,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  if (!existsSync(socket)) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(undefined), ANSWER_ms);
    const client = connectIpc({
      path: socket,
      hello: { kind, body },
      onMessage: (message) => {
        if (message.kind !== 'answer') return;
        const value = message.body;
        if (typeof value === 'object' && value !== null) done(new Map(Object.entries(value)));
      },
    });
    function done(value: ReadonlyMap<string, unknown> | undefined): void {
      clearTimeout(timer);
      client.close();
      resolve(value);
    }
  });
}

export interface LiveSnapshot {
  readonly mode: string;
  readonly modeWhy: string;
  readonly line: string;
}

/** Mode and line of the running gateway; undefined when it does not answer. */
export async function snapshotOf(socket: string): Promise<LiveSnapshot | undefined> {
  const answer = await ask(socket, 'snapshot', null);
  const snapshot: unknown = answer?.get('snapshot');
  if (typeof snapshot !== 'object' || snapshot === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(snapshot));
  const [mode, modeWhy, line] = ['mode', 'modeWhy', 'line'].map((key) => given.get(key));
  if (typeof mode !== 'string' || typeof modeWhy !== 'string' || typeof line !== 'string')
    return undefined;
  return { mode, modeWhy, line };
}
