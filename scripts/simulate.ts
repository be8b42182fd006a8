/**
 * `npm run simulate -- --site FILE --sessions FILE [--out FILE] [--base SHARE] [--sun SHARE]`: replays
 * sessions at a site through the real allocation, minute by minute, and writes a report with plots
 * that opens without a network. The last line on stdout is the summary as JSON.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseYaml } from '../src/io/yaml';
import { decodeSite, type Site } from '../src/site';
import { reportOf } from './simulate/report';
import { replaySite } from './simulate/replay';
import { readSessions } from './simulate/sessions';

const USAGE =
  'usage: npm run simulate -- --site FILE --sessions FILE [--out FILE] [--base SHARE] [--sun SHARE]';

/** Share of the declared greatest base load that is there. */
const BASE_SHARE = 0.5;
/** Share of its rating that PV gives at noon. */
const SUN_SHARE = 0.7;

function readSite(path: string): Site | string {
  const text = parseYaml(readFileSync(path, 'utf8'));
  if (!text.ok) return `${path}:${text.line}: ${text.text}`;
  const decoded = decodeSite(text.value);
  if (decoded.ok) return decoded.site;
  const first = decoded.findings[0];
  return `${path}:${text.lineOf(first?.path ?? '')}: ${first?.text ?? 'it is no site file'}`;
}

function main(): number {
  const { values } = parseArgs({
    options: {
      site: { type: 'string' },
      sessions: { type: 'string' },
      out: { type: 'string', default: 'simulation.html' },
      base: { type: 'string' },
      sun: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  if (values.site === undefined || values.sessions === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const base = values.base === undefined ? BASE_SHARE : Number(values.base);
  const sun = values.sun === undefined ? SUN_SHARE : Number(values.sun);
  if (!(base >= 0 && base <= 1 && sun >= 0 && sun <= 1)) {
    process.stderr.write(`--base and --sun want a share between 0 and 1\n${USAGE}\n`);
    return 2;
  }
  const around = { base, sun };
  const site = readSite(values.site);
  if (typeof site === 'string') {
    process.stderr.write(`${site}\n`);
    return 2;
  }
  const sessions = readSessions(readFileSync(values.sessions, 'utf8'));
  if (!sessions.ok) {
    process.stderr.write(`${values.sessions}: ${sessions.why}\n`);
    return 2;
  }
  const result = replaySite(site, sessions.sessions, around, (text) =>
    process.stderr.write(`${text}\n`),
  );
  writeFileSync(values.out, reportOf(site, result, around));
  process.stderr.write(`report: ${values.out}\n`);
  process.stdout.write(`${JSON.stringify({ command: 'simulate', ...result.summary })}\n`);
  return result.summary.minutes_over_limit === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 2;
}
