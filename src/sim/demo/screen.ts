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
  /** Columns of the terminal. */
  readonly width: number;
  /** Rows that may be used; absent = as many as it takes. */
  readonly rows?: number;
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

/**
 * All lines of one screen, none wider than the terminal: one that wraps would push the rest down.
 * Where rows are few the plot shrinks, then stations are left out; the keys always stay.
 */
export function renderScreen(input: ScreenInput): readonly string[] {
  const { snapshot: s, width } = input;
  const p = painter(input.colour);
  const [head, alarms, foot] = [headLines(s, p), alarmLines(s, p), footLines(input, p)];
  const table = p.bold('station      status         draw   limit  lease  why');
  let room = (input.rows ?? Infinity) - head.length - alarms.length - foot.length - 3;
  const all = s.stations.map((x) => stationLine(x, p));
  const few = Math.max(1, room - 1);
  const stations =
    all.length <= room ? all : [...all.slice(0, few), `and ${all.length - few} more stations`];
  room -= stations.length;
  const plot = room < PLOT_LEAST ? [] : [...powerPlot(input, Math.min(PLOT_MOST, room) - 2), ''];
  const lines = [...head, '', table, ...stations, '', ...alarms, ...plot, ...foot];
  return lines.map((line) => clipped(line, width));
}

function headLines(s: SiteSnapshot, p: Paint): readonly string[] {
  const mode = s.mode === 'normal' ? p.green(s.mode) : p.red(s.mode);
  const time = new Date(s.wall_ms).toISOString().slice(11, 19);
  const links = s.links.uplink === 'up' ? 'uplink up' : p.red('local (no uplink)');
  const cycle = p.dim(` · cycle ${s.cycle} in ${s.cycle_ms.toFixed(0)} ms`);
  const lines = [
    `${p.bold('Holdfast')} ${s.site}   mode ${mode} ${p.dim(`(${s.modeWhy})`)}   ${time}`,
    p.dim(`line ${s.line} · `) + links + cycle,
    '',
    gridLine(s, p),
    ...s.storage.map(storageLine),
  ];
  if (s.supportCap_W <= 0) return lines;
  const cost = s.capCost_W > 0 ? `, which costs ${kW(s.capCost_W)} kW now` : '';
  const support = `support ${kW(s.support_W)} of ${kW(s.supportCap_W)} kW that N-1 allows${cost}`;
  const reaction = `declared reaction ${s.reaction_s.toFixed(1)} s`;
  return [...lines, p.dim(`        ${support}; ${reaction}`)];
}

/** Lines of the plot with its title and the blank line behind it. */
const PLOT_LEAST = 4;
const PLOT_MOST = 8;

function powerPlot({ snapshot, history_W, width }: ScreenInput, height: number): readonly string[] {
  const size = { width: Math.max(20, Math.min(110, width - 10)), height };
  const values_kW = history_W.map((w) => w / 1000);
  const rows = plotLines(values_kW, snapshot.importLimit_W / 1000, size);
  return [`grid power, kW, last ${size.width} s`, ...rows];
}

function footLines(input: ScreenInput, p: Paint): readonly string[] {
  const keys = FAULTS.map((f) => {
    const on = input.faults.includes(f.name);
    return on ? { text: `${f.key} end ${f.name}`, paint: p.red } : { text: `${f.key} ${f.name}` };
  });
  const lines: string[] = [];
  let [line, used] = ['keys:', 5];
  for (const { text, paint } of [...keys, { text: 'q quit', paint: undefined }]) {
    if (used + 2 + text.length >= input.width) {
      lines.push(line);
      [line, used] = ['     ', 5];
    }
    line += `${used > 5 ? '  ' : ' '}${paint === undefined ? text : paint(text)}`;
    used += (used > 5 ? 2 : 1) + text.length;
  }
  const ports = Object.entries(input.addresses).map(([k, v]) => `${k} ${v}`);
  return [...lines, line, p.dim(ports.join('   '))];
}

/** A colour of the painter. */
const COLOUR = new RegExp(`(${String.fromCharCode(27)}\\[[\\d;]*m)`);

/** One line cut to what can be seen of it, with its colours ended. Pure. */
function clipped(line: string, width: number): string {
  let [seen, out] = [0, ''];
  for (const part of line.split(COLOUR)) {
    if (part.startsWith('\u001b')) {
      out += part;
      continue;
    }
    out += part.slice(0, Math.max(0, width - 1 - seen));
    seen += part.length;
  }
  return out;
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

function alarmLines(s: SiteSnapshot, p: Paint): readonly string[] {
  if (s.alarms.length === 0) return [p.green('no alarms'), ''];
  const shown = s.alarms.slice(0, 4).flatMap((a) => {
    const text = `${a.severity}: ${a.id} ${a.subject}: ${a.text}`;
    const advice = `  do: ${CATALOGUE[a.id].whatToDo}`;
    return [p.red(text), p.dim(advice)];
  });
  const more = s.alarms.length > 4 ? [`and ${s.alarms.length - 4} more`] : [];
  return [...shown, ...more, ''];
}
