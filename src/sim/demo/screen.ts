/** The live view of the demo as lines of text. Pure: the caller writes them to the terminal. */
import { CATALOGUE } from '../../alarm';
import type { SiteSnapshot, StationView, StorageView } from '../../runtime';
import { FAULTS } from '../composition';
import { plotLines } from './plot';

export interface ScreenInput {
  readonly snapshot: SiteSnapshot;
  /** Grid power of the last cycles, W, newest last. */
  readonly history_W: readonly number[];
  readonly faults: readonly string[];
  readonly width: number;
  readonly colour: boolean;
  readonly addresses: Readonly<Record<string, string>>;
}

const kW = (w: number): string => (w / 1000).toFixed(1);

interface Paint {
  readonly bold: (s: string) => string;
  readonly red: (s: string) => string;
  readonly green: (s: string) => string;
  readonly dim: (s: string) => string;
}

function painter(colour: boolean): Paint {
  const wrap = (code: string) => (s: string) => (colour ? `\u001b[${code}m${s}\u001b[0m` : s);
  return { bold: wrap('1'), red: wrap('31;1'), green: wrap('32'), dim: wrap('2') };
}

/** All lines of one screen. */
export function renderScreen(input: ScreenInput): readonly string[] {
  const { snapshot: s, width } = input;
  const p = painter(input.colour);
  const lines: string[] = [];
  const mode = s.mode === 'normal' ? p.green(s.mode) : p.red(s.mode);
  const time = new Date(s.wall_ms).toISOString().slice(11, 19);
  lines.push(`${p.bold('Holdfast')} ${s.site}   mode ${mode} ${p.dim(`(${s.modeWhy})`)}   ${time}`);
  const links = s.links.uplink === 'up' ? 'uplink up' : p.red('local (no uplink)');
  lines.push(
    p.dim(`line ${s.line} · `) +
      links +
      p.dim(` · cycle ${s.cycle} in ${s.cycle_ms.toFixed(0)} ms`),
  );
  lines.push('');
  lines.push(gridLine(s, p));
  for (const x of s.storage) lines.push(storageLine(x));
  if (s.supportCap_W > 0) {
    const cost = s.capCost_W > 0 ? `, which costs ${kW(s.capCost_W)} kW now` : '';
    lines.push(
      p.dim(
        `        support ${kW(s.support_W)} of ${kW(s.supportCap_W)} kW that N-1 allows${cost}; declared reaction ${s.reaction_s.toFixed(1)} s`,
      ),
    );
  }
  lines.push('');
  lines.push(p.bold('station      status         draw   limit  lease  why'));
  for (const station of s.stations) lines.push(stationLine(station, p).slice(0, width + 20));
  lines.push('');
  lines.push(...alarmLines(s, p, width));
  const limit_kW = s.importLimit_W / 1000;
  const size = { width: Math.max(20, Math.min(110, width - 10)), height: 6 };
  lines.push(`grid power, kW, last ${size.width} s`);
  lines.push(
    ...plotLines(
      input.history_W.map((w) => w / 1000),
      limit_kW,
      size,
    ),
  );
  const keys = FAULTS.map((f) =>
    input.faults.includes(f.name) ? p.red(`${f.key} end ${f.name}`) : `${f.key} ${f.name}`,
  );
  lines.push('', `keys: ${keys.join('  ')}  q quit`);
  const ports = Object.entries(input.addresses).map(([k, v]) => `${k} ${v}`);
  lines.push(p.dim(ports.join('   ')));
  return lines;
}

function gridLine(s: SiteSnapshot, p: Paint): string {
  const limit = `limit ${kW(s.importLimit_W)} kVA, ${s.importLimit_A.toFixed(0)} A per phase`;
  if (s.grid === undefined) return `grid    ${p.red(`not known: ${s.gridHealth}`)}   ${limit}`;
  const [l1, l2, l3] = s.grid.current_A;
  const phases = `L1 ${l1.toFixed(0)}  L2 ${l2.toFixed(0)}  L3 ${l3.toFixed(0)} A`;
  return `grid    ${kW(s.grid.power_W).padStart(6)} kW   ${phases}   ${limit}`;
}

function storageLine(x: StorageView): string {
  const name = x.kind === 'bess' ? 'battery' : 'sun    ';
  if (x.power_W === undefined) return `${name}  not known: its worst case is reserved`;
  const soc = x.soc === undefined ? '' : `   ${(x.soc * 100).toFixed(0)} % full`;
  const told = x.setpoint_W === undefined ? '' : `   told ${kW(x.setpoint_W)} kW`;
  const lease = x.leaseLeft_s === undefined ? '' : `   lease ${x.leaseLeft_s.toFixed(0)} s`;
  return `${name} ${kW(x.power_W).padStart(6)} kW${soc}${told}${lease}`;
}

function stationLine(x: StationView, p: Paint): string {
  const draw = x.power_W === undefined ? '   ?' : kW(x.power_W).padStart(6);
  const lease = x.leaseLeft_s === undefined ? 'static' : `${x.leaseLeft_s.toFixed(0)} s`;
  const why = x.reasons[0]?.text ?? 'nothing binds';
  const status = x.connected ? x.status : p.red('offline'.padEnd(13));
  return `${x.id.padEnd(12)} ${status.padEnd(13)} ${draw} kW ${x.limit_A.toFixed(1).padStart(5)} A ${lease.padStart(6)}  ${p.dim(why)}`;
}

function alarmLines(s: SiteSnapshot, p: Paint, width: number): readonly string[] {
  if (s.alarms.length === 0) return [p.green('no alarms'), ''];
  const shown = s.alarms.slice(0, 4).flatMap((a) => {
    const text = `${a.severity}: ${a.id} ${a.subject}: ${a.text}`;
    const advice = `  do: ${CATALOGUE[a.id].whatToDo}`;
    return [p.red(text.slice(0, width - 1)), p.dim(advice.slice(0, width - 1))];
  });
  const more = s.alarms.length > 4 ? [`and ${s.alarms.length - 4} more`] : [];
  return [...shown, ...more, ''];
}
