import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { StationCredential } from './types';

/** What a TLS client showed, taken apart. */
export interface ShownCertificate {
  readonly authorised: boolean;
  /** Node's reason when the chain does not verify. */
  readonly reason: string;
  readonly names: readonly string[];
  readonly fingerprint: string;
  readonly validFrom_ms: number;
  readonly validTo_ms: number;
}

/** A certificate that ran out a short time ago: charging goes on, the log says it (static). */
const GRACE_MS = 7 * 24 * 3_600_000;

/** The client certificate of a request, or undefined (plain TCP, or none shown). */
export function certificateOf(request: IncomingMessage): ShownCertificate | undefined {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return undefined;
  const shown = socket.getPeerCertificate();
  if (Object.keys(shown).length === 0) return undefined;
  const subject: unknown = Reflect.get(shown, 'subject');
  const names = ['CN', 'serialNumber'].flatMap((field) => {
    const value: unknown =
      typeof subject === 'object' && subject !== null ? Reflect.get(subject, field) : undefined;
    return typeof value === 'string' ? [value] : [];
  });
  return {
    authorised: socket.authorized,
    reason: String(socket.authorizationError),
    names,
    fingerprint: shown.fingerprint256,
    validFrom_ms: Date.parse(shown.valid_from),
    validTo_ms: Date.parse(shown.valid_to),
  };
}

/**
 * Why a certificate does not prove this identity, or undefined. A certificate that ran out within
 * the grace period still proves it: an outage of the issuer must not strand all drivers at once.
 * Pure.
 */
export function certificateFault(
  shown: ShownCertificate,
  identity: string,
  credential: StationCredential,
  wall_ms: number,
): string | undefined {
  if (credential.deniedFingerprints?.includes(shown.fingerprint)) return 'certificate is denied';
  const expired = shown.reason === 'CERT_HAS_EXPIRED';
  if (!shown.authorised && !expired) return `certificate is not trusted (${shown.reason})`;
  if (wall_ms > shown.validTo_ms + GRACE_MS) return 'certificate has expired';
  const wanted = credential.certificateName ?? identity;
  return shown.names.includes(wanted) ? undefined : `certificate is not issued to ${wanted}`;
}
