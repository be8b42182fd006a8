import { strict as assert } from 'node:assert';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createKeyFile,
  type DetachedSignature,
  loadOrCreateKey,
  loadPrivateKey,
  loadPublicKey,
  parseSignature,
  sha256,
  signDetached,
  type SigningKey,
  verifyDetached,
} from '../../../src/io/keys';

const BYTES = Buffer.from('version: 1\n');
const EXPECTED = { purpose: 'site-file', site: 'demo' } as const;

describe('keys and detached signatures', () => {
  let folder = '';
  let key: SigningKey;
  let signature: DetachedSignature;
  const at = (name: string): string => path.join(folder, name);
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-keys-'));
    key = createKeyFile(at('a.key'));
    signature = signDetached(BYTES, 'site-file', 'demo', key);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const verdict = (change: Partial<DetachedSignature> = {}, bytes: Uint8Array = BYTES) =>
    verifyDetached(bytes, { ...signature, ...change }, EXPECTED, [key.publicKey]);

  it('verify exactly these bytes for this purpose, site and key', () => {
    assert.deepEqual(verdict(), { ok: true, keyId: key.keyId });
    assert.match(key.keyId, /^[0-9a-f]{16}$/);
  });

  it('are worth nothing for another purpose, site or key, also when the head is changed', () => {
    const other = createKeyFile(at('b.key'));
    const text = (v: ReturnType<typeof verifyDetached>): string => (v.ok ? 'ok' : v.reason);
    assert.match(text(verdict({ purpose: 'evidence' })), /signed for evidence, not site-file/);
    assert.match(text(verdict({ site: 'depot' })), /signed for site depot, not demo/);
    assert.match(text(verdict({ keyId: other.keyId })), /is not trusted here/);
    const moved = verifyDetached(BYTES, { ...signature, keyId: other.keyId }, EXPECTED, [
      other.publicKey,
    ]);
    assert.match(text(moved), /does not match/);
    for (const purpose of ['two-person', 'evidence', 'audit-head', 'request'] as const) {
      const elsewhere = signDetached(BYTES, purpose, 'demo', key).signature;
      assert.equal(verdict({ signature: elsewhere }).ok, false);
    }
    assert.equal(
      verdict({ signature: signDetached(BYTES, 'site-file', 'other', key).signature }).ok,
      false,
    );
    assert.equal(verifyDetached(BYTES, signature, EXPECTED, []).ok, false);
  });

  it('fail on every flipped bit of the file and of the signature', () => {
    for (let bit = 0; bit < BYTES.length * 8; bit += 1) {
      const bad = Buffer.from(BYTES);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(verdict({}, bad).ok, false);
    }
    const raw = Buffer.from(signature.signature, 'base64');
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const bad = Buffer.from(raw);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(verdict({ signature: bad.toString('base64') }).ok, false);
    }
    for (const text of ['', 'AAAA', raw.subarray(1).toString('base64')]) {
      assert.equal(verdict({ signature: text }).ok, false);
    }
  });

  it('cannot be moved between site and bytes: the head is separated by NUL', () => {
    const shifted = signDetached(Buffer.from('x'), 'site-file', 'a', key);
    const keyed = Buffer.concat([Buffer.from(`${key.keyId}\0`), Buffer.from('x')]);
    const moved = verifyDetached(keyed, { ...shifted, site: 'demo' }, EXPECTED, [key.publicKey]);
    assert.equal(moved.ok, false);
  });

  it('parse only from a JSON object with exactly these four keys', () => {
    assert.deepEqual(parseSignature(JSON.stringify(signature)), signature);
    const bad: unknown[] = [
      null,
      1,
      [],
      {},
      { ...signature, extra: 1 },
      { ...signature, purpose: 'x' },
    ];
    for (const drop of ['purpose', 'site', 'keyId', 'signature']) {
      bad.push({ ...signature, [drop]: undefined }, { ...signature, [drop]: 5 });
    }
    for (const value of bad) assert.equal(parseSignature(JSON.stringify(value)), undefined);
    assert.equal(parseSignature('{'), undefined);
    assert.equal(parseSignature(''), undefined);
  });

  it('lie in files for their owner only, and a file that others may read is refused', () => {
    assert.equal(statSync(at('a.key')).mode & 0o777, 0o600);
    assert.equal(loadPrivateKey(at('a.key')).keyId, key.keyId);
    for (const mode of [0o604, 0o640, 0o644, 0o601]) {
      chmodSync(at('a.key'), mode);
      assert.throws(() => loadPrivateKey(at('a.key')), /may be read by others: chmod 600/);
    }
    chmodSync(at('a.key'), 0o600);
  });

  it('are never overwritten, and made once', () => {
    const text = readFileSync(at('a.key'), 'utf8');
    assert.throws(() => createKeyFile(at('a.key')), /EEXIST/);
    assert.equal(readFileSync(at('a.key'), 'utf8'), text);
    const first = loadOrCreateKey(at('device.key'));
    assert.equal(loadOrCreateKey(at('device.key')).keyId, first.keyId);
    assert.deepEqual(
      loadPublicKey(at('device.key.pub')).export({ type: 'spki', format: 'der' }),
      first.publicKey.export({ type: 'spki', format: 'der' }),
    );
  });

  it('get their public half back when a kill came between the two files', () => {
    const first = loadOrCreateKey(at('half.key'));
    const pub = readFileSync(at('half.key.pub'), 'utf8');
    rmSync(at('half.key.pub'));
    assert.equal(loadOrCreateKey(at('half.key')).keyId, first.keyId);
    assert.equal(readFileSync(at('half.key.pub'), 'utf8'), pub);
  });

  it('of another type are refused', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(at('ec.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    writeFileSync(at('ec.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    assert.throws(() => loadPrivateKey(at('ec.key')), /not an Ed25519 key/);
    assert.throws(() => loadPublicKey(at('ec.pub')), /not an Ed25519 key/);
    writeFileSync(at('no.key'), 'nothing', { mode: 0o600 });
    assert.throws(() => loadPrivateKey(at('no.key')));
  });

  it('hash as SHA-256', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    assert.equal(Buffer.from(sha256(Buffer.from('abc'))).toString('hex'), abc);
  });
});
