import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ACTIONS, permissions, readGrantDocument } from '../../src/access';
import { writeAtomic } from '../../src/io/store';
import { readable } from './files';
import { ask, snapshotOf, unanswered } from './live';
import { refuse, surplus } from './refuse';

const USE = `use: holdfast service draft --site ID --who NAME --reason TEXT [--for 2h] [--role field-tech] --out FILE
     holdfast sign FILE --purpose service-grant --key KEY       (on the signer's own machine)
     holdfast service open --grant FILE [--who NAME] [--reason TEXT] [--for 2h] [--socket PATH]
     holdfast service close|state [--socket PATH]`;

const GRANTABLE = ['field-tech', 'integrator'] as const;
const HOUR_ms = 3_600_000;
/** A draft that was not used until then opens nothing. */
const DRAFT_HOLDS_ms = 24 * HOUR_ms;
/** The site enters `service` with one of the next cycles. */
const EFFECT_ms = 4000;
const LOOK_ms = 250;

const OPTIONS = {
  socket: { type: 'string', default: 'holdfast-state/console.sock' },
  site: { type: 'string' },
  who: { type: 'string' },
  role: { type: 'string', default: 'field-tech' },
  reason: { type: 'string' },
  for: { type: 'string' },
  grant: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;
const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof parse>['values'];

const say = (text: string): void => void process.stderr.write(`holdfast service: ${text}\n`);

/** `holdfast service`: opens, closes and shows a technician's session on the running gateway. */
export async function service(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const length_ms = values.for === undefined ? undefined : duration_ms(values.for);
  const no = (text: string): number => refuse('service', values.json, 2, text);
  if (Number.isNaN(length_ms))
    return no(`--for "${String(values.for)}" is not a time such as 90m or 2h`);
  const wrong = surplus(positionals, 1);
  if (wrong !== undefined) return no(`${wrong}\n${USE}`);
  switch (positionals[0] ?? '') {
    case 'draft':
      return draft(values, length_ms ?? 2 * HOUR_ms);
    case 'open':
      return open(values, length_ms);
    case 'close':
      return question(values, 'service-close', values.who === undefined ? {} : { who: values.who });
    case 'state':
      return question(values, 'service-state', {});
    default:
      return no(USE);
  }
}

/** `90m`, `2h`, `1.5h`; NaN for anything else. Pure. */
export function duration_ms(text: string): number {
  const match = /^(\d{1,4}(?:\.\d)?)(m|h)$/.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * (match[2] === 'h' ? HOUR_ms : 60_000);
}

/** Writes a document that a CPO person may sign; it is worth nothing unsigned. */
function draft(values: Values, length_ms: number): number {
  const { site, who, reason, out, role } = values;
  const no = (text: string): number => refuse('service', values.json, 2, text);
  if (site === undefined || who === undefined || reason === undefined || out === undefined)
    return no(USE);
  const grantable = GRANTABLE.find((r) => r === role);
  if (grantable === undefined) return no(`--role "${role}" is none of ${GRANTABLE.join(', ')}`);
  const now = Date.now();
  const text = JSON.stringify(
    {
      site,
      who,
      role,
      actions: ACTIONS.filter((a) => ['grant', 'alone'].includes(permissions(a, grantable) ?? '')),
      hours: length_ms / HOUR_ms,
      reason,
      // Later documents have greater numbers without a register of them.
      sequence: now,
      notAfter: new Date(now + DRAFT_HOLDS_ms).toISOString(),
    },
    null,
    2,
  );
  const read = readGrantDocument(text);
  if (!read.ok) return no(`${read.text}; nothing was written`);
  if (existsSync(out)) return no(`${out} is there already; choose a new name`);
  writeAtomic(out, Buffer.from(`${text}\n`));
  const next = `holdfast sign ${out} --purpose service-grant --key KEY`;
  if (values.json) process.stdout.write(`${JSON.stringify({ ok: true, file: out, next })}\n`);
  else process.stdout.write(`${out}: now ${next}\n`);
  return 0;
}

async function open(values: Values, length_ms: number | undefined): Promise<number> {
  const { grant, who, reason, socket } = values;
  const no = (text: string): number => refuse('service', values.json, 2, text);
  if (grant === undefined) return no(`a session needs a signed document: --grant FILE\n${USE}`);
  const missing = readable(grant);
  if (missing !== undefined) return no(missing);
  const unsigned = readable(`${grant}.sig`);
  if (unsigned !== undefined) {
    const fix = `holdfast sign ${grant} --purpose service-grant --key KEY`;
    return no(existsSync(`${grant}.sig`) ? unsigned : `${grant} is not signed: ${fix}`);
  }
  const body = {
    document: readFileSync(grant).toString('base64'),
    signature: readFileSync(`${grant}.sig`, 'utf8'),
    ...(who === undefined ? {} : { who }),
    ...(reason === undefined ? {} : { reason }),
    ...(length_ms === undefined ? {} : { length_ms }),
  };
  const code = await question(values, 'service-open', body);
  if (code !== 0 || values.json) return code;
  for (const end = performance.now() + EFFECT_ms; ;) {
    const now = await snapshotOf(socket);
    const entered = now?.mode === 'service';
    if (entered || performance.now() > end) {
      if (now !== undefined) process.stdout.write(`mode ${now.mode}: ${now.modeWhy}\n`);
      if (!entered) say('the site has not entered service: what is said above comes first');
      return entered ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_ms));
  }
}

async function question(values: Values, kind: string, body: object): Promise<number> {
  const answer = await ask(values.socket, kind, body);
  if (answer === undefined) return refuse('service', values.json, 2, unanswered(values.socket));
  const good = answer.get('ok') === true;
  if (values.json) process.stdout.write(`${JSON.stringify(Object.fromEntries(answer))}\n`);
  else if (good) process.stdout.write(`${String(answer.get('text'))}\n`);
  else say(`refused: ${String(answer.get('text'))}`);
  return good ? 0 : 1;
}
