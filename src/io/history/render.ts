/** Histories for people: a plot in the terminal, CSV, and SVG for a page that needs no network. */

export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly at_ms: number; readonly value: number }[];
}

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const DASH = '-';

/** One line of blocks with its range, `width` characters wide. Pure. */
export function terminalPlot(line: Line, width: number): string {
  const columns = columnsOf(line, width);
  const known = columns.filter((v) => !Number.isNaN(v));
  if (known.length === 0) return `${line.name}: nothing recorded`;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const scale = high > low ? (BLOCKS.length - 1) / (high - low) : 0;
  const body = columns
    .map((v) => (Number.isNaN(v) ? DASH : (BLOCKS[Math.round((v - low) * scale)] ?? DASH)))
    .join('');
  return `${line.name} ${body} ${rounded(low)}..${rounded(high)} ${line.unit}`;
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

/** Means by column of equal time; NaN where nothing lies. */
function columnsOf(line: Line, width: number): number[] {
  const first = line.points[0]?.at_ms ?? 0;
  const last = line.points.at(-1)?.at_ms ?? 0;
  const sums = new Array<number>(width).fill(0);
  const counts = new Array<number>(width).fill(0);
  for (const p of line.points) {
    const share = last > first ? (p.at_ms - first) / (last - first) : 0;
    const column = Math.min(width - 1, Math.floor(share * width));
    sums[column] = (sums[column] ?? 0) + p.value;
    counts[column] = (counts[column] ?? 0) + 1;
  }
  return sums.map((sum, k) => ((counts[k] ?? 0) === 0 ? NaN : sum / (counts[k] ?? 1)));
}

/** Lines side by side by instant, ISO 8601 in UTC; the names carry the units. Pure. */
export function toCsv(lines: readonly Line[]): string {
  const rows = new Map<number, Map<string, number>>();
  for (const line of lines) {
    for (const p of line.points) {
      const row = rows.get(p.at_ms) ?? new Map<string, number>();
      row.set(line.name, p.value);
      rows.set(p.at_ms, row);
    }
  }
  const head = ['time', ...lines.map((l) => `${l.name}_${l.unit}`)].join(',');
  const body = [...rows.keys()]
    .sort((a, b) => a - b)
    .map((at) => {
      const row = rows.get(at);
      const cells = lines.map((l) => String(row?.get(l.name) ?? ''));
      return [new Date(at).toISOString(), ...cells].join(',');
    });
  return [head, ...body, ''].join('\n');
}

const COLOURS = ['#1b6ca8', '#c8553d', '#3a7d44', '#8e6c8a', '#b08900'] as const;
const WIDTH = 860;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 24;

/** A chart of several lines over the same time, with an optional bound, as inline SVG. Pure. */
export function svgChart(title: string, lines: readonly Line[], bound?: number): string {
  const all = lines.flatMap((l) => l.points);
  if (all.length === 0) return `<p>${escaped(title)}: nothing to show.</p>`;
  const times = range(all.map((p) => p.at_ms));
  const values = range([...all.map((p) => p.value), 0, ...(bound === undefined ? [] : [bound])]);
  const x = (at: number): string => place(at, times, LEFT, WIDTH - 8).toFixed(1);
  const y = (v: number): string => place(v, values, HEIGHT - BOTTOM, 12).toFixed(1);
  const paths = lines.map((line, k) => {
    const path = line.points.map((p, i) => `${i === 0 ? 'M' : 'L'}${x(p.at_ms)} ${y(p.value)}`);
    const colour = COLOURS[k % COLOURS.length] ?? COLOURS[0];
    return `<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="1.2"/>`;
  });
  const legend = lines.map((line, k) => {
    const colour = COLOURS[k % COLOURS.length] ?? COLOURS[0];
    return `<tspan fill="${colour}" dx="${k === 0 ? 0 : 12}">${escaped(line.name)} (${escaped(line.unit)})</tspan>`;
  });
  const limit =
    bound === undefined
      ? ''
      : `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(bound)}" y2="${y(bound)}" stroke="#900" stroke-dasharray="5 4"/>`;
  const ticks = [values.low, (values.low + values.high) / 2, values.high].map(
    (v) =>
      `<text x="${LEFT - 6}" y="${y(v)}" text-anchor="end" font-size="11">${rounded(v)}</text>`,
  );
  return [
    `<figure><figcaption>${escaped(title)}</figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    ...ticks,
    ...paths,
    limit,
    `<text x="${LEFT}" y="${HEIGHT - 6}" font-size="12">${legend.join('')}</text>`,
    '</svg></figure>',
  ].join('\n');
}

interface Range {
  readonly low: number;
  readonly high: number;
}

function range(values: readonly number[]): Range {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return high > low ? { low, high } : { low, high: low + 1 };
}

const place = (v: number, r: Range, from: number, to: number): number =>
  from + ((v - r.low) / (r.high - r.low)) * (to - from);

export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** A whole page around a body; it loads nothing. Pure. */
export function htmlPage(title: string, body: string): string {
  const style =
    'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}' +
    'table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:right}' +
    'th:first-child,td:first-child{text-align:left}figure{margin:1.5rem 0}figcaption{font-weight:600}';
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<title>${escaped(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    body,
    '</body></html>',
    '',
  ].join('\n');
}
