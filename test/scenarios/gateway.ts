/**
 * A gateway as separate processes (the built bundle) around a simulated site on real sockets:
 * Modbus TCP devices, stations over WebSocket, an emulated watchdog line.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { systemClock, systemTimers } from '../../src/io/clock';
import { parseYaml } from '../../src/io/yaml';
import { createKeyFile, signDetached } from '../../src/io/keys';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { busySessions } from '../../src/sim/composition';
import { SimLine } from '../../src/sim/line';
import { createSimSite, simStationConfigs, type SimSite } from '../../src/sim/site';
import { webSocketTransport } from '../../src/sim/stations';
import { serveTcpDevices } from '../../src/sim/tcpServer';
import { declaredReaction, type Site } from '../../src/site';

const ROOT = path.join(__dirname, '..', '..');

export interface Gateway {
  readonly sim: SimSite;
  readonly line: SimLine;
  readonly site: Site;
  readonly state: string;
  readonly socket: string;
  /** Where the simulated devices listen, and where the gateway listens for stations. */
  readonly devicePort: number;
  readonly ocppPort: number;
  /** Everything the processes have logged. */
  log(): string;
  pidOf(process_: string): number | undefined;
  stop(): Promise<void>;
}

/** A free TCP port of the loopback address. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}

/** The demo site with its devices on Modbus TCP; JSON is YAML. */
export function tcpSiteText(
  devicePort: number,
  ocppPort: number,
  broker?: string,
  planning?: object,
): string {
  const text = readFileSync(path.join(ROOT, 'firmware', 'sites', 'demo.yaml'), 'utf8');
  const parsed = parseYaml(text);
  if (!parsed.ok) throw new Error(parsed.text);
  const file = parsed.value;
  if (typeof file !== 'object' || file === null || Array.isArray(file)) throw new Error('no site');
  const onTcp = (list: unknown): unknown =>
    Array.isArray(list)
      ? list.map((d: unknown) => ({
          ...(typeof d === 'object' ? d : {}),
          bus: 'lan',
          host: `127.0.0.1:${devicePort}`,
        }))
      : list;
  const entries = new Map<string, unknown>(Object.entries(file));
  if (broker === undefined) entries.delete('uplinks');
  else entries.set('uplinks', [{ id: 'cpo', kind: 'cpo', url: broker }]);
  if (planning !== undefined) entries.set('planning', planning);
  entries.set('buses', [{ id: 'lan', kind: 'tcp' }]);
  for (const kind of ['meters', 'bess', 'pv']) entries.set(kind, onTcp(entries.get(kind)));
  entries.set('ocpp', { listen: `127.0.0.1:${ocppPort}` });
  return JSON.stringify(Object.fromEntries(entries), null, 1);
}

/** Builds the bundle once per test run. */
let bundle: string | undefined;
export function builtBundle(): string {
  if (bundle === undefined) {
    const out = mkdtempSync(path.join(tmpdir(), 'holdfast-bundle-'));
    const args = ['scripts/build.mjs', process.arch, out];
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'pipe' });
    bundle = out;
  }
  return path.join(bundle, 'holdfast.cjs');
}

