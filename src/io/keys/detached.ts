import { type KeyObject, sign, verify } from 'node:crypto';
import { keyIdOf, type SigningKey } from './keyFile';

/** What a signature is for; part of what is signed. */
export type SignaturePurpose =
  | 'site-file'
  | 'two-person'
  | 'evidence'
  | 'audit-head'
  | 'request'
  | 'service-grant'
  | 'deny-list';

/** Content of `FILE.sig`: JSON with exactly these keys. */
export interface DetachedSignature {
  readonly purpose: SignaturePurpose;
  readonly site: string;
  readonly keyId: string;
  /** Base64 of the 64-byte signature. */
  readonly signature: string;
}

const PURPOSES: readonly SignaturePurpose[] = [
  'site-file',
  'two-person',
  'evidence',
  'audit-head',
  'request',
  'service-grant',
  'deny-list',
];

function covered(head: Omit<DetachedSignature, 'signature'>, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${head.purpose}\0${head.site}\0${head.keyId}\0`), bytes]);
}

/** Signs exactly `bytes` for one purpose and site. */
export function signDetached(
  bytes: Uint8Array,
  purpose: SignaturePurpose,
  site: string,
  key: SigningKey,
): DetachedSignature {
  const head = { purpose, site, keyId: key.keyId };
  const signature = sign(null, covered(head, bytes), key.privateKey).toString('base64');
  return { ...head, signature };
}

/** Parses a signature file; undefined when it is anything else. Pure. */
export function parseSignature(text: string): DetachedSignature | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const purpose = PURPOSES.find((p) => p === fields.get('purpose'));
  const site = fields.get('site');
  const keyId = fields.get('keyId');
  const signature = fields.get('signature');
  if (purpose === undefined || fields.size !== 4) return undefined;
  if (typeof site !== 'string' || typeof keyId !== 'string' || typeof signature !== 'string') {
    return undefined;
  }
  return { purpose, site, keyId, signature };
}

export type SignatureVerdict =
  { readonly ok: true; readonly keyId: string } | { readonly ok: false; readonly reason: string };

/** Whether `signature` is one of `keys` over exactly these bytes, for this purpose and site. */
export function verifyDetached(
  bytes: Uint8Array,
  signature: DetachedSignature,
  expected: { readonly purpose: SignaturePurpose; readonly site: string },
  keys: readonly KeyObject[],
): SignatureVerdict {
  if (signature.purpose !== expected.purpose) {
    return { ok: false, reason: `signed for ${signature.purpose}, not ${expected.purpose}` };
  }
  if (signature.site !== expected.site) {
    return { ok: false, reason: `signed for site ${signature.site}, not ${expected.site}` };
  }
  const key = keys.find((k) => keyIdOf(k) === signature.keyId);
  if (key === undefined) return { ok: false, reason: `key ${signature.keyId} is not trusted here` };
  const raw = Buffer.from(signature.signature, 'base64');
  const good = raw.length === 64 && verify(null, covered(signature, bytes), key, raw);
  if (!good) return { ok: false, reason: 'the signature does not match the file' };
  return { ok: true, keyId: signature.keyId };
}
