import { parseArgs } from 'node:util';
import { systemClock } from '../../src/io/clock';
import { wire_ms } from '../../src/modbus';
import { type Access, openAccess, type Setting } from './busAccess';
import { examine } from './busDoctor';
import type { LineSettings } from './busListen';
import { isNumberType, readByProfile, readRaw, valuesOf } from './busRead';
import { scanUnits } from './busScan';
import { Sniffer } from './busSniff';
import { refuse } from './refuse';

const USE = `use: holdfast bus scan|read|sniff|doctor --port PATH --baud N --parity none|even|odd
  scan   [--units 1-247]        --baud and --parity may be lists: 9600,19200
  where a gateway runs, through it: --bus ID or its --port, and its own baud and parity;
  others need a service session (holdfast service) and put the devices of the bus to static
  read   UNIT holding|input ADDRESS COUNT [--type float32] [--order lo-hi]
  read   UNIT --profile ID
  sniff  [--for SECONDS]
  doctor UNIT`;

/** What the user did wrong; printed, exit 2. */
class Usage extends Error {}

const OPTIONS = {
  port: { type: 'string' },
  bus: { type: 'string' },
  baud: { type: 'string' },
  parity: { type: 'string' },
  units: { type: 'string', default: '1-247' },
  type: { type: 'string', default: 'uint16' },
  order: { type: 'string', default: 'hi-lo' },
  profile: { type: 'string' },
  for: { type: 'string', default: '10' },
  socket: { type: 'string', default: 'holdfast-state/console.sock' },
  json: { type: 'boolean', default: false },
} as const;
const parse = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof parse>['values'];

function whole(text: string | undefined, from: number, to: number, what: string): number {
  const value = Number(text);
  if (text !== undefined && Number.isInteger(value) && value >= from && value <= to) return value;
  throw new Usage(`${what} "${text ?? ''}" is outside ${from}..${to}`);
}

/** Every combination of the baud rates and parities asked for. */
export function linesOf(values: Pick<Values, 'port' | 'baud' | 'parity'>): LineSettings[] {
  const { port: path } = values;
  if (path === undefined) throw new Usage('which port? --port PATH');
  return settingsOf(values, DIRECT).map((one) => ({ path, ...one }));
}

/** As the serial line guide wants it (V1.02, 2.5.1). */
const DIRECT: Setting = { baud: 19200, parity: 'even' };

function settingsOf(values: Pick<Values, 'baud' | 'parity'>, own: Setting): Setting[] {
  return (values.baud ?? String(own.baud)).split(',').flatMap((rate) =>
    (values.parity ?? own.parity).split(',').map((parity) => {
      if (parity !== 'none' && parity !== 'even' && parity !== 'odd')
        throw new Usage(`parity "${parity}" is none of none, even, odd`);
      return { baud: whole(rate, 300, 1_000_000, 'baud rate'), parity };
    }),
  );
}

