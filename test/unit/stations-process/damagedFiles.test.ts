import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDrillBook, readBook } from '../../../firmware/processes/drillBook';
import { readKept } from '../../../firmware/processes/kept';
import { certainFrom, openPasswords, tagDigest } from '../../../firmware/processes/stationsTrust';
import { createKeyFile, loadPrivateKey } from '../../../src/io/keys';
import { hashSecret } from '../../../src/io/ocppRpc';
import { SecretVerifier } from '../../../src/io/ocppRpc/secret';

describe('a small file of which the medium lost the end, at each length', () => {
  let folder = '';
  const at = (name: string): string => path.join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-damaged-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Looks at every beginning of a file but the whole. */
  function eachCut(name: string, look: (length: number) => void): void {
    const whole = readFileSync(at(name));
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(at(name), whole.subarray(0, length));
      look(length);
    }
  }

  it('the memory of the supervisor counts as latched', () => {
    writeFileSync(at('supervisor.json'), JSON.stringify({ latched: false, returnsWithinHour: 1 }));
    eachCut('supervisor.json', (n) => {
      assert.ok(readKept(at('supervisor.json')).latched, `${n} bytes`);
    });
  });

  it('the memory of the supervisor that cannot be looked at counts as latched, too', () => {
    writeFileSync(at('no-folder'), '');
    assert.ok(readKept(at('no-folder/supervisor.json')).latched);
    mkdirSync(at('a-folder'));
    assert.ok(readKept(at('a-folder')).latched);
    assert.deepEqual(readKept(at('none.json')), { returnsWithinHour: 0, latched: false });
  });

  it('the memory of the supervisor names the lines that were stuck; odd names count as latched', () => {
    const read = (stuck: unknown) => {
      const kept = { latched: false, returnsWithinHour: 0, stuck };
      writeFileSync(at('supervisor.json'), JSON.stringify(kept));
      return readKept(at('supervisor.json'));
    };
    assert.deepEqual(read(['line-1']), { latched: false, returnsWithinHour: 0, stuck: ['line-1'] });
    assert.deepEqual(read([]), { latched: false, returnsWithinHour: 0 });
    for (const odd of ['line-1', [1], {}, null]) assert.ok(read(odd).latched);
  });

  it('drill results are no results', () => {
    const key = createKeyFile(at('device.key'));
    const parts = { file: at('drills.json'), site: 's', key, wall_ms: 1 };
    openDrillBook({ ...parts, say: () => undefined });
    assert.ok(readBook(parts) !== undefined);
    eachCut('drills.json', (n) => {
      assert.equal(readBook(parts), undefined, `${n} bytes`);
    });
  });

  it('a private key is refused, never another key', () => {
    const { keyId } = createKeyFile(at('device.key'));
    eachCut('device.key', (n) => {
      try {
        // Only the last line break may be missing.
        assert.equal(loadPrivateKey(at('device.key')).keyId, keyId, `${n} bytes`);
      } catch (error) {
        assert.ok(error instanceof Error && error.name !== 'AssertionError', `${n} bytes`);
      }
    });
  });

  it('rotated passwords open with none that was never given', () => {
    const book = openPasswords(folder);
    assert.ok(book.own('cs-1', 'given-1') && book.own('cs-1', 'given-2'));
    eachCut('station-passwords-rotated', (n) => {
      const damaged = openPasswords(folder);
      assert.deepEqual(damaged.hashesOf('cs-1', 'issued'), ['issued'], `${n} bytes`);
      assert.deepEqual(damaged.upstreamOf('cs-1', undefined), [], `${n} bytes`);
    });
  });

  it('the hash of a password opens to nobody', async () => {
    const whole = await hashSecret('0123456789abcdef');
    const secret = Buffer.from('0123456789abcdef');
    for (let n = 0; n < whole.length; n += 1) {
      const verdict = await new SecretVerifier().verify('cs-1', secret, whole.slice(0, n));
      assert.equal(verdict, 'wrong', `${n} characters`);
    }
  });

  it('the key of the tags is made anew, so that no digest can be guessed', () => {
    const before = tagDigest(folder)('tag');
    eachCut('tag.key', (n) => {
      assert.notEqual(tagDigest(folder)('tag'), before, `${n} bytes`);
      assert.equal(readFileSync(at('tag.key')).length, 32);
    });
  });

  it('half of a certain time is none', () => {
    const whole = '1795003600000';
    for (let n = 0; n < whole.length; n += 1)
      assert.equal(certainFrom(Buffer.from(whole.slice(0, n))), 0, `${n} characters`);
    assert.equal(certainFrom(Buffer.from(whole)), Number(whole));
    assert.equal(certainFrom(undefined), 0);
  });
});