async function until(what: string, limit_ms: number, holds: () => boolean): Promise<void> {
  const end = performance.now() + limit_ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${limit_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
export { until };

export interface GatewayOptions {
  readonly seed: number;
  /** More words for `holdfast run`. */
  readonly extra?: readonly string[];
  readonly broker?: string;
  /** `planning` of the site file; absent: nothing is planned. */
  readonly planning?: object;
  readonly bundle?: string;
  /** The Node that runs the gateway, and its flags. */
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  /** Vehicles come for so long, ms; default ten minutes. */
  readonly horizon_ms?: number;
  /** Devices that do not answer and stations that never connect, by id. */
  readonly missing?: readonly string[];
  /** More environment of the gateway's processes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts devices, gateway processes and stations; resolves when the site simulator runs. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { seed } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-gw-'));
  const line = new SimLine();
  const holder: { sim?: SimSite } = {};
  const ids = ['grid-meter', 'bess', 'pv'];
  const units = [10, 20, 30];
  const missing = new Set(options.missing);
  const devices = await serveTcpDevices(
    units.map((unit, i) => ({
      unit,
      answer: (adu: Uint8Array) => {
        const id = ids[i] ?? '';
        if (missing.has(id)) return null;
        return holder.sim?.device(id)?.answer(adu) ?? null;
      },
    })),
    () => systemClock.now(),
  );
  const ocppPort = await freePort();
  const file = path.join(folder, 'site.yaml');
  writeFileSync(file, tcpSiteText(devices.port, ocppPort, options.broker, options.planning));
  const loaded = loadSite(file);
  const { site } = loaded;
  if (site === undefined) throw new Error(JSON.stringify(loaded.findings[0]));
  const key = createKeyFile(path.join(folder, 'owner.key'));
  const signature = signDetached(readFileSync(file), 'site-file', site.id, key);
  writeFileSync(`${file}.sig`, JSON.stringify(signature));
  const state = path.join(folder, 'state');
  const bundle_ = options.bundle ?? builtBundle();
  const flags = options.nodeFlags ?? [];
  const args = [...flags, bundle_, 'run', '--site', file, '--state', state];
  const trust = ['--trust', path.join(folder, 'owner.key.pub'), ...(options.extra ?? [])];
  const child: ChildProcess = spawn(options.node ?? process.execPath, [...args, ...trust], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let log = '';
  child.stdout?.on('data', (d: Buffer) => (log += d.toString()));
  child.stderr?.on('data', (d: Buffer) => (log += d.toString()));
  const passwordFile = path.join(state, 'station-passwords-to-enter');
  await until(
    'the gateway listens',
    20_000,
    () => existsSync(passwordFile) && log.includes('listening on'),
  );
  const url = `ws://127.0.0.1:${ocppPort}/ocpp`;
  const horizon_ms = options.horizon_ms ?? 600_000;
  const sim = simulate(site, line, { url, passwordFile, seed, horizon_ms, missing });
  holder.sim = sim;
  const stopLine = followLineFile(path.join(state, 'line'), line);
  sim.start();
  return {
    sim,
    line,
    site,
    state,
    socket: path.join(state, 'console.sock'),
    devicePort: devices.port,
    ocppPort,
    log: () => log,
    pidOf: (name) => pidOf(child.pid ?? 0, name),
    stop: async () => {
      stopLine();
      sim.stop();
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await gone;
      await devices.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function simulate(
  site: Site,
  line: SimLine,
  from: {
    readonly url: string;
    readonly passwordFile: string;
    readonly seed: number;
    readonly horizon_ms: number;
    readonly missing: ReadonlySet<string>;
  },
): SimSite {
  const { url, passwordFile, seed, horizon_ms, missing } = from;
  const passwords = new Map(
    readFileSync(passwordFile, 'utf8')
      .trim()
      .split('\n')
      .map((l): [string, string] => {
        const [id, secret] = l.split(' ');
        return [id ?? '', secret ?? ''];
      }),
  );
  const stationConfigs = simStationConfigs(site, '')
    .filter((c) => !missing.has(c.id))
    .map((c) => ({ ...c, password: passwords.get(c.id) ?? '' }));
  const parsed = siteProfiles(site);
  if (!parsed.ok) throw new Error('the profiles do not parse');
  const plan = { seed, from: systemClock.now(), horizon_ms };
  return createSimSite({
    site,
    profiles: parsed.profiles,
    reaction_ms: new Map(
      site.nodes.map((n) => [n.id, declaredReaction(site, n.id, deviceCatalogue).reaction_ms]),
    ),
    clock: systemClock,
    timers: systemTimers,
    seed,
    transport: webSocketTransport({ url }),
    line,
    sessions: busySessions(stationConfigs, plan),
    stationConfigs,
  });
}

/** Each byte in the emulated line's file is one edge of the supervisor. */
function followLineFile(file: string, line: SimLine): () => void {
  let seen = 0;
  const timer = setInterval(() => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size > seen) line.edge(systemClock.now());
    seen = size;
  }, 20);
  return () => clearInterval(timer);
}

function pidOf(parent: number, name: string): number | undefined {
  const out = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(parent)]).toString();
  for (const row of out.split('\n')) {
    const match = /^\s*(\d+)\s.*\b(?:process (\S+)|(supervisor)\.cjs) /.exec(row);
    if ((match?.[2] ?? match?.[3]) === name) return Number(match?.[1]);
  }
  return undefined;
}
