/**
 * OCPP bench: latency and throughput of the relay against the least that ocpp-rpc and ws can do,
 * and what thousands of stations cost in memory and CPU. Three processes: CPMS, relay, stations.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import { WebSocket } from 'ws';
import type { Bar, Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';

const RELAYS = ['direct', 'raw-ws-relay', 'ocpp-rpc-relay', 'relay'] as const;
type RelayKind = (typeof RELAYS)[number];
const CROWDS = [100, 1_000, 2_000] as const;
const ROUND_STATIONS = 50;
const PERIOD_MS = 10_000;

/**
 * As in the firmware bundle: ocpp-rpc's own strict mode is not used, so its three sets of schemas
 * stay out of memory; ours are read one version at a time.
 */
const withoutStrictMode: Plugin = {
  name: 'without-strict-mode',
  setup(bundle) {
    bundle.onLoad({ filter: /ocpp-rpc\/lib\/standard-validators\.js$/ }, () => ({
      contents: 'module.exports = [];',
      loader: 'js',
    }));
  },
};

/** The young generation as small as the firmware starts `stations`: many sockets, little garbage. */
const RELAY_FLAGS = ['--max-semi-space-size=1'] as const;

/** Latency cases (measured together, taking turns) and crowds of stations. */
export function ocppCases(context: CampaignContext): readonly CampaignCase[] {
  let measured: Promise<ReadonlyMap<RelayKind, Latency>> | undefined;
  const latencies = (): Promise<ReadonlyMap<RelayKind, Latency>> => {
    measured ??= withChildScript((script) => measureLatencies(context, script));
    return measured;
  };
  const bytes = meterValues('m1').length;
  return [
    ...RELAYS.map((kind) => ({
      id: kind,
      params: { stations: ROUND_STATIONS, bytes },
      run: async () => latencyFinding(kind, await latencies()),
    })),
    ...CROWDS.map((count) => ({
      id: `stations-${count}`,
      params: { stations: count, period_s: PERIOD_MS / 1000 },
      run: (): Promise<CaseFinding> => crowdFinding(context, count),
    })),
  ];
}

export const ocppBench: Campaign = {
  command: 'bench ocpp',
  composition: 'real',
  emulated: ['CPMS and stations: answers without content'],
  cases: ocppCases,
};

