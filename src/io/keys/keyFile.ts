import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { sha256 } from './hash';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** First 8 bytes of SHA-256 over the public key (SPKI, DER), hex. */
  readonly keyId: string;
}

/** Key id of a public key. Pure. */
export const keyIdOf = (publicKey: KeyObject): string =>
  Buffer.from(sha256(publicKey.export({ type: 'spki', format: 'der' })))
    .toString('hex')
    .slice(0, 16);

function fromPrivate(privateKey: KeyObject): SigningKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('the key is not an Ed25519 key');
  const publicKey = createPublicKey(privateKey);
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

/** Makes a new key file, 0600, that must not exist yet; the public half goes to `path.pub`. */
export function createKeyFile(path: string): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = fromPrivate(privateKey);
  writeNew(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  writePublic(path, key);
  return key;
}

function writePublic(path: string, { publicKey }: SigningKey): void {
  const text = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  writeNew(`${path}.pub`, text, 0o644);
}

/** Written beside and renamed: after a kill at any point the file is whole or not there. */
function writeNew(path: string, text: string, mode: number): void {
  if (existsSync(path)) throw new Error(`EEXIST: ${path} is there already`);
  const beside = `${path}.new`;
  rmSync(beside, { force: true });
  const file = openSync(beside, 'wx', mode);
  try {
    // The last room of a disk takes a part of it and says so; half a key must never get its name.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Reads a private key. Throws when others may read the file, or it is not Ed25519. */
export function loadPrivateKey(path: string): SigningKey {
  const mode = statSync(path).mode & 0o077;
  if (mode !== 0) throw new Error(`${path} may be read by others: chmod 600 ${path}`);
  return fromPrivate(createPrivateKey(readFileSync(path)));
}

/** Reads a public key (SPKI PEM). Throws when it is not Ed25519. */
export function loadPublicKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(readFileSync(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    throw new Error(`${path} is no public key that can be read: ${why}`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is not an Ed25519 key`);
  return key;
}

/**
 * The device key: made at the first run, kept afterwards. A public half that a kill kept from being
 * written is written now.
 */
export function loadOrCreateKey(path: string): SigningKey {
  if (!existsSync(path)) return createKeyFile(path);
  const key = loadPrivateKey(path);
  if (!existsSync(`${path}.pub`)) writePublic(path, key);
  return key;
}
