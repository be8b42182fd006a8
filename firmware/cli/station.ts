import { parseArgs } from 'node:util';
import { ask, unanswered } from './live';
import { refuse, surplus } from './refuse';

/** Asked this often while a self-test runs. */
const POLL_ms = 1000;
const USE = 'use: holdfast station list | abilities [STATION] | self-test STATION [--reset]';

type Answer = ReadonlyMap<string, unknown>;

/**
 * `holdfast station`: what stations are and can do, and the guided self-test of one. During a test
 * the station is never above its safe static limit; Ctrl-C ends it and leaves it there.
 */
export async function station(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      socket: { type: 'string', default: 'holdfast-state/console-stations.sock' },
      reset: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [what, id] = positionals;
  const { socket, json } = values;
  const wrong = surplus(positionals, 2);
  if (wrong !== undefined) return refuse('station', json, 2, `${wrong}; ${USE}`);
  if (what === 'list' || what === 'abilities') return show(what, id, socket, json);
  if (what === 'self-test' && id !== undefined) return selfTest(id, values.reset, socket, json);
  return refuse('station', json, 2, USE);
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function show(
  what: 'list' | 'abilities',
  id: string | undefined,
  socket: string,
  json: boolean,
): Promise<number> {
  const answer = await ask(socket, 'abilities', null);
  if (answer === undefined) return refuse('station', json, 2, unanswered(socket));
  const list: unknown = answer.get('stations');
  if (!Array.isArray(list)) {
    const text = `${socket} is not the console of \`stations\` (console-stations.sock)`;
    return refuse('station', json, 2, text);
  }
  const all = list.map(fields);
  const rows = all.filter((row) => id === undefined || row.get('station') === id);
  if (rows.length === 0) {
    const known = all.map((row) => word(row.get('station'))).join(', ');
    const none = 'the site file declares no station; add it there';
    const text = known === '' ? none : `there is no station "${id ?? ''}"; known: ${known}`;
    return refuse('station', json, 1, text);
  }
  const stations = rows.map((row) => Object.fromEntries(row));
  if (json) process.stdout.write(`${JSON.stringify({ ok: true, stations })}\n`);
  else for (const row of rows) process.stdout.write(`${textOf(what, row)}\n`);
  return 0;
}

function textOf(what: 'list' | 'abilities', row: Answer): string {
  const where = row.get('connected') === true ? word(row.get('protocol')) : 'not connected';
  const floor = row.get('floorVerified') === true ? 'static limit verified' : 'not verified';
  const head = `${word(row.get('station'))}  ${where}, ${floor}, ${word(row.get('model')) || '?'}`;
  if (what === 'list') return head;
  const found = row.get('found');
  return [
    head,
    `  declared  ${pairs(row.get('declared'))}`,
    `  found     ${found === undefined ? 'nothing: run holdfast station self-test' : pairs(found)}`,
    `  used      ${pairs(row.get('used'))}`,
  ].join('\n');
}

async function selfTest(
  id: string,
  reset: boolean,
  socket: string,
  json: boolean,
): Promise<number> {
  const started = await ask(socket, 'self-test', { station: id, reset });
  if (started === undefined) return refuse('station', json, 2, unanswered(socket));
  if (started.get('ok') !== true)
    return refuse('station', json, 1, `not started: ${word(started.get('text'))}`);
  const how = reset ? 'restarts it by itself' : 'asks you to switch it off and on';
  say(`${id} stays at or below its safe static limit; the test ${how}. Ctrl-C ends it.`);
  say('A vehicle that draws makes the result stronger.');
  const abort = (): void => {
    void ask(socket, 'self-test-abort', null);
  };
  process.once('SIGINT', abort);
  try {
    return await follow(socket, json);
  } finally {
    process.off('SIGINT', abort);
  }
}

async function follow(socket: string, json: boolean): Promise<number> {
  let told = '';
  let findings = 0;
  for (;;) {
    const answer = await ask(socket, 'self-test-state', null);
    if (answer === undefined) return refuse('station', json, 2, unanswered(socket));
    const test = fields(answer.get('test'));
    const list: unknown = test.get('findings');
    const lines = Array.isArray(list) ? list.map(word) : [];
    for (const line of lines.slice(findings)) say(`  - ${line}`);
    findings = lines.length;
    const text = word(test.get('text'));
    if (text !== told) say(text);
    told = text;
    if (test.get('phase') === 'running') {
      await new Promise((resolve) => setTimeout(resolve, POLL_ms));
      continue;
    }
    if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(test))}\n`);
    const done = test.get('phase') === 'done';
    if (done)
      say('kept for this vendor, model and firmware; used where stricter than the site file');
    return done ? 0 : 1;
  }
}

function fields(value: unknown): Answer {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function pairs(value: unknown): string {
  return [...fields(value)].map(([key, one]) => `${key} ${String(one)}`).join(', ');
}