/** Bundles the child program for the time of `use`. */
async function withChildScript<T>(use: (script: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-bench-'));
  try {
    const script = path.join(folder, 'child.cjs');
    await build({
      entryPoints: [path.join(__dirname, 'ocppChild.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      target: 'node20',
      external: ['bufferutil', 'utf-8-validate'],
      plugins: [withoutStrictMode],
      logLevel: 'error',
    });
    return await use(script);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// --- child processes -----------------------------------------------------------------------

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
}

async function start(script: string, kind: string, upstream?: string): Promise<Child> {
  const child = fork(script, upstream === undefined ? [kind] : [kind, upstream], {
    execArgv: ['--expose-gc', ...(kind === 'relay' ? RELAY_FLAGS : [])],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${kind} ended with ${code ?? 'a signal'}`)));
    child.once('message', (message) => resolve(field(message, 'port')));
  });
  return { process: child, url: `ws://127.0.0.1:${port}/ocpp` };
}

interface Usage {
  readonly rss: number;
  readonly cpu_us: number;
}

function usage(child: Child): Promise<Usage> {
  return new Promise((resolve) => {
    child.process.once('message', (message) =>
      resolve({ rss: field(message, 'rss'), cpu_us: field(message, 'cpu_us') }),
    );
    child.process.send('usage');
  });
}

function field(message: unknown, name: string): number {
  const value: unknown =
    typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
  return typeof value === 'number' ? value : 0;
}

const stop = (child: Child): Promise<void> =>
  new Promise((resolve) => {
    child.process.once('exit', () => resolve());
    child.process.disconnect();
  });

// --- stations ------------------------------------------------------------------------------

/** A typical MeterValues of 540 bytes. */
function meterValues(id: string): string {
  const sampledValue = [
    ['Energy.Active.Import.Register', 'Wh', '1234567'],
    ['Power.Active.Import', 'W', '11040'],
    ['Current.Import', 'A', '16.0'],
    ['Voltage', 'V', '230.1'],
  ].map(([measurand, unit, value]) => ({ value, context: 'Sample.Periodic', measurand, unit }));
  const meterValue = [{ timestamp: '2026-06-01T12:00:00.000Z', sampledValue }];
  return JSON.stringify([2, id, 'MeterValues', { connectorId: 1, transactionId: 7, meterValue }]);
}

class Station {
  private readonly socket: WebSocket;
  private waiting: ((id: string) => void) | undefined;
  private lastId = 0;
  answers = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.received(data.toString('utf8')));
  }

  static open(url: string, id: string): Promise<Station> {
    const login = Buffer.from(`${id}:bench`).toString('base64');
    const socket = new WebSocket(`${url}/${id}`, ['ocpp1.6'], {
      headers: { Authorization: `Basic ${login}` },
      perMessageDeflate: false,
    });
    return new Promise((resolve, reject) => {
      const station = new Station(socket);
      socket.once('open', () => resolve(station));
      socket.once('error', reject);
    });
  }

  private received(text: string): void {
    const id = /^\[(\d), *"([^"]*)"/.exec(text);
    if (id?.[1] === '2') this.socket.send(`[3,"${id[2] ?? ''}",{"status":"Accepted"}]`);
    else if (id?.[1] === '3') {
      this.answers += 1;
      this.waiting?.(id[2] ?? '');
    } else throw new Error(`bench station was refused: ${text}`);
  }

  /** One call and its answer; the result is the round trip in µs. */
  call(): Promise<number> {
    const id = `m${(this.lastId += 1)}`;
    const text = meterValues(id);
    const before = performance.now();
    return new Promise((resolve) => {
      this.waiting = (answered) => {
        if (answered === id) resolve((performance.now() - before) * 1_000);
      };
      this.socket.send(text);
    });
  }

  close(): void {
    this.socket.terminate();
  }
}

async function openAll(url: string, count: number): Promise<readonly Station[]> {
  const stations: Station[] = [];
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, i) =>
      Station.open(url, `CP${from + i}`),
    );
    stations.push(...(await Promise.all(batch)));
  }
  return stations;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// --- latency -------------------------------------------------------------------------------

type Latency = Readonly<Record<'p50_us' | 'p95_us' | 'p99_us' | 'calls_per_s', number>>;

async function measureLatencies(
  context: CampaignContext,
  script: string,
): Promise<ReadonlyMap<RelayKind, Latency>> {
  const cpms = await start(script, 'cpms');
  const relays = new Map<RelayKind, Child>([['direct', cpms]]);
  for (const kind of RELAYS) {
    if (kind !== 'direct') relays.set(kind, await start(script, kind, cpms.url));
  }
  const rounds = context.quick ? 2 : 5;
  const samples = new Map<RelayKind, number[]>();
  const rates = new Map<RelayKind, number[]>();
  // The kinds take turns, so that a busy moment of the machine hits them alike.
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, child] of relays) {
      context.progress(`${kind} round ${round + 1}/${rounds}`);
      await oneRound(child, samples, rates, kind, context.quick ? 1_000 : 4_000);
    }
  }
  for (const child of relays.values()) await stop(child);
  return new Map(RELAYS.map((kind) => [kind, latencyOf(kind, samples, rates)]));
}

async function oneRound(
  child: Child,
  samples: Map<RelayKind, number[]>,
  rates: Map<RelayKind, number[]>,
  kind: RelayKind,
  calls: number,
): Promise<void> {
  const stations = await openAll(child.url, ROUND_STATIONS);
  await pause(2_500);
  const [first] = stations;
  if (first === undefined) throw new Error('no station');
  for (let i = 0; i < 500; i += 1) await first.call();
  const taken = samples.get(kind) ?? [];
  for (let i = 0; i < calls; i += 1) taken.push(await first.call());
  samples.set(kind, taken);
  const before = performance.now();
  const each = Math.ceil(calls / 10);
  await Promise.all(
    stations.map(async (station) => {
      for (let i = 0; i < each; i += 1) await station.call();
    }),
  );
  const rate = (each * stations.length * 1_000) / (performance.now() - before);
  rates.set(kind, [...(rates.get(kind) ?? []), rate]);
  for (const station of stations) station.close();
  await pause(300);
}

