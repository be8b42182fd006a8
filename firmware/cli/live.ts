import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectIpc } from '../../src/io/ipc';

const ANSWER_ms = 3000;

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
    process.stderr.write('holdfast why: which station? use: holdfast why STATION\n');
    return 2;
  }
  const answer = await ask(values.socket, 'why', station);
  if (answer === undefined) {
    const text = `the gateway does not run (no answer on ${values.socket}); start it: holdfast run`;
    process.stderr.write(`holdfast why: ${text}\n`);
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
