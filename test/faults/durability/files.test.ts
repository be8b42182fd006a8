import { strict as assert } from 'node:assert';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { startGateway, until } from '../../scenarios/gateway';
import { sourceFiles, textOf } from '../../tidy/sources';
import { ask } from '../../../firmware/cli/live';
import { KINDS, STATE_FILES, WRITERS } from './files';

/** What puts something on a disk, or opens what does. */
const WRITES =
  /\b(new KeptFile|writeAtomic|removeDurably|persist|openJournal|openRecords|openOrSetAside|openSqlite|createKeyFile|loadOrCreateKey|writeFileSync|appendFileSync|createWriteStream|writeSync|renameSync|copyFileSync|DatabaseSync)\(|\bwriteFile\(/;

function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !statSync(path.join(folder, name)).isDirectory())
    .map((name) => name.split(path.sep).join('/'));
}

describe('each file that the gateway keeps has its case of durability', () => {
  it('every source that writes is named, and nothing that no longer writes', () => {
    const sources = ['src', 'firmware']
      .flatMap(sourceFiles)
      .filter((file) => WRITES.test(textOf(file)));
    assert.deepEqual(sources.sort(), Object.keys(WRITERS).sort());
  });

  it('every kind has a source, and every source a kind that exists', () => {
    const named = Object.values(WRITERS).flatMap((one) => ('none' in one ? [] : one));
    assert.deepEqual([...new Set(named)].sort(), [...KINDS].sort());
  });

  it('what a running gateway leaves in its state folder is known', async function () {
    this.timeout(60_000);
    const gateway = await startGateway({ seed: 7 });
    try {
      const answer = await ask(gateway.socket, 'mode', { wish: 'force-static', who: 'test' });
      assert.ok(answer !== undefined, 'the console answers');
      const { state } = gateway;
      const has = (name: string): boolean => below(state).includes(name);
      await until('the files of a start', 30_000, () =>
        ['supervisor.json', 'drills.json', 'device.key', 'certain-time'].every(has),
      );
      const unknown = below(state).filter((name) => {
        // A file on its way beside the old one.
        const settled = name.replace(/\.new$/, '');
        return !STATE_FILES.some(([pattern]) => pattern.test(settled));
      });
      assert.deepEqual(unknown, [], 'a file without a case of durability: see files.ts');
    } finally {
      await gateway.stop();
    }
  });
});
