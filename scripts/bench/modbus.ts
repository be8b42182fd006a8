/**
 * `npm run bench -- modbus`: Modbus clients on a paced line, and what the scheduler costs. On the
 * line one read is one transaction; the block caps of a shared bus do not bind here.
 */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import {
  buildLibmodbusClient,
  buildWire,
  findPymodbus,
  runClient,
  startWire,
  type Available,
} from '../../hil/wire';
import { readCycle_ms } from '../../src/modbus';
import type { Bar, Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';
import { schedulerCases } from './modbusScheduler';

const CLIENTS = ['ours', 'pymodbus', 'libmodbus', 'modbus-serial-buffered'] as const;
type Client = (typeof CLIENTS)[number];

interface LineParams {
  readonly client: Client;
  readonly baud: number;
  readonly registers: number;
}

/** Least share of the limit that ours must reach; 115200 baud has a bar for 125 registers only. */
function shareBar(baud: number, registers: number): number | undefined {
  if (baud <= 19200) return registers === 10 ? 0.95 : 0.97;
  return registers === 125 ? 0.93 : undefined;
}

function barsOf({ client, baud, registers }: LineParams): Bar[] {
  if (client !== 'ours') return [];
  const bars: Bar[] = [
    { name: 't35_violations', op: '==', value: 0 },
    { name: 'wrong_values', op: '==', value: 0 },
  ];
  const share = shareBar(baud, registers);
  if (share !== undefined) bars.push({ name: 'share_of_limit', op: '>=', value: share });
  if (baud === 19200 && registers === 125) {
    bars.push({ name: 'cpu_us_per_read', op: '<=', value: 3000 });
  }
  return bars;
}

const ROOT = join(__dirname, '..', '..');
const NODE_CLIENT = join(ROOT, 'dist', 'bench', 'modbusClient.cjs');

/** Bundles the Node clients as they would ship: no compiler, whose heap would be measured, too. */
function buildNodeClient(): string {
  buildSync({
    entryPoints: [join(ROOT, 'scripts/bench/modbusClient.ts')],
    outfile: NODE_CLIENT,
    bundle: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return NODE_CLIENT;
}

/** Program and leading arguments of a client, or why there is none. */
function programOf(client: Client): { program: string; args: readonly string[] } | { why: string } {
  const peer = (found: Available, interpreter?: string) => {
    if ('why' in found) return found;
    return interpreter === undefined
      ? { program: found.path, args: [] }
      : { program: interpreter, args: [found.path] };
  };
  switch (client) {
    case 'ours':
      return { program: process.execPath, args: [buildNodeClient(), 'ours'] };
    case 'modbus-serial-buffered':
      return { program: process.execPath, args: [buildNodeClient(), 'modbus-serial-buffered'] };
    case 'libmodbus':
      return peer(buildLibmodbusClient());
    case 'pymodbus':
      return peer(findPymodbus(), '/usr/bin/python3');
  }
}

type Measured = Readonly<Record<string, number>>;

/** One client on a fresh line for `seconds`. */
async function measure(params: LineParams, seconds: number): Promise<Measured | { why: string }> {
  const { client, baud, registers } = params;
  const wireProgram = buildWire();
  if ('why' in wireProgram) return wireProgram;
  const found = programOf(client);
  if ('why' in found) return found;
  const wire = await startWire(wireProgram.path, { baud });
  const numbers = [wire.clientPath, String(baud), String(registers), String(seconds)];
  const done = await runClient(found.program, [...found.args, ...numbers], seconds * 1000 + 30_000)
    // The line is stopped whatever became of the client.
    .then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  const figures = await wire.stop();
  if ('error' in done) throw done.error instanceof Error ? done.error : new Error('no figures');
  const { reads = 0, failed = 0, wrong = 0, cpu_us = 0, elapsed_s = 1 } = done.value;
  const reads_per_s = reads / elapsed_s;
  return {
    reads_per_s,
    share_of_limit: (reads_per_s * readCycle_ms(baud, registers)) / 1000,
    t35_violations: figures.t35_violations,
    cpu_us_per_read: reads > 0 ? cpu_us / reads : Infinity,
    wrong_values: wrong,
    failed_reads: failed,
    gap_min_us: figures.gap_min_us,
    delivery_late_max_us: figures.delivery_late_max_us,
  };
}

function lineCases(context: CampaignContext): CampaignCase[] {
  const seconds = context.quick ? 2 : 8;
  const sizes = context.quick
    ? [
        [19200, 10],
        [19200, 125],
        [115200, 125],
      ]
    : [9600, 19200, 115200].flatMap((baud) => [10, 60, 125].map((registers) => [baud, registers]));
  const measurements = new Map<string, Measured>();
  const cases: CampaignCase[] = [];
  for (const [baud = 0, registers = 0] of sizes) {
    for (const client of CLIENTS) {
      const params = { client, baud, registers };
      const id = `line-${client}-${baud}-${registers}`;
      const run = async (): Promise<CaseFinding> => {
        const measured = await measure(params, seconds);
        if ('why' in measured && typeof measured.why === 'string') return { skipped: measured.why };
        const numbers = Object.fromEntries(
          Object.entries(measured).filter(
            (entry): entry is [string, number] => typeof entry[1] === 'number',
          ),
        );
        measurements.set(id, numbers);
        return { measured: numbers, bars: barsOf(params) };
      };
      cases.push({ id, params, run });
    }
    cases.push(comparison(baud, registers, measurements));
  }
  return cases;
}

/** Ours as a ratio to the peers of the same run. */
function comparison(
  baud: number,
  registers: number,
  measurements: ReadonlyMap<string, Measured>,
): CampaignCase {
  const of = (client: Client): Measured | undefined =>
    measurements.get(`line-${client}-${baud}-${registers}`);
  const run = (): Promise<CaseFinding> => {
    const ours = of('ours');
    const buffered = of('modbus-serial-buffered');
    const pymodbus = of('pymodbus');
    if (ours === undefined || (buffered === undefined && pymodbus === undefined)) {
      return Promise.resolve({ skipped: 'ours or all peers were not measured in this run' });
    }
    const ratio = (peer: Measured | undefined, name: string): Record<string, number> => {
      const [left, right] = [ours[name], peer?.[name]];
      return left === undefined || right === undefined || right === 0
        ? {}
        : { [name]: left / right };
    };
    const measured: Record<string, number> = {};
    const cpu = ratio(buffered, 'cpu_us_per_read')['cpu_us_per_read'];
    const share = ratio(pymodbus, 'share_of_limit')['share_of_limit'];
    if (cpu !== undefined) measured['cpu_ratio_to_buffered'] = cpu;
    if (share !== undefined) measured['share_ratio_to_pymodbus'] = share;
    const barred = baud === 19200 && registers === 125 && cpu !== undefined;
    const bars: Bar[] = barred ? [{ name: 'cpu_ratio_to_buffered', op: '<=', value: 0.2 }] : [];
    return Promise.resolve({ measured, bars });
  };
  return { id: `compare-${baud}-${registers}`, params: { baud, registers }, run };
}

/** All cases of the bench, for a campaign that contains more than this one. */
export function modbusCases(context: CampaignContext): readonly CampaignCase[] {
  return [...schedulerCases(context), ...lineCases(context)];
}

export const modbusBench: Campaign = {
  command: 'bench modbus',
  composition: 'real',
  emulated: [
    'RS-485 line (process of its own, real-time byte pacing on pseudo terminals)',
    'scheduler cases: virtual segment',
  ],
  cases: modbusCases,
};
