import { parseArgs } from 'node:util';
import { ask } from './live';

/** Asked this often while a drill runs. */
const POLL_ms = 1000;

/** `holdfast drill NAME`: starts a drill on the running gateway and follows it to its end. */
export async function drill(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      socket: { type: 'string', default: 'holdfast-state/console.sock' },
      json: { type: 'boolean', default: false },
    },
  });
  const [kind, subject] = positionals;
  if (kind === undefined || (kind === 'silence' && subject === undefined)) {
    process.stderr.write('holdfast drill: use: holdfast drill silence STATION | drill line\n');
    return 2;
  }
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const { socket } = values;
  const started = await ask(socket, 'drill', { kind, subject: subject ?? 'line' });
  if (started === undefined) {
    say(`holdfast drill: the gateway does not run (no answer on ${socket})`);
    return 2;
  }
  if (started.get('ok') !== true) {
    say(`holdfast drill: not started: ${String(started.get('text'))}`);
    return 1;
  }
  process.once('SIGINT', () => {
    void ask(socket, 'drill-abort', null);
  });
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_ms));
    const state = await ask(socket, 'drill-state', null);
    const now = drillOf(state?.get('drill'));
    if (now === undefined) {
      say('holdfast drill: the gateway no longer answers');
      return 2;
    }
    say(`${now.phase}: ${now.text}`);
    if (now.phase === 'running') continue;
    if (values.json) process.stdout.write(`${JSON.stringify(Object.fromEntries(state ?? []))}\n`);
    return now.phase === 'passed' ? 0 : 1;
  }
}

function drillOf(value: unknown): { phase: string; text: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(value));
  const phase = given.get('phase');
  const text = given.get('text');
  return typeof phase === 'string' && typeof text === 'string' ? { phase, text } : undefined;
}
