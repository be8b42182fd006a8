import { existsSync, readFileSync } from 'node:fs';
import { loadPublicKey, parseSignature, verifyDetached } from '../../src/io/keys';
import { siteProfiles } from '../../src/runtime';
import type { DeviceProfile } from '../../src/device';
import type { Site } from '../../src/site';
import { loadSite } from '../loadSite';

export interface ArmedSite {
  readonly site: Site;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly keyId: string;
}

/**
 * Loads a site file for arming: the signature first, then form, then fit (INV-2). Throws with the
 * sentence that says why it is refused; each process calls this on its own copy.
 */
export function armSite(
  file: string,
  trust: readonly string[],
  isTimeZone?: (name: string) => boolean,
): ArmedSite {
  const signatureFile = `${file}.sig`;
  if (!existsSync(signatureFile)) {
    throw new Error(`${file} is not signed: holdfast sign ${file} --key KEY`);
  }
  const signature = parseSignature(readFileSync(signatureFile, 'utf8'));
  if (signature === undefined) throw new Error(`${signatureFile} is not a signature file`);
  const loaded = loadSite(file, isTimeZone);
  const named = loaded.site?.id ?? signature.site;
  const keys = trust.map(loadPublicKey);
  const expected = { purpose: 'site-file', site: named } as const;
  const verdict = verifyDetached(loaded.bytes, signature, expected, keys);
  if (!verdict.ok) throw new Error(`${file} is refused: ${verdict.reason}`);
  if (loaded.site === undefined || !loaded.fits) {
    const first = loaded.findings.find((f) => f.severity === 'error' || f.severity === 'risk');
    const why = first === undefined ? '' : `: ${first.file}:${first.line}: ${first.text}`;
    throw new Error(`${file} does not fit and is not armed${why}; see: holdfast check ${file}`);
  }
  const parsed = siteProfiles(loaded.site);
  if (!parsed.ok) {
    const [p] = parsed.problems;
    throw new Error(`${file}: ${p?.device ?? ''} ${p?.where ?? ''}: ${p?.why ?? ''}`);
  }
  return { site: loaded.site, profiles: parsed.profiles, keyId: verdict.keyId };
}