function latencyOf(
  kind: RelayKind,
  samples: ReadonlyMap<RelayKind, number[]>,
  rates: ReadonlyMap<RelayKind, number[]>,
): Latency {
  const sorted = [...(samples.get(kind) ?? [])].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return {
    p50_us: at(0.5),
    p95_us: at(0.95),
    p99_us: at(0.99),
    calls_per_s: round(Math.max(0, ...(rates.get(kind) ?? []))),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

function latencyFinding(kind: RelayKind, results: ReadonlyMap<RelayKind, Latency>): CaseFinding {
  const own = results.get(kind);
  const direct = results.get('direct');
  const library = results.get('ocpp-rpc-relay');
  if (!own || !direct || !library) return { skipped: 'not measured' };
  if (kind !== 'relay') return { measured: own };
  const bars: readonly Bar[] = [
    { name: 'added_p50_us', op: '<=', value: 100 },
    { name: 'p50_us', op: '<=', value: library.p50_us },
    { name: 'calls_per_s', op: '>=', value: library.calls_per_s },
  ];
  return { measured: { ...own, added_p50_us: round(own.p50_us - direct.p50_us) }, bars };
}

// --- many stations -------------------------------------------------------------------------

function crowdFinding(context: CampaignContext, count: number): Promise<CaseFinding> {
  if (context.quick && count > 100) return Promise.resolve({ skipped: 'not in the quick form' });
  context.progress(`stations-${count}`);
  return withChildScript((script) => crowd(script, count, context.quick ? 10_000 : 40_000));
}

async function crowd(script: string, count: number, window_ms: number): Promise<CaseFinding> {
  const cpms = await start(script, 'cpms');
  const relay = await start(script, 'relay', cpms.url);
  const empty = await usage(relay);
  const stations = await openAll(relay.url, count);
  await pause(5_000);
  const before = await usage(relay);
  const began = performance.now();
  await load(stations, window_ms);
  const after = await usage(relay);
  const elapsed_us = (performance.now() - began) * 1_000;
  const answered = stations.reduce((sum, station) => sum + station.answers, 0);
  for (const station of stations) station.close();
  await stop(relay);
  await stop(cpms);
  const MiB = 1024 * 1024;
  const rss_MiB = round(after.rss / MiB);
  const cpu_share = Math.round(((after.cpu_us - before.cpu_us) / elapsed_us) * 1e4) / 1e4;
  const measured = {
    rss_MiB,
    rss_empty_MiB: round(empty.rss / MiB),
    rss_per_station_KiB: round((after.rss - empty.rss) / 1024 / count),
    cpu_share,
    messages_answered: answered,
  };
  const expected = Math.floor(count * (window_ms / PERIOD_MS) * 0.99);
  const bars: Bar[] = [{ name: 'messages_answered', op: '>=', value: expected }];
  if (count === 2_000) {
    bars.push(
      { name: 'rss_MiB', op: '<=', value: 170 },
      { name: 'cpu_share', op: '<=', value: 0.12 },
    );
  }
  return { measured, bars };
}

/** Each station sends one message per period, spread evenly over it. */
async function load(stations: readonly Station[], window_ms: number): Promise<void> {
  const slots = 100;
  const began = performance.now();
  const pending: Promise<number>[] = [];
  for (let slot = 0; slot * (PERIOD_MS / slots) < window_ms; slot += 1) {
    for (let i = slot % slots; i < stations.length; i += slots) {
      const station = stations[i];
      if (station !== undefined) pending.push(station.call());
    }
    await pause(Math.max(0, began + (slot + 1) * (PERIOD_MS / slots) - performance.now()));
  }
  await Promise.all(pending);
}
