import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { htmlPage, openHistory, svgChart, terminalPlot, toCsv } from '../../src/io/history';
import { writeAtomic } from '../../src/io/store';

const HOUR_ms = 3_600_000;
/** The recorder bounds the file; reading never makes it grow. */
const UNBOUNDED_BYTES = Number.MAX_SAFE_INTEGER;

/** `holdfast history`: reads the recorder's file; exit 2 when there is none. */
export function history(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: 'string', default: 'holdfast-state' },
      hours: { type: 'string', default: '24' },
      html: { type: 'string' },
      csv: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const file = `${values.state}/history.db`;
  const hours = Number(values.hours);
  if (!existsSync(file) || !(hours > 0)) {
    const why = hours > 0 ? `there is no history in ${file}` : `--hours ${values.hours}`;
    process.stderr.write(`holdfast history: ${why}; the gateway records while it runs\n`);
    return 2;
  }
  const opened = openHistory(file, UNBOUNDED_BYTES);
  if (!opened.ok) {
    process.stderr.write(`holdfast history: ${opened.why}\n`);
    return 2;
  }
  const { history: recorded } = opened;
  const to = Date.now();
  const wanted = positionals.length > 0 ? positionals : recorded.series();
  const lines = wanted.map((name) => ({
    name,
    unit: name.endsWith('_W') ? 'W' : '',
    points: recorded.read(name, to - hours * HOUR_ms, to),
  }));
  if (values.json)
    process.stdout.write(`${JSON.stringify({ hours, lines, ...recorded.size() })}\n`);
  else if (values.csv) process.stdout.write(toCsv(lines));
  else if (values.html !== undefined) {
    const charts = lines.map((line) => svgChart(line.name, [line])).join('\n');
    writeAtomic(values.html, Buffer.from(htmlPage('Holdfast history', charts)));
    process.stdout.write(`${values.html}\n`);
  } else {
    for (const line of lines) process.stdout.write(`${terminalPlot(line, 72)}\n`);
    const { bytes, writtenPerDay_bytes } = recorded.size();
    const day = Number.isFinite(writtenPerDay_bytes) ? writtenPerDay_bytes.toFixed(0) : 'not known';
    process.stdout.write(`${bytes} bytes; written per day: ${day}\n`);
  }
  recorded.close();
  return 0;
}
