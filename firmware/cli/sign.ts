import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createKeyFile, loadPrivateKey, signDetached, type SigningKey } from '../../src/io/keys';
import { writeAtomic } from '../../src/io/store';
import { loadSite } from '../loadSite';
import { readable } from './files';

/** `holdfast sign`: one signer, one file; a site file that does not fit is not signed. */
export function sign(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      'new-key': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (file === undefined || values.key === undefined) {
    process.stderr.write('holdfast sign: use: holdfast sign FILE --key KEY [--new-key]\n');
    return 2;
  }
  const missing = readable(file);
  if (missing !== undefined) {
    process.stderr.write(`holdfast sign: ${missing}\n`);
    return 2;
  }
  const key = openKey(values.key, values['new-key']);
  if (typeof key === 'string') {
    process.stderr.write(`holdfast sign: ${key}\n`);
    return 2;
  }
  const loaded = loadSite(file);
  if (loaded.site === undefined || !loaded.fits) {
    const text = `${file} does not fit and is not signed; see: holdfast check ${file}`;
    process.stderr.write(`holdfast sign: ${text}\n`);
    return 1;
  }
  const signature = signDetached(readFileSync(file), 'site-file', loaded.site.id, key);
  const out = `${file}.sig`;
  writeAtomic(out, Buffer.from(`${JSON.stringify(signature, null, 2)}\n`));
  const said = { file, signature: out, site: loaded.site.id, keyId: key.keyId };
  if (values.json) process.stdout.write(`${JSON.stringify(said)}\n`);
  else
    process.stdout.write(`signed ${file} for site ${said.site} with key ${said.keyId}: ${out}\n`);
  return 0;
}

function openKey(path: string, create: boolean): SigningKey | string {
  try {
    return create ? createKeyFile(path) : loadPrivateKey(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = create ? 'choose a new name' : 'make one with --new-key';
    return `key ${path}: ${why}; ${fix}`;
  }
}
