import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createKeyFile, signDetached, verifyDetached } from '../../src/io/keys';
import { deviceCatalogue, siteProfiles, type SiteSnapshot } from '../../src/runtime';
import { systemClock } from '../../src/io/clock';
import { faultNamed, type FaultRun, runVirtual } from '../../src/sim/composition';
import { createPduCodec } from '../../src/io/modbusSerial';
import { type DemoSite, openDemo, renderScreen } from '../../src/sim/demo';
import type { Site } from '../../src/site';
import { loadSite } from '../loadSite';
import { programFolder } from '../where';
import { findingLines } from './check';
import { openDemoConsole } from './demoConsole';
import { type DemoPlan, parseDemoPlan } from './demoPlan';
import { readable } from './files';
import { refuse } from './refuse';

const DEMO_FILE = path.join(programFolder(), 'firmware', 'sites', 'demo.yaml');
/** Values of the power plot. */
const HISTORY_MAX = 600;

/** `holdfast demo`: live in a terminal, one line per 5 s without one, JSON at the end on demand. */
export async function demo(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      for: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string', default: '1' },
      site: { type: 'string', default: DEMO_FILE },
      json: { type: 'boolean', default: false },
      virtual: { type: 'boolean', default: false },
      socket: { type: 'string' },
      trust: { type: 'string', multiple: true, default: [] },
    },
  });
  const plan = parseDemoPlan(values);
  const no = (code: 1 | 2, text: string): number => refuse('demo', values.json, code, text);
  if (typeof plan === 'string') return no(2, plan);
  const missing = [plan.file, ...values.trust].map(readable).find((why) => why !== undefined);
  if (missing !== undefined) return no(2, missing);
  const site = demoSite(plan.file);
  if (site === undefined)
    return no(1, `${plan.file} does not fit; see: holdfast check ${plan.file}`);
  const parsed = siteProfiles(site);
  if (!parsed.ok)
    return no(1, parsed.problems.map((p) => `${p.device}: ${p.where}: ${p.why}`).join('\n'));
  if (values.virtual) return virtual(site, parsed.profiles, plan);
  const console_ =
    values.socket === undefined ? undefined : { socket: values.socket, trust: values.trust };
  return live(site, parsed.profiles, plan, console_);
}

