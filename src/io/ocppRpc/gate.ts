import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../time';
import type { X509Certificate } from 'node:crypto';
import { certificateFault, certificateHint, certificateOf } from './certificate';
import type { CertificatePolicy, ShownCertificate } from './certificate';
import { identityOf, passwordOf, protocolOf, refuse } from './handshake';
import { SecretVerifier } from './secret';
import type { SecretVerdict } from './secret';
import { FailureThrottle } from './throttle';
import type { GateEvent, GateEventCode, StationCredential } from './types';

/** Wrong credentials a minute before an address is held off for one station, or for all. */
const FAILURES_PER_STATION = 5;
const FAILURES_PER_ADDRESS = 60;
/** From the upgrade request to the decision. */
const DECIDE_MS = 10_000;
/** Upgrades that wait for their decision at once. */
const MAX_DECIDING = 512;

export interface Admitted {
  readonly identity: string;
  readonly protocol: string;
  /** What proved the identity, in profile 3. */
  readonly certificate?: ShownCertificate;
}

export interface GatePolicy {
  readonly clock: Clock;
  readonly protocols: (station: string) => readonly string[];
  readonly credentialOf: (station: string) => StationCredential | undefined;
  readonly issuers: readonly X509Certificate[];
  readonly certificates: () => CertificatePolicy;
  readonly onEvent: (event: GateEvent) => void;
  readonly onNextHash?: ((station: string, hash: string) => void) | undefined;
}

type Refusal = readonly [
  status: 400 | 401 | 404 | 429 | 503,
  code: GateEventCode,
  text: string,
  hint?: string,
];

/**
 * Decides on WebSocket upgrades before the OCPP library sees them: raw path first, then
 * sub-protocol, then throttle, then secret. Never throws, never leaves a socket undecided.
 */
export class UpgradeGate {
  private readonly perStation = new FailureThrottle(FAILURES_PER_STATION);
  private readonly perAddress = new FailureThrottle(FAILURES_PER_ADDRESS);
  private readonly secrets = new SecretVerifier();
  private deciding = 0;
  private readonly policy: GatePolicy;

  constructor(policy: GatePolicy) {
    this.policy = policy;
  }

  /** The admitted station, or undefined after the socket was refused. */
  async decide(request: IncomingMessage, socket: Duplex): Promise<Admitted | undefined> {
    const address = request.socket.remoteAddress ?? 'unknown';
    const onError = (): void => {
      socket.destroy();
    };
    socket.on('error', onError);
    const identity = identityOf(request.url);
    if (identity === undefined) {
      return this.refuse(socket, address, undefined, [404, 'path-refused', 'path is no identity']);
    }
    if (this.deciding >= MAX_DECIDING) {
      return this.refuse(socket, address, identity, [
        503,
        'gate-busy',
        'too many upgrades at once',
      ]);
    }
    this.deciding += 1;
    const timer = setTimeout(() => {
      this.tell('handshake-timeout', address, identity, 'no decision in time');
      socket.destroy();
    }, DECIDE_MS);
    try {
      const outcome = await this.judge(request, identity, address);
      if (socket.destroyed) return undefined;
      if ('protocol' in outcome) return outcome;
      return this.refuse(socket, address, identity, outcome);
    } finally {
      clearTimeout(timer);
      this.deciding -= 1;
      socket.off('error', onError);
    }
  }

  private async judge(
    request: IncomingMessage,
    identity: string,
    address: string,
  ): Promise<Admitted | Refusal> {
    const now = this.policy.clock.now();
    const known = this.policy.protocols(identity);
    const protocol = protocolOf(request, known);
    if (protocol === undefined) {
      const ours = known.join(' or ');
      return [
        400,
        'protocol-refused',
        `offers no sub-protocol ${ours}`,
        `set the station's OCPP version to ${ours} (JSON over WebSocket)`,
      ];
    }
    const pair = `${address} ${identity}`;
    if (this.perStation.held(pair, now) || this.perAddress.held(address, now)) {
      return [429, 'throttled', 'too many failed logins', 'wait a minute, then try once'];
    }
    const credential = this.policy.credentialOf(identity);
    const shown = certificateOf(request, this.policy.issuers);
    if (shown !== undefined && credential !== undefined) {
      const fault = certificateFault(shown, identity, credential, this.policy.certificates());
      if (fault === undefined) return { identity, protocol, certificate: shown };
      this.perStation.failed(pair, now);
      return [401, 'certificate-refused', `station ${identity}: ${fault}`, certificateHint(fault)];
    }
    const password = passwordOf(request.headers.authorization, identity);
    const verdict =
      password === undefined || password.length === 0
        ? 'missing'
        : await this.verify(identity, password, credential);
    if (verdict === 'right') {
      this.perStation.succeeded(pair);
      return { identity, protocol };
    }
    if (verdict === 'busy') return [503, 'gate-busy', 'too many logins at once'];
    this.perStation.failed(pair, now);
    this.perAddress.failed(address, now);
    return loginRefusal(verdict, credential !== undefined, identity);
  }

  /** The secret in force first, then those of a rotation under way. */
  private async verify(
    identity: string,
    password: Buffer,
    credential: StationCredential | undefined,
  ): Promise<SecretVerdict> {
    const verdict = await this.secrets.verify(identity, password, credential?.secretHash);
    if (verdict !== 'wrong') return verdict;
    for (const hash of credential?.nextHashes ?? []) {
      const next = await this.secrets.verify(identity, password, hash);
      if (next === 'right') this.policy.onNextHash?.(identity, hash);
      if (next !== 'wrong') return next;
    }
    return 'wrong';
  }

  private refuse(
    socket: Duplex,
    address: string,
    identity: string | undefined,
    [status, code, text, hint]: Refusal,
  ): undefined {
    this.tell(code, address, identity, text, hint);
    socket.on('error', () => socket.destroy());
    refuse(socket, status);
    return undefined;
  }

  tell(
    code: GateEventCode,
    address: string,
    station: string | undefined,
    text: string,
    hint?: string,
  ): void {
    this.policy.onEvent({
      at: this.policy.clock.now(),
      code,
      address,
      text,
      ...(station !== undefined && { station }),
      ...(hint !== undefined && { hint }),
    });
  }
}

/** The peer sees the same 401 in each case; the log does not. */
function loginRefusal(verdict: 'missing' | 'wrong', known: boolean, identity: string): Refusal {
  if (!known) {
    return [
      401,
      'station-unknown',
      `station ${identity} is not in the site file`,
      'add it to the site file, or correct the charge point identity in the station',
    ];
  }
  return verdict === 'missing'
    ? [
        401,
        'credentials-missing',
        `station ${identity} sent no password`,
        'enter the station password (AuthorizationKey, security profile 1 or 2) in its set-up',
      ]
    : [
        401,
        'credentials-wrong',
        `station ${identity} sent a wrong password`,
        'enter the password issued for this station, or issue a new one',
      ];
}
