import { accessSync, constants, existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectIpc } from '../../src/io/ipc';
import { refuse, surplus } from './refuse';

const ANSWER_ms = 3000;

/** Why nobody answers on a console, and what to do about it. */
export function unanswered(socket: string): string {
  const start = 'start it: holdfast run';
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EACCES' || code === 'EPERM')
      return `${socket} may not be used by this user: ask as the gateway's user, or with sudo`;
    return `the gateway does not run (no answer on ${socket}); ${start}, or name its --socket`;
  }
  return `the gateway does not run or hangs (no answer on ${socket}); look at its log, or ${start}`;
}

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
  const { socket, json } = values;
  const no = (code: 1 | 2, text: string): number => refuse('why', json, code, text);
  const [station] = positionals;
  if (station === undefined) return no(2, 'which station? use: holdfast why STATION|plan');
  const wrong = surplus(positionals, 1);
  if (wrong !== undefined) return no(2, wrong);
  const answer = await ask(socket, 'why', station);
  if (answer === undefined) return no(2, unanswered(socket));
  const lines = answer.get('lines');
  if (!Array.isArray(lines)) return no(1, String(answer.get('text')));
  const text = json ? JSON.stringify(Object.fromEntries(answer)) : lines.join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
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