export function unitsOf(text: string): number[] {
  const [from, to] = text.split('-');
  const first = whole(from, 1, 247, 'unit');
  const last = whole(to ?? from, first, 247, 'unit');
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

type Print = (text: string, json: unknown) => void;
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const first = (access: Access): Setting => {
  const [setting] = access.settings;
  if (setting === undefined) throw new Usage('which baud rate?');
  return setting;
};

async function scan(access: Access, values: Values, print: Print): Promise<number> {
  const units = unitsOf(values.units);
  const found: object[] = [];
  for (const setting of access.settings) {
    const { baud, parity } = setting;
    const worst_s = units.length * (access.throughGateway ? 1 : 0.5);
    tell(`${baud} baud, parity ${parity}: ${units.length} unit ids, at most ${worst_s} s`);
    const list = await access.with(setting, (session) =>
      scanUnits(session, units, () => systemClock.now(), tell),
    );
    for (const one of list) {
      found.push({ baud, parity, ...one });
      if (values.json) continue;
      const profiles = one.profiles.map(({ id, sure }) => `${id} (${sure})`).join(', ');
      const models =
        one.sunspecModels === undefined ? '' : ` SunSpec ${one.sunspecModels.join(' ')}`;
      const what = profiles === '' ? 'no profile fits' : profiles;
      print(`unit ${one.unit} at ${baud} ${parity}: ${one.answer}${models}: ${what}`, one);
    }
  }
  if (values.json) print('', { found });
  if (found.length === 0) tell('nobody answered; holdfast bus doctor UNIT says what may be wrong');
  return found.length > 0 ? 0 : 1;
}

async function readUnit(
  access: Access,
  values: Values,
  rest: readonly string[],
  print: Print,
): Promise<number> {
  const unit = whole(rest[0], 1, 247, 'unit');
  const { profile, type, order } = values;
  return access.with(first(access), async (session) => {
    if (profile !== undefined) {
      const read = await readByProfile(session, unit, profile, () => systemClock.now());
      if (read === undefined) throw new Usage(`there is no profile ${profile}`);
      const points = Object.entries(read.points).map(([name, value]) => `${name} ${value}`);
      print([...points, ...read.failed].join('\n'), read);
      return read.failed.length === 0 ? 0 : 1;
    }
    const [, table] = rest;
    if (table !== 'holding' && table !== 'input')
      throw new Usage(`table "${table ?? ''}" is neither holding nor input`);
    if (!isNumberType(type)) throw new Usage(`type "${type}" is unknown`);
    if (order !== 'hi-lo' && order !== 'lo-hi') throw new Usage(`order "${order}" is unknown`);
    const address = whole(rest[2], 0, 65535, 'address');
    const count = whole(rest[3], 1, 125, 'count');
    const read = await readRaw(session, unit, { kind: 'read', table, address, count });
    if ('why' in read) {
      print(read.why, read);
      return 1;
    }
    const decoded = valuesOf(read.registers, type, order);
    print(decoded.join('\n'), { ...read, type, values: decoded });
    return 0;
  });
}

async function sniff(access: Access, values: Values, print: Print): Promise<number> {
  const seconds = whole(values.for, 1, 86400, 'time');
  const sniffer = new Sniffer();
  const start_ms = systemClock.now();
  let count = 0;
  const show = (frames: ReturnType<Sniffer['feed']>, gap_ms?: number): void => {
    for (const [i, { bytes, ...heard }] of frames.entries()) {
      const frame = i === 0 && gap_ms !== undefined ? { ...heard, gap_ms } : heard;
      count += 1;
      const at = ((frame.at_ms - start_ms) / 1000).toFixed(3);
      const gap = frame.gap_ms === undefined ? '' : ` +${frame.gap_ms.toFixed(1)} ms`;
      const hex = Buffer.from(bytes).toString('hex');
      const who = frame.unit === undefined ? '' : ` unit ${frame.unit}`;
      print(`${at} s${gap} ${frame.kind}${who}: ${frame.text}  [${hex}]`, { ...frame, hex });
    }
  };
  const lost = await access.listen(first(access), seconds, ({ bytes, at_ms, gap_ms }) =>
    show(sniffer.feed(bytes, at_ms), gap_ms),
  );
  show(sniffer.end(systemClock.now()));
  if (lost > 0) tell(`${lost} frames were lost: this console reads too slowly`);
  if (count === 0) tell('nothing was heard: look at baud rate, parity, wiring and who asks here');
  return count > 0 ? 0 : 1;
}

async function doctor(access: Access, rest: readonly string[], print: Print): Promise<number> {
  const line = first(access);
  const unit = whole(rest[0], 1, 247, 'unit');
  const diagnosis = await access.with(line, (session) =>
    examine(session, unit, wire_ms(line.baud, 8 + 9)),
  );
  const { tries, answered, p50_ms, findings } = diagnosis;
  const median = p50_ms === undefined ? '' : `, median ${p50_ms.toFixed(1)} ms`;
  const head = `${answered} of ${tries} requests answered${median}`;
  print([head, ...(findings.length > 0 ? findings : ['nothing is wrong'])].join('\n'), diagnosis);
  return diagnosis.healthy ? 0 : 1;
}

/** `holdfast bus`: looks at a field bus without changing anything on it. */
export async function bus(args: readonly string[]): Promise<number> {
  let access: Access | undefined;
  try {
    const { values, positionals } = parse(args);
    const [what, ...rest] = positionals;
    const print: Print = (text, json) =>
      void process.stdout.write(`${values.json ? JSON.stringify(json) : text}\n`);
    if (what !== 'scan' && what !== 'read' && what !== 'sniff' && what !== 'doctor')
      throw new Usage(what === 'write' ? 'this command reads only' : 'what shall it do?');
    const { socket, port, bus: on } = values;
    access = await openAccess({
      what,
      socket,
      ...(port === undefined ? {} : { port }),
      ...(on === undefined ? {} : { bus: on }),
      settings: (own) => settingsOf(values, own ?? DIRECT),
      tell,
    });
    const line = access;
    const run = {
      scan: () => scan(line, values, print),
      read: () => readUnit(line, values, rest, print),
      sniff: () => sniff(line, values, print),
      doctor: () => doctor(line, rest, print),
    };
    return await run[what]();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const use = error instanceof Usage ? `\n${USE}` : '';
    return refuse('bus', args.includes('--json'), 2, `${text}${use}`);
  } finally {
    access?.close();
  }
}
