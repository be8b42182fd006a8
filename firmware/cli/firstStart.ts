/** What `holdfast run` makes in the state folder at the first start, and leaves at a clean end. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadOrCreateKey } from '../../src/io/keys';
import { hashSecret } from '../../src/io/ocppRpc';
import { removeDurably, writeAtomic } from '../../src/io/store';
import type { Site } from '../../src/site';
import type { ProcessConfig } from '../processes/config';
import { log } from '../processes/log';

/** Says that every process ended in order: the next start need not return by INV-7. */
const cleanStop = (state: string): string => path.join(state, 'clean-stop');

/** All processes have ended in order. */
export function endClean({ state, bootId }: ProcessConfig): void {
  writeAtomic(cleanStop(state), Buffer.from(bootId));
}

/**
 * At each start: the folder, the device key, the stations' passwords, and how the last run ended.
 * Killed at any point it is done again by the next start. `first`: the folder was not there.
 */
export async function prepare(
  site: Site,
  state: string,
  from: Pick<ProcessConfig, 'siteFile' | 'trust' | 'line' | 'inputs'>,
  first = !existsSync(state),
): Promise<ProcessConfig> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const key = loadOrCreateKey(path.join(state, 'device.key'));
  const secrets = path.join(state, 'station-secrets');
  if (!existsSync(secrets)) await makeSecrets(site, state, secrets);
  const marker = cleanStop(state);
  const start = first ? 'first' : existsSync(marker) ? 'clean' : 'return';
  // A power cut must not make the next start look as if this run had ended in order.
  removeDurably(marker);
  const bootId = randomBytes(8).toString('hex');
  log('run', `device key ${key.keyId}, boot ${bootId}, ${start} start, state in ${state}`);
  return { ...from, state, bootId, start, secrets };
}

/** One secret per station (40 hex characters, OCPP security whitepaper A00.FR.205), kept hashed. */
async function makeSecrets(site: Site, state: string, file: string): Promise<void> {
  const plain: string[] = [];
  const hashed: string[] = [];
  for (const { id } of site.stations) {
    const secret = randomBytes(20).toString('hex');
    plain.push(`${id} ${secret}`);
    hashed.push(`${id} ${await hashSecret(secret)}`);
  }
  const toEnter = path.join(state, 'station-passwords-to-enter');
  // On disk before the hashes count: passwords that nobody can read would lock every station out.
  writeAtomic(toEnter, Buffer.from(`${plain.join('\n')}\n`));
  writeAtomic(file, Buffer.from(`${hashed.join('\n')}\n`));
  log(
    'run',
    `station passwords are in ${toEnter}: enter them in the stations, then delete the file`,
  );
}
