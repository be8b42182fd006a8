/** One process of a gateway started by hand: its folder, its signed site file, its configuration. */
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { prepare } from '../../firmware/cli/firstStart';
import { loadSite } from '../../firmware/loadSite';
import { createKeyFile, signDetached } from '../../src/io/keys';
import { captured } from '../unit/cli/capture';
import { tcpSiteText } from './gateway';

/** A first start prepared in this folder, with stations on `ocppPort`; no device answers. */
export async function configOf(
  folder: string,
  ocppPort: number,
): Promise<{ config: string; state: string }> {
  const siteFile = path.join(folder, 'site.yaml');
  writeFileSync(siteFile, tcpSiteText(1, ocppPort));
  const { site, bytes } = loadSite(siteFile);
  assert(site !== undefined);
  const key = createKeyFile(path.join(folder, 'owner.key'));
  const signature = signDetached(bytes, 'site-file', site.id, key);
  writeFileSync(`${siteFile}.sig`, JSON.stringify(signature));
  const state = path.join(folder, 's');
  const line = `emulated:${path.join(folder, 'line')}`;
  const from = { siteFile, trust: [path.join(folder, 'owner.key.pub')], line };
  let config = '';
  await captured(async () => {
    config = JSON.stringify(await prepare(site, state, from));
    return 0;
  });
  return { config, state };
}
