/** Issues certificates for tests: any names, any validity, valid or not. DER by hand (X.690). */
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
/** Object identifiers as encoded. */
const OID = {
  ecdsaSha256: bytes('06082a8648ce3d040302'),
  commonName: bytes('0603550403'),
  basicConstraints: bytes('0603551d13'),
  subjectAltName: bytes('0603551d11'),
};
const TRUE = bytes('0101ff');

/** GeneralizedTime holds any year. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return tlv(0x18, Buffer.from(`${text}Z`));
}

const name = (common: string): Buffer =>
  sequence(tlv(0x31, sequence(OID.commonName, tlv(0x0c, Buffer.from(common)))));

export interface Issued {
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly key: string;
  readonly privateKey: KeyObject;
  readonly common: string;
}

export interface Wanted {
  readonly common: string;
  readonly issuer?: Issued;
  readonly ca?: boolean;
  readonly dns?: string;
  readonly from_ms?: number;
  readonly to_ms?: number;
}

const DAY_MS = 24 * 3_600_000;
let serial = 0;

/** A certificate signed by `issuer`, or by itself. */
export function issue(wanted: Wanted): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { common, issuer, ca = false, dns } = wanted;
  const now = Date.now();
  const extensions = [
    ...(ca ? [sequence(OID.basicConstraints, TRUE, tlv(0x04, sequence(TRUE)))] : []),
    ...(dns === undefined
      ? []
      : [
          sequence(
            OID.subjectAltName,
            tlv(
              0x04,
              sequence(tlv(0x82, Buffer.from(dns)), tlv(0x87, Buffer.from([127, 0, 0, 1]))),
            ),
          ),
        ]),
  ];
  const algorithm = sequence(OID.ecdsaSha256);
  const tbs = sequence(
    tlv(0xa0, bytes('020102')),
    tlv(0x02, Buffer.from([0x10, (serial += 1)])),
    algorithm,
    name(issuer?.common ?? common),
    sequence(time(wanted.from_ms ?? now - DAY_MS), time(wanted.to_ms ?? now + 30 * DAY_MS)),
    name(common),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', tbs, issuer?.privateKey ?? privateKey);
  const der = sequence(tbs, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate: new X509Certificate(pem), pem, key, privateKey, common };
}
