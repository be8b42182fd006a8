import { parseArgs } from 'node:util';
import { ask, unanswered } from './live';
import { refuse, surplus } from './refuse';

/** Asked this often while a drill runs. */
const POLL_ms = 1000;
const USE = 'use: holdfast drill silence STATION | line LINE | meter | uplink | list';
/** What a technician should know before it starts. */
const GUIDE: Readonly<Record<string, string>> = {
  silence: 'the station stays raised for one lease, then must fall to its floor; about a minute',
  line: 'the relay opens: all stations on it go to their cut value, and return by the return rules',
  meter: 'the grid meter is left unused for 20 s: all goes to static and comes back',
  uplink: 'the CPO counts as lost for 20 s: nothing else may change',
};

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

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
  const [kind = '', subject] = positionals;
  const { socket, json } = values;
  const guide = GUIDE[kind];
  const named = kind === 'silence' || kind === 'line';
  const wrong = surplus(positionals, named ? 2 : 1);
  if (wrong !== undefined) return refuse('drill', json, 2, `${wrong}; ${USE}`);
  if (kind === 'list') return list(socket, json);
  if (guide === undefined || (kind === 'silence' && subject === undefined))
    return refuse('drill', json, 2, USE);
  const of = subject ?? (kind === 'line' ? 'line-1' : kind);
  const started = await ask(socket, 'drill', { kind, subject: of });
  if (started === undefined) return refuse('drill', json, 2, unanswered(socket));
  if (started.get('ok') !== true)
    return refuse('drill', json, 1, `not started: ${String(started.get('text'))}`);
  say(`drill ${kind} ${of}: ${guide}; Ctrl-C stops it`);
  process.once('SIGINT', () => {
    void ask(socket, 'drill-abort', null);
  });
  return follow(socket, json);
}

async function follow(socket: string, json: boolean): Promise<number> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_ms));
    const state = await ask(socket, 'drill-state', null);
    const now = fields(state?.get('drill'));
    const phase = now.get('phase');
    if (typeof phase !== 'string') return refuse('drill', json, 2, unanswered(socket));
    say(`${phase}: ${String(now.get('text'))}`);
    if (phase === 'running') continue;
    if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(state ?? []))}\n`);
    return phase === 'passed' ? 0 : 1;
  }
}

/** `holdfast drill list`: what must be drilled and when; exit 1 while something is due. */
async function list(socket: string, json: boolean): Promise<number> {
  const answer = await ask(socket, 'drill-duties', null);
  const duties: unknown = answer?.get('duties');
  if (!Array.isArray(duties)) return refuse('drill', json, 2, unanswered(socket));
  if (json) process.stdout.write(`${JSON.stringify({ duties })}\n`);
  const rows = duties.map((d: unknown) => fields(d));
  for (const d of json ? [] : rows) {
    const until = new Date(Number(d.get('due_ms'))).toISOString().slice(0, 10);
    const last = fields(d.get('last')).get('text');
    const said = typeof last === 'string' ? last : 'never drilled';
    const [kind, subject, given] = ['kind', 'subject', 'state'].map((k) => String(d.get(k)));
    // Its first interval runs since the first start: nothing has been proved yet.
    const state = given === 'good' && typeof last !== 'string' ? 'not yet' : given;
    const row = `${(kind ?? '').padEnd(8)} ${(subject ?? '').padEnd(16)} ${(state ?? '').padEnd(8)}`;
    process.stdout.write(`${row} due ${until}  ${said}\n`);
  }
  return rows.every((d) => d.get('state') === 'good') ? 0 : 1;
}

const fields = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
