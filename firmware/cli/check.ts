import { parseArgs } from 'node:util';
import { siteJsonSchema } from '../../src/site';
import { loadSite, type LoadedSite, type LocatedFinding } from '../loadSite';
import { isTimeZone } from '../timeZone';
import { readable } from './files';
import { refuse, surplus } from './refuse';

/** `holdfast check`: prints the proof and every finding; exit 1 when the file does not fit. */
export function check(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      schema: { type: 'boolean', default: false },
    },
  });
  if (values.schema) {
    process.stdout.write(`${JSON.stringify(siteJsonSchema(), null, 2)}\n`);
    return 0;
  }
  const no = (text: string): number => refuse('check', values.json, 2, text);
  const [file] = positionals;
  if (file === undefined) return no('which file? use: holdfast check SITE.yaml');
  const wrong = surplus(positionals, 1) ?? readable(file);
  if (wrong !== undefined) return no(wrong);
  const loaded = loadSite(file, isTimeZone);
  if (values.json) process.stdout.write(`${JSON.stringify(asJson(loaded))}\n`);
  else process.stdout.write(`${asText(loaded).join('\n')}\n`);
  return loaded.fits ? 0 : 1;
}

function asJson(loaded: LoadedSite): unknown {
  const { check: report } = loaded;
  return {
    file: loaded.file,
    fits: loaded.fits,
    findings: loaded.findings,
    plan: report?.plan ?? [],
    buses: report?.buses ?? [],
    reactions: report?.reactions ?? [],
  };
}

const ORDER = { error: 0, risk: 1, warning: 2, note: 3 } as const;

function asText(loaded: LoadedSite): readonly string[] {
  const lines: string[] = [];
  const sorted = [...loaded.findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  for (const f of sorted) lines.push(...findingLines(f));
  const { check: report } = loaded;
  if (report !== undefined) {
    lines.push('', 'static plan (what holds when nothing is controlled any more):');
    for (const r of report.plan) {
      const where = `${r.node} ${r.direction} ${r.phase ?? ''}`.padEnd(26);
      const mark = r.load <= r.limit + 1e-9 ? 'fits' : 'DOES NOT FIT';
      const load = `${r.load.toFixed(1)} of ${r.limit.toFixed(1)} ${r.unit}`;
      lines.push(`  ${where} ${load.padEnd(30)} ${mark}   ${r.parts}`);
    }
    lines.push('', 'field buses:');
    for (const b of report.buses) {
      const load = `${b.load_ms_per_s.toFixed(0)} ms of each second`;
      const worst = `worst cycle ${b.worstCycle_ms.toFixed(0)} ms with ${b.dead} dead`;
      lines.push(`  ${b.bus.padEnd(12)} ${load}, ${worst}`);
    }
    lines.push('', 'declared reaction times:');
    for (const r of report.reactions) {
      lines.push(`  ${r.node.padEnd(12)} ${(r.reaction_ms / 1000).toFixed(1)} s = ${r.parts}`);
    }
  }
  const errors = loaded.findings.filter((f) => f.severity === 'error').length;
  const risks = loaded.findings.filter((f) => f.severity === 'risk').length;
  lines.push('', loaded.fits ? 'fits: this file may be signed and armed' : verdict(errors, risks));
  return lines;
}

const verdict = (errors: number, risks: number): string =>
  `does not fit: ${counted(errors, 'error')}, ${counted(risks, 'risk')} that two persons must accept`;

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** `file:line: severity code: text` and the fix on its own line. */
export function findingLines(f: LocatedFinding): readonly string[] {
  const head = `${f.file}:${f.line}: ${f.severity}: ${f.subject}: ${f.text} [${f.code}]`;
  const lines = f.severity === 'note' ? [head] : [head, `    fix: ${f.fix}`];
  // A key of the file is repeated as it stands: an escape sequence in it would steer the terminal.
  return lines.map((line) => line.replace(/\p{Cc}/gu, '�'));
}
