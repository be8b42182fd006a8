/** What `stations` trusts: passwords, certificates, deny-list. Files in the state folder, 0600. */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { systemClock, systemTimers } from '../../src/io/clock';
import { loadPublicKey, parseSignature, verifyDetached } from '../../src/io/keys';
import {
  CertificateClock,
  DenyList,
  hashSecret,
  type ServerTls,
  type StationCredential,
} from '../../src/io/ocppRpc';
import { KeptFile, writeAtomic } from '../../src/io/store';
import { PasswordBook } from '../../src/ocpp';
import type { Site } from '../../src/site';
import { later } from '../../src/time';
import type { ProcessConfig } from './config';

/** The deny-list is looked at, and the certain time stored, this often. */
const EVERY_ms = 60_000;

/** Names of the files that a person puts into the state folder. */
export const TRUST_FILES = {
  serverCertificate: 'ocpp-server.crt',
  serverKey: 'ocpp-server.key',
  stationIssuers: 'station-issuers.pem',
  denyList: 'deny-list.json',
  cpmsPasswords: 'cpms-passwords',
  cpmsIssuers: 'cpms-issuers.pem',
  cpmsCertificate: 'cpms-client.crt',
  cpmsKey: 'cpms-client.key',
} as const;

/** The deny-list that was good last, with its signature, as the gateway keeps it. */
const LAST_GOOD = 'deny-list.last-good';

/** The content of a file of the state folder, or undefined. */
export function inState(state: string, name: string): Buffer | undefined {
  const file = path.join(state, name);
  return existsSync(file) ? readFileSync(file) : undefined;
}

/**
 * Server certificate and issuers for security profiles 2 and 3; undefined for profile 1.
 * Throws a sentence that names the missing file and the fix.
 */
export function serverTls(site: Site, state: string): ServerTls | undefined {
  const profile = site.ocpp.security_profile;
  if (profile === 1) return undefined;
  const need = (name: string, what: string): Buffer => {
    const content = inState(state, name);
    if (content !== undefined) return content;
    throw new Error(
      `OCPP security profile ${profile} needs ${path.join(state, name)} (${what}): put it there, ` +
        'or set ocpp.security_profile: 1 on a network of the stations alone',
    );
  };
  const cert = need(TRUST_FILES.serverCertificate, 'the server certificate with its chain, PEM');
  const key = need(TRUST_FILES.serverKey, 'its private key, PEM');
  if (profile === 2) return { cert, key };
  const clientIssuers = need(TRUST_FILES.stationIssuers, 'issuers of station certificates, PEM');
  return { cert, key, clientIssuers };
}

/** Passwords that the CPMS rotated, durable before anybody is told. */
export function openPasswords(state: string): PasswordBook {
  const file = path.join(state, 'station-passwords-rotated');
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  return new PasswordBook(kept, {
    save: (text) => writeAtomic(file, Buffer.from(text)),
    hash: (secret) => hashSecret(Buffer.from(secret)),
  });
}

/** Credentials of a station: issued, and rotated; in profile 3 its certificate alone counts. */
export function credentialsOf(
  site: Site,
  issued: ReadonlyMap<string, string>,
  passwords: PasswordBook,
): (station: string) => StationCredential | undefined {
  const known = new Set(site.stations.map((s) => s.id));
  return (station) => {
    if (!known.has(station)) return undefined;
    if (site.ocpp.security_profile === 3) return {};
    const [secretHash, ...nextHashes] = passwords.hashesOf(station, issued.get(station));
    return secretHash === undefined ? {} : { secretHash, nextHashes };
  };
}

const TAG_KEY_bytes = 32;

/** Keyed digests of tags: what is stored names nobody. The key stays in the state folder. */
export function tagDigest(state: string): (tag: string) => string {
  const file = path.join(state, 'tag.key');
  // A key that was cut short would make digests that can be guessed; with a new one all tags are new.
  const whole = existsSync(file) && statSync(file).size === TAG_KEY_bytes;
  if (!whole) writeAtomic(file, randomBytes(TAG_KEY_bytes));
  const key = readFileSync(file);
  return (tag) => createHmac('sha256', key).update(tag).digest('base64url').slice(0, 32);
}

