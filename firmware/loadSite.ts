/** From a file name to a checked site: read, parse, decode, check; every defect with file:line. */
import { readFileSync } from 'node:fs';
import { parseYaml } from '../src/io/yaml';
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
 */
export function loadSite(file: string): LoadedSite {
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  const parsed =
    text.trim() === ''
      ? ({ ok: false, line: 1, text: 'the file is empty' } as const)
      : parseYaml(text);
  if (!parsed.ok) {
    const finding: LocatedFinding = {
      severity: 'error',
      code: 'syntax',
      path: '',
      subject: file,
      text: parsed.text,
      fix: 'mend the YAML at this line; an editor with the JSON Schema shows it',
      file,
      line: parsed.line,
    };
    return { file, bytes, findings: [finding], fits: false };
  }
  const locate = (f: Finding): LocatedFinding => ({ ...f, file, line: parsed.lineOf(f.path) });
  const decoded = decodeSite(parsed.value);
  if (!decoded.ok) return { file, bytes, findings: decoded.findings.map(locate), fits: false };
  const check = checkSite(decoded.site, deviceCatalogue);
  const findings = [...decoded.findings, ...check.findings].map(locate);
  return { file, bytes, site: decoded.site, check, findings, fits: check.fits };
}
