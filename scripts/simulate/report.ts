/** The report of a replay: a page with tables and plots that loads nothing. */
import { escaped, htmlPage, type Line, svgChart } from '../../src/io/history';
import type { Site } from '../../src/site';
import type { MinutePoint, ReplayResult, Surroundings } from './replay';

/** Points drawn per line; more are thinned by their greatest value. */
const POINTS_MAX = 1600;
const MINUTE_ms = 60_000;

/** Pure. */
export function reportOf(site: Site, result: ReplayResult, around: Surroundings): string {
  const { points, summary } = result;
  const limit_kW = (site.connection.import_A * 3 * site.nominal_V) / 1000;
  const line = (name: string, unit: string, of: (p: MinutePoint) => number): Line => ({
    name,
    unit,
    points: thinned(points.map((p) => ({ at_ms: p.minute * MINUTE_ms, value: of(p) }))),
  });
  const charts = [
    svgChart(
      `Power at the connection (limit ${limit_kW.toFixed(0)} kW dashed)`,
      [
        line('grid', 'kW', (p) => p.grid_kW),
        line('stations', 'kW', (p) => p.stations_kW),
        ...(site.bess.length === 0 ? [] : [line('battery', 'kW', (p) => p.battery_kW)]),
        ...(site.pv.length === 0 ? [] : [line('sun', 'kW', (p) => p.sun_kW)]),
      ],
      limit_kW,
    ),
    svgChart(
      `Worst phase (limit ${site.connection.import_A} A dashed)`,
      [line('worst phase', 'A', (p) => p.worstPhase_A)],
      site.connection.import_A,
    ),
    svgChart('Share of its energy that each session got, sorted', [sharesOf(result)]),
    svgChart('Starts of each session, sorted', [startsOf(result)]),
  ];
  const rows = Object.entries(summary).map(
    ([name, value]) => `<tr><td>${escaped(words(name))}</td><td>${shown(value)}</td></tr>`,
  );
  const lead =
    `<p>${escaped(site.name)}: ${summary.sessions} sessions through the real allocation, base load ` +
    `${(100 * around.base).toFixed(0)} % of the declared greatest one, sun at noon ` +
    `${(100 * around.sun).toFixed(0)} % of its rating. Minutes are settled states; ` +
    'delays of meters and vehicles are not part of this replay.</p>';
  const body = [lead, `<table>${rows.join('')}</table>`, ...charts].join('\n');
  return htmlPage(`Simulation of ${site.id}`, body);
}

const words = (name: string): string => name.replaceAll('_', ' ');
const shown = (value: number): string => String(Math.round(value * 100) / 100);

function sharesOf(result: ReplayResult): Line {
  const shares = result.sessions.map((s) => (100 * s.served_kWh) / s.wanted_kWh);
  return sorted('served', '%', shares);
}

function startsOf(result: ReplayResult): Line {
  return sorted(
    'starts',
    'count',
    result.sessions.map((s) => s.starts),
  );
}

function sorted(name: string, unit: string, values: readonly number[]): Line {
  const points = [...values].sort((a, b) => a - b).map((value, k) => ({ at_ms: k, value }));
  return { name, unit, points: thinned(points) };
}

/** Keeps the greatest of each group, so that peaks stay visible. */
function thinned(points: Line['points']): Line['points'] {
  const group = Math.ceil(points.length / POINTS_MAX);
  if (group <= 1) return points;
  const out: { at_ms: number; value: number }[] = [];
  for (let k = 0; k < points.length; k += group) {
    const best = points.slice(k, k + group).reduce((a, b) => (b.value > a.value ? b : a));
    out.push(best);
  }
  return out;
}