/** The demo signs its own file with a throw-away key and arms it only if the signature verifies. */
function demoSite(file: string): Site | undefined {
  const loaded = loadSite(file);
  if (loaded.site === undefined || !loaded.fits) {
    for (const f of loaded.findings) {
      if (f.severity !== 'note') process.stderr.write(`${findingLines(f).join('\n')}\n`);
    }
    return undefined;
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-key-'));
  try {
    const key = createKeyFile(path.join(folder, 'demo.key'));
    const bytes = readFileSync(file);
    const signature = signDetached(bytes, 'site-file', loaded.site.id, key);
    const expected = { purpose: 'site-file', site: loaded.site.id } as const;
    const verdict = verifyDetached(bytes, signature, expected, [key.publicKey]);
    return verdict.ok ? loaded.site : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function virtual(
  site: Site,
  profiles: Parameters<typeof runVirtual>[0]['profiles'],
  plan: DemoPlan,
): number {
  const { report } = runVirtual({
    site,
    profiles,
    catalogue: deviceCatalogue,
    codec: createPduCodec(),
    seed: plan.seed,
    duration_s: plan.for_s ?? 1800,
    faults: plan.faults,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.limit_violations === 0 ? 0 : 1;
}

async function live(
  site: Site,
  profiles: Parameters<typeof openDemo>[0]['profiles'],
  plan: DemoPlan,
  console_?: { readonly socket: string; readonly trust: readonly string[] },
): Promise<number> {
  // Without keys to press there would be no way to end a full screen.
  const tty = process.stdout.isTTY && process.stdin.isTTY && !plan.json;
  const history: number[] = [];
  const site_ = await openDemo({
    site,
    profiles,
    catalogue: deviceCatalogue,
    seed: plan.seed,
    onSnapshot: (snapshot) => {
      history.push(snapshot.grid?.power_W ?? NaN);
      if (history.length > HISTORY_MAX) history.shift();
      if (tty) draw(snapshot, history, site_.faults, site_.ports);
      else if (!plan.json && snapshot.cycle % 5 === 1) {
        process.stdout.write(`${textLine(snapshot)}\n`);
      }
    },
  });
  const said = Object.entries(site_.ports).map(([name, where]) => `${name} ${where}`);
  if (!tty) process.stderr.write(`demo site on ${said.join(', ')}, seed ${plan.seed}\n`);
  const closeConsole = console_ && (await openDemoConsole(console_.socket, console_.trust, site_));
  await untilEnd(site_, plan, tty);
  await closeConsole?.();
  const report = site_.report();
  await site_.stop();
  if (tty) {
    // A keyboard that is still listened to would keep the process after --for.
    process.stdin.setRawMode(false).pause();
    process.stdout.write('\u001b[?25h\u001b[?1049l');
  }
  if (plan.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(
      `peak ${(report.grid_peak_VA / 1000).toFixed(1)} kVA of ${(report.grid_limit_W / 1000).toFixed(0)}, ${report.limit_violations} violations, ${(report.energy_delivered_Wh / 1000).toFixed(2)} kWh delivered\n`,
    );
  }
  return report.limit_violations === 0 ? 0 : 1;
}

function textLine(s: SiteSnapshot): string {
  const limit = `${(s.importLimit_W / 1000).toFixed(0)} kVA`;
  const grid =
    s.grid === undefined
      ? `not known (${s.gridHealth}), limit ${limit}`
      : `${(s.grid.power_W / 1000).toFixed(1)} kW of ${limit}`;
  const online = s.stations.filter((x) => x.connected).length;
  const alarms = s.alarms.map((a) => `${a.id} ${a.subject}`).join(', ');
  return `${new Date(s.wall_ms).toISOString()} mode ${s.mode}, grid ${grid}, ${online}/${s.stations.length} stations, alarms: ${alarms === '' ? 'none' : alarms}`;
}

function draw(
  snapshot: SiteSnapshot,
  history: readonly number[],
  faults: FaultRun,
  addresses: Readonly<Record<string, string>>,
): void {
  // A terminal that does not tell its size (a serial console) says 0.
  const rows = (process.stdout.rows || 24) - 1;
  const lines = renderScreen({
    snapshot,
    history_W: history,
    faults: faults.names(),
    width: process.stdout.columns || 80,
    rows,
    colour: (process.env['NO_COLOR'] ?? '') === '',
    addresses,
  });
  const shown = lines.slice(0, Math.max(1, rows));
  // Home, each line cleared to its end, then the rest of the screen.
  process.stdout.write(`\u001b[H${shown.map((l) => `${l}\u001b[K`).join('\n')}\u001b[J`);
}

async function untilEnd(site: DemoSite, plan: DemoPlan, tty: boolean): Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  for (const f of plan.faults) {
    const fault = faultNamed(f.fault);
    if (fault === undefined) continue;
    timers.push(setTimeout(() => site.faults.begin(fault, systemClock.now()), f.at_s * 1000));
    if (f.for_s === undefined) continue;
    const end_ms = (f.at_s + f.for_s) * 1000;
    timers.push(setTimeout(() => site.faults.end(fault, systemClock.now()), end_ms));
  }
  await new Promise<void>((resolve) => {
    if (plan.for_s !== undefined) timers.push(setTimeout(resolve, plan.for_s * 1000));
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    if (tty) listenToKeys(site, resolve);
  });
  for (const timer of timers) clearTimeout(timer);
}

function listenToKeys(site: DemoSite, quit: () => void): void {
  process.stdout.write('\u001b[?1049h\u001b[?25l');
  process.stdin.setRawMode(true);
  process.stdin.resume();
  process.stdin.on('data', (data: Buffer) => {
    for (const key of data.toString('latin1')) {
      if (key === 'q' || key === '\u0003') {
        process.stdin.pause();
        quit();
      } else site.faults.toggle(key, systemClock.now());
    }
  });
}
