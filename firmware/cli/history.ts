import { existsSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { htmlPage, readOnlyHistory, svgChart, terminalPlot, toCsv } from '../../src/io/history';
import { writeAtomic } from '../../src/io/store';
import { refuse } from './refuse';

const HOUR_ms = 3_600_000;
const HOURS_MAX = 100_000;

/** `holdfast history`: reads the recorder's file and leaves it as it is; exit 2 when there is none. */
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
  const no = (why: string): number => refuse('history', values.json, 2, why);
  const formats = [values.json, values.csv, values.html !== undefined].filter((f) => f);
  if (formats.length > 1) return no('--json, --csv and --html: keep one of them');
  if (!(hours > 0 && hours <= HOURS_MAX))
    return no(`--hours ${values.hours}: write hours above 0, at most ${HOURS_MAX}`);
  if (!existsSync(file))
    return no(
      `there is no history in ${file}; the gateway records while it runs: --state its folder`,
    );
  const opened = readOnlyHistory(file);
  if (!opened.ok) return no(opened.why);
  const { history: recorded } = opened;
  const to = Date.now();
  const wanted = positionals.length > 0 ? positionals : recorded.series();
  const stranger = wanted.find((name) => !recorded.series().includes(name));
  if (stranger !== undefined) {
    const known = recorded.series().join(', ');
    recorded.close();
    return no(`there is no series "${stranger}"; known: ${known === '' ? 'none yet' : known}`);
  }
  const lines = wanted.map((name) => ({
    name,
    unit: name.endsWith('_W') ? 'W' : '',
    points: recorded.read(name, to - hours * HOUR_ms, to),
  }));
  const bytes = statSync(file).size;
  if (values.json) process.stdout.write(`${JSON.stringify({ hours, lines, bytes })}\n`);
  else if (values.csv) process.stdout.write(toCsv(lines));
  else if (values.html !== undefined) {
    const charts = lines.map((line) => svgChart(line.name, [line])).join('\n');
    writeAtomic(values.html, Buffer.from(htmlPage('Holdfast history', charts)));
    process.stdout.write(`${values.html}\n`);
  } else {
    for (const line of lines) process.stdout.write(`${terminalPlot(line, 72)}\n`);
    const nothing = lines.length === 0 ? '; nothing yet, it is written every five minutes' : '';
    process.stdout.write(`${file}: ${bytes} bytes${nothing}\n`);
  }
  recorded.close();
  return 0;
}
