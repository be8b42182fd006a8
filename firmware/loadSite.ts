/** From a file name to a checked site: read, parse, decode, check; every defect with file:line. */
import { readFileSync } from 'node:fs';
import { PROFILES } from '../src/device';
import { parseYaml, YAML_MAX_BYTES, type YamlText } from '../src/io/yaml';
import { deviceCatalogue } from '../src/runtime';
import { checkSite, type CheckReport, decodeSite, type Finding, type Site } from '../src/site';

export interface LocatedFinding extends Finding {
  readonly file: string;
  readonly line: number;
}

export interface LoadedSite {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Present only if the file decodes. */
  readonly site?: Site;
  readonly check?: CheckReport;
  readonly findings: readonly LocatedFinding[];
  /** No error and no unaccepted risk: may be armed. */
  readonly fits: boolean;
}

/**
 * Loads and checks a site file. Never throws for what is in the file; throws if it cannot be read.
 * Without `isTimeZone` its time zone is not looked at.
 */
export function loadSite(file: string, isTimeZone?: (name: string) => boolean): LoadedSite {
  const bytes = readFileSync(file);
  const parsed = parsedOf(bytes);
  if (!parsed.ok) {
    const finding: LocatedFinding = {
      severity: 'error',
      code: 'syntax',
      path: '',
      subject: file,
      text: parsed.text,
      fix: parsed.fix ?? 'mend the YAML at this line; an editor with the JSON Schema shows it',
      file,
      line: parsed.line,
    };
    return { file, bytes, findings: [finding], fits: false };
  }
  const locate = (f: Finding): LocatedFinding => {
    const fix = f.code === 'unknown-profile' ? knownProfiles(f.path) : f.fix;
    return { ...f, fix, file, line: parsed.lineOf(f.path) };
  };
  const decoded = decodeSite(parsed.value, isTimeZone);
  if (!decoded.ok) return { file, bytes, findings: decoded.findings.map(locate), fits: false };
  const check = checkSite(decoded.site, deviceCatalogue);
  const findings = [...decoded.findings, ...check.findings].map(locate);
  return { file, bytes, site: decoded.site, check, findings, fits: check.fits };
}

/** What is no text says so itself: a YAML parser would complain of its first strange character. */
function parsedOf(bytes: Uint8Array): YamlText & { readonly fix?: string } {
  const no = (line: number, text: string, fix: string) => ({ ok: false, line, text, fix }) as const;
  const other = 'name a site file, such as firmware/sites/demo.yaml';
  if (bytes.length > YAML_MAX_BYTES)
    return no(1, `the file is longer than ${YAML_MAX_BYTES} bytes`, other);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.trim() === '' ? no(1, 'the file is empty', other) : parseYaml(text);
  } catch {
    return no(badLine(bytes), 'this line is not UTF-8 text', 'save the file as UTF-8');
  }
}

/** The first line (from 1) that is not UTF-8. */
function badLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return (
    1 +
    Math.max(
      0,
      lines.findIndex((line) => line.includes('�')),
    )
  );
}

/** The ids that could stand there: `meters[0]`, `bess[1]` or `pv[2]`. */
function knownProfiles(path: string): string {
  const nature = { meters: 'Meter', bess: 'Bess', pv: 'PvInverter' } as const;
  const key = (['meters', 'bess', 'pv'] as const).find((k) => path.startsWith(k));
  const ids = PROFILES.filter((p) => key === undefined || p.nature === nature[key]).map(
    (p) => p.id,
  );
  return `known: ${ids.sort().join(', ')}`;
}
