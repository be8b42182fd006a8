import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readGrantDocument } from '../../src/access';
import { createKeyFile, loadPrivateKey, signDetached, type SigningKey } from '../../src/io/keys';
import { readDenyList } from '../../src/io/ocppRpc';
import { writeAtomic } from '../../src/io/store';
import { loadSite } from '../loadSite';
import { isTimeZone } from '../timeZone';
import { readable } from './files';
import { refuse, surplus } from './refuse';

const PURPOSES = ['site-file', 'service-grant', 'deny-list'] as const;
type Purpose = (typeof PURPOSES)[number];

const USE = `use: holdfast sign FILE --key KEY [--new-key] [--purpose ${PURPOSES.join('|')}]`;

/** `holdfast sign`: one signer, one file; a file that would be refused later is not signed. */
export function sign(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      'new-key': { type: 'boolean', default: false },
      purpose: { type: 'string', default: 'site-file' },
      json: { type: 'boolean', default: false },
    },
  });
  const no = (code: 1 | 2, text: string): number => refuse('sign', values.json, code, text);
  const [file] = positionals;
  const purpose = PURPOSES.find((p) => p === values.purpose);
  if (purpose === undefined) return no(2, `nothing is signed for "${values.purpose}"; ${USE}`);
  if (file === undefined || values.key === undefined) return no(2, USE);
  const wrong = surplus(positionals, 1) ?? readable(file);
  if (wrong !== undefined) return no(2, wrong);
  const key = openKey(values.key, values['new-key']);
  if (typeof key === 'string') return no(2, key);
  const bytes = readFileSync(file);
  const site = siteOf(file, purpose, bytes);
  if ('refused' in site) return no(1, `${file} ${site.refused}`);
  const signature = signDetached(bytes, purpose, site.id, key);
  const out = `${file}.sig`;
  writeAtomic(out, Buffer.from(`${JSON.stringify(signature, null, 2)}\n`));
  const said = { file, signature: out, purpose, site: site.id, keyId: key.keyId };
  if (values.json) process.stdout.write(`${JSON.stringify(said)}\n`);
  else
    process.stdout.write(`signed ${file} for site ${said.site} with key ${said.keyId}: ${out}\n`);
  return 0;
}

/** The site a file is for, when it is a file that would be accepted there. */
function siteOf(
  file: string,
  purpose: Purpose,
  bytes: Buffer,
): { readonly id: string } | { readonly refused: string } {
  if (purpose === 'service-grant') {
    const read = readGrantDocument(bytes.toString('utf8'));
    return read.ok ? { id: read.document.site } : { refused: `is not signed: ${read.text}` };
  }
  if (purpose === 'deny-list') {
    const read = readDenyList(bytes.toString('utf8'));
    return read.ok ? { id: read.list.site } : { refused: `is not signed: ${read.why}` };
  }
  const loaded = loadSite(file, isTimeZone);
  if (loaded.site !== undefined && loaded.fits) return { id: loaded.site.id };
  return { refused: `does not fit and is not signed; see: holdfast check ${file}` };
}

function openKey(path: string, create: boolean): SigningKey | string {
  try {
    return create ? createKeyFile(path) : loadPrivateKey(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (existsSync(path)) return create ? `${path} is there already; choose a new name` : why;
    return create ? `key ${path}: ${why}` : `there is no key ${path}; make one with --new-key`;
  }
}
