import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPairs } from '../../../firmware/processes/pairs';
import { policyOf, unknownTag } from '../../../firmware/processes/stationsRelay';
import {
  credentialsOf,
  openPasswords,
  serverTls,
  tagDigest,
  TRUST_FILES,
  watchDenyList,
} from '../../../firmware/processes/stationsTrust';
import { createKeyFile, signDetached } from '../../../src/io/keys';
import type { Site } from '../../../src/site';
import { siteBlock, siteOf } from '../site/fixtures';

const SITE = siteOf(siteBlock({}));
const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const withOcpp = (change: Partial<Site['ocpp']>): Site => ({
  ...SITE,
  ocpp: { ...SITE.ocpp, ...change },
});

describe('what the process stations trusts', () => {
  let folder = '';
  const at = (name: string): string => path.join(folder, name);
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-trust-'));
    said.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe('deny-list', () => {
    interface Signed {
      readonly write: (sequence: number, fingerprints: readonly string[], purpose?: string) => void;
      readonly watch: () => ReturnType<typeof watchDenyList>;
    }
    const signer = (): Signed => {
      const key = createKeyFile(at('owner.key'));
      const config = {
        siteFile: '',
        trust: [at('owner.key.pub')],
        state: folder,
        bootId: 'b',
        start: 'first',
        line: '',
        secrets: '',
      } as const;
      return {
        write: (sequence, fingerprints, purpose = 'deny-list') => {
          const content = { version: 1, site: SITE.id, sequence, fingerprints };
          const bytes = Buffer.from(JSON.stringify(content));
          const kind = purpose === 'deny-list' ? 'deny-list' : 'evidence';
          writeFileSync(at(TRUST_FILES.denyList), bytes);
          const signature = JSON.stringify(signDetached(bytes, kind, SITE.id, key));
          writeFileSync(at(`${TRUST_FILES.denyList}.sig`), signature);
        },
        watch: () => watchDenyList(SITE, config, { unusable: say, read: say }),
      };
    };

    it('no list denies nobody and is no fault', () => {
      const { list } = signer().watch();
      assert.equal(list.denied.size, 0);
      assert.deepEqual(said, []);
    });

    it('a signed one is in force within a look, and comes back after a restart', () => {
      const signed = signer();
      const first = signed.watch();
      signed.write(1, [FINGERPRINT]);
      first.refresh();
      assert.ok(first.list.denied.has(FINGERPRINT));
      rmSync(at(TRUST_FILES.denyList));
      assert.ok(signed.watch().list.denied.has(FINGERPRINT));
    });

    it('a disk that keeps no list keeps none from being in force, and is asked again', () => {
      const signed = signer();
      const { list, refresh } = signed.watch();
      // A folder of this name takes no file.
      mkdirSync(at('deny-list.last-good'));
      signed.write(1, [FINGERPRINT]);
      refresh();
      assert.equal(list.denied.size, 1);
      assert.match(said[0] ?? '', /list 1 is in force, but a restart may forget it/);
      rmSync(at('deny-list.last-good'), { recursive: true });
      refresh();
      rmSync(at(TRUST_FILES.denyList));
      assert.equal(signed.watch().list.denied.size, 1);
    });

    it('unsigned, spoiled, older or signed for something else: the last good one stays', () => {
      const signed = signer();
      const { list, refresh } = signed.watch();
      signed.write(2, [FINGERPRINT]);
      refresh();
      const spoil = [
        () => rmSync(at(`${TRUST_FILES.denyList}.sig`)),
        () => signed.write(1, []),
        () => signed.write(3, [], 'evidence'),
        () => {
          signed.write(3, []);
          writeFileSync(at(TRUST_FILES.denyList), 'rubbish');
        },
      ];
      for (const [n, act] of spoil.entries()) {
        said.length = 0;
        act();
        refresh();
        assert.match(said[0] ?? '', /is not used: .*; 1 stay denied/, String(n));
        assert.equal(list.denied.size, 1);
        assert.equal(signed.watch().list.denied.size, 1, 'after a restart too');
      }
    });
  });

  it('profiles 2 and 3 name the file that is missing, and the way out', () => {
    assert.equal(serverTls(SITE, folder), undefined);
    const two = withOcpp({ security_profile: 2 });
    assert.throws(
      () => serverTls(two, folder),
      /profile 2 needs .*ocpp-server\.crt .*put it there/,
    );
    writeFileSync(at(TRUST_FILES.serverCertificate), 'c');
    writeFileSync(at(TRUST_FILES.serverKey), 'k');
    assert.deepEqual(Object.keys(serverTls(two, folder) ?? {}), ['cert', 'key']);
    const three = withOcpp({ security_profile: 3 });
    assert.throws(() => serverTls(three, folder), /station-issuers\.pem/);
    writeFileSync(at(TRUST_FILES.stationIssuers), 'i');
    assert.ok(serverTls(three, folder)?.clientIssuers !== undefined);
  });

  it('a station has the password issued, the rotated ones, and in profile 3 none', async () => {
    const passwords = openPasswords(folder);
    const [station] = SITE.stations;
    assert.ok(station !== undefined);
    const issued = new Map([[station.id, 'hash']]);
    const of = credentialsOf(SITE, issued, passwords);
    assert.deepEqual(of(station.id), { secretHash: 'hash', nextHashes: [] });
    assert.equal(of('stranger'), undefined);
    const secret = 'a-new-password-of-32-characters!';
    await new Promise((resolve) => passwords.offer(station.id, secret, resolve));
    assert.equal(of(station.id)?.nextHashes?.length, 1);
    assert.equal(statSync(at('station-passwords-rotated')).mode & 0o077, 0, 'for its owner only');
    const again = credentialsOf(SITE, issued, openPasswords(folder));
    assert.equal(again(station.id)?.nextHashes?.length, 1);
    const three = credentialsOf(withOcpp({ security_profile: 3 }), issued, passwords);
    assert.deepEqual(three(station.id), {});
  });

  it('files of pairs: bad lines are named and skipped', () => {
    writeFileSync(at('pairs'), '# note\none hash\n\ntwo\nthree a b\n');
    assert.deepEqual([...readPairs(at('pairs'), say)], [['one', 'hash']]);
    assert.deepEqual(said, [
      'pairs: bad line for two; write: NAME VALUE',
      'pairs: bad line for three; write: NAME VALUE',
    ]);
  });

  it('tags are stored as digests under a key of this gateway', () => {
    const digest = tagDigest(folder);
    assert.equal(digest('04A1'), tagDigest(folder)('04A1'));
    assert.notEqual(digest('04A1'), digest('04A2'));
    assert.ok(!digest('04A1').includes('04A1'));
    assert.equal(readFileSync(at('tag.key')).length, 32);
  });

  it('what the CPMS may do, and what an unknown tag gets, is the site file’s word', () => {
    const cpms = {
      url: 'wss://cpms.example/ocpp',
      when_detached: 'detached',
      compression: false,
      unknown_tags: 'deny',
      password_rotation: 'refuse',
      provisional_ids: false,
      firmware_hosts: [],
      log_hosts: [],
      data_transfer_vendors: [],
    } as const;
    assert.equal(unknownTag(SITE), 'Accepted');
    assert.equal(unknownTag({ ...SITE, cpms }), 'Invalid');
    assert.equal(unknownTag({ ...SITE, cpms: { ...cpms, unknown_tags: 'accept' } }), 'Accepted');
    assert.equal(policyOf({ ...SITE, cpms }).passwordRotation, false);
    const follow = { ...cpms, password_rotation: 'follow' } as const;
    assert.equal(policyOf({ ...SITE, cpms: follow }).passwordRotation, true);
  });
});
