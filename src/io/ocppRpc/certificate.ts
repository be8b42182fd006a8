import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { StationCredential } from './types';

/** What a TLS client showed, taken apart. Whether it is of our issuers is verified here. */
export interface ShownCertificate {
  /** A chain of signatures leads to one of the site's issuers, whatever the clock says. */
  readonly trusted: boolean;
  /** Common name, serial number attribute and DNS names. */
  readonly names: readonly string[];
  /** SHA-256, hex, upper case, colons. */
  readonly fingerprint: string;
  readonly validFrom_ms: number;
  readonly validTo_ms: number;
}

/** How certificates are judged besides their chain. */
export interface CertificatePolicy {
  /** A time that has certainly passed, ms; never a clock that jumped ahead. */
  readonly surely_ms: number;
  readonly denied: ReadonlySet<string>;
  /** A certificate that ran out less than this ago still proves its owner, ms. */
  readonly grace_ms: number;
}

/** Intermediate certificates followed towards an issuer. */
const MAX_CHAIN = 4;

/** The certificates of a PEM bundle; what is no certificate in it is passed over. */
export function certificatesIn(pem: string | Buffer | undefined): readonly X509Certificate[] {
  const blocks = String(pem ?? '').match(
    /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g,
  );
  return (blocks ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** The client certificate of a request, or undefined (plain TCP, or none shown). */
export function certificateOf(
  request: IncomingMessage,
  issuers: readonly X509Certificate[],
): ShownCertificate | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.getPeerX509Certificate();
  return shown && judged(shown, issuers);
}

/**
 * Takes a certificate apart and follows its signatures. The TLS library's own verdict is not used:
 * it names one fault only, and "expired" would hide "signed by nobody we know". Pure.
 */
export function judged(
  shown: X509Certificate,
  issuers: readonly X509Certificate[],
): ShownCertificate {
  return {
    trusted: leadsTo(shown, issuers),
    names: namesOf(shown),
    fingerprint: shown.fingerprint256,
    validFrom_ms: Date.parse(shown.validFrom),
    validTo_ms: Date.parse(shown.validTo),
  };
}

function leadsTo(leaf: X509Certificate, issuers: readonly X509Certificate[]): boolean {
  let one: X509Certificate | undefined = leaf;
  for (let i = 0; i < MAX_CHAIN && one !== undefined; i += 1) {
    const child: X509Certificate = one;
    if (issuers.some((issuer) => signed(issuer, child))) return true;
    const parent: X509Certificate | undefined = child.issuerCertificate;
    one = parent !== undefined && parent !== child && signed(parent, child) ? parent : undefined;
  }
  return false;
}

function signed(issuer: X509Certificate, child: X509Certificate): boolean {
  try {
    return issuer.ca && child.checkIssued(issuer) && child.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function namesOf(shown: X509Certificate): readonly string[] {
  const subject = shown.subject.split('\n').flatMap((line) => {
    const name = /^(?:CN|serialNumber)=(.+)$/.exec(line)?.[1];
    return name === undefined ? [] : [name];
  });
  const dns = (shown.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const name = /^DNS:([A-Za-z0-9._:-]+)$/.exec(entry)?.[1];
    return name === undefined ? [] : [name];
  });
  return [...subject, ...dns];
}

/** Whether it ran out, as far as the time is certain. Pure. */
export const isExpired = (shown: ShownCertificate, policy: CertificatePolicy): boolean =>
  policy.surely_ms > shown.validTo_ms;

/**
 * Why a certificate does not prove this identity, or undefined. A certificate that ran out within
 * the grace period still proves it: an outage of the issuer must not strand all drivers at once.
 * One that is "not yet valid" is taken: the time may be later than what is certain. Pure.
 */
export function certificateFault(
  shown: ShownCertificate,
  identity: string,
  credential: StationCredential,
  policy: CertificatePolicy,
): string | undefined {
  const { fingerprint } = shown;
  if (credential.deniedFingerprints?.includes(fingerprint) || policy.denied.has(fingerprint)) {
    return 'certificate is on the deny-list';
  }
  if (!shown.trusted) return 'certificate is not signed by an issuer of this site';
  if (policy.surely_ms > shown.validTo_ms + policy.grace_ms) {
    return `certificate expired ${new Date(shown.validTo_ms).toISOString().slice(0, 10)}`;
  }
  const wanted = credential.certificateName ?? identity;
  return shown.names.includes(wanted) ? undefined : `certificate is not issued to ${wanted}`;
}

/** What a technician should do about a fault. Pure. */
export function certificateHint(fault: string): string {
  if (fault.includes('deny-list')) return 'issue a new certificate; this one was revoked';
  if (fault.includes('expired')) return 'renew the certificate of the station';
  if (fault.includes('not issued to')) {
    return 'its common name, serial number or DNS name must be the identity of the station';
  }
  return "install a certificate of this site's issuer, or add the issuer to the site";
}