/** No gateway ran before 2020: an earlier certain time is damage. */
const FIRST_ms = Date.UTC(2020);

/**
 * The certain time that was stored; 0: none. Half a number would be a time of long ago, in which
 * certificates that ended are good. Pure.
 */
export function certainFrom(stored: Uint8Array | undefined): number {
  const kept = Number(new TextDecoder().decode(stored));
  return kept >= FIRST_ms ? kept : 0;
}

/** A time that has certainly passed; stored, so that a gateway without a clock keeps it. */
export function certainTime(state: string, problem: (text: string) => void): CertificateClock {
  const file = path.join(state, 'certain-time');
  const clock = new CertificateClock(systemClock, certainFrom(inState(state, 'certain-time')));
  const store = new KeptFile(file, (text) => problem(`certain time not stored: ${text}`));
  const round = (): void => {
    store.save(Buffer.from(String(Math.floor(clock.surely_ms()))));
    systemTimers.at(later(systemClock.now(), 60 * EVERY_ms), round);
  };
  round();
  return clock;
}

export interface DenyListEvents {
  readonly unusable: (text: string) => void;
  readonly read: (text: string) => void;
}

/**
 * The signed deny-list of the state folder, looked at each minute. One that cannot be read or
 * verified changes nothing; the last good one is kept beside it and comes back after a restart.
 */
export function watchDenyList(
  site: Site,
  config: ProcessConfig,
  events: DenyListEvents,
): { readonly list: DenyList; readonly refresh: () => void } {
  const list = new DenyList(site.id);
  const keys = config.trust.map(loadPublicKey);
  const good = path.join(config.state, LAST_GOOD);
  let last = '';
  const take = (bytes: Buffer | undefined, signed: string | undefined): string | undefined => {
    if (bytes === undefined) return 'no file';
    const signature = signed === undefined ? undefined : parseSignature(signed);
    if (signature === undefined) return 'its .sig file is missing or no signature';
    const expected = { purpose: 'deny-list', site: site.id } as const;
    const verdict = verifyDetached(bytes, signature, expected, keys);
    return verdict.ok ? list.take(bytes.toString('utf8')) : verdict.reason;
  };
  /** List and signature in one file: a kill between two would leave neither. */
  const keep = (bytes: Buffer, signed: string): void => {
    try {
      const text = JSON.stringify({ list: bytes.toString('base64'), signature: signed });
      writeAtomic(good, Buffer.from(text));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      // In force all the same; it is looked at again in a minute.
      last = '';
      events.unusable(
        `deny-list ${list.sequence} is in force, but a restart may forget it: ${why}`,
      );
    }
  };
  const refresh = (): void => {
    const bytes = inState(config.state, TRUST_FILES.denyList);
    const signed = inState(config.state, `${TRUST_FILES.denyList}.sig`)?.toString('utf8');
    const now = `${bytes?.toString('utf8') ?? ''}\n${signed ?? ''}`;
    if (bytes === undefined || now === last) return;
    last = now;
    const why = take(bytes, signed);
    if (why === undefined) {
      keep(bytes, signed ?? '');
      events.read(`deny-list ${list.sequence}: ${list.denied.size} certificates`);
    } else events.unusable(`deny-list is not used: ${why}; ${list.denied.size} stay denied`);
  };
  const kept = keptList(good);
  take(kept.bytes, kept.signed);
  refresh();
  return { list, refresh };
}

/** The list that was good last, with its signature; nothing when there is none. */
function keptList(file: string): { readonly bytes?: Buffer; readonly signed?: string } {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    const given = new Map<string, unknown>(Object.entries(value));
    const [list, signed] = [given.get('list'), given.get('signature')];
    if (typeof list !== 'string' || typeof signed !== 'string') return {};
    return { bytes: Buffer.from(list, 'base64'), signed };
  } catch {
    return {};
  }
}
