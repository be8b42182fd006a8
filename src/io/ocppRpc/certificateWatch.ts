import { isExpired } from './certificate';
import type { CertificatePolicy, ShownCertificate } from './certificate';
import type { GateEventCode } from './types';

/** What the watch needs of a station's connection. */
export interface WatchedConnection {
  shut(code: number, reason: string): void;
  onClosed(fn: () => void): void;
}

interface Ports {
  readonly policy: () => CertificatePolicy;
  /** The station is kept at its safe static limit, or no longer. */
  readonly hold: (station: string, held: boolean) => void;
  readonly tell: (code: GateEventCode, station: string, text: string, hint: string) => void;
}

interface Watched {
  readonly certificate: ShownCertificate;
  readonly connection: WatchedConnection;
  held: boolean;
}

/**
 * Certificates of connected stations. One that runs out while its station charges keeps the session
 * at the safe static limit, with an alarm. A denied one is held there too, and denied stations are
 * closed one per round: no list and no clock ever throws out all stations at once.
 */
export class CertificateWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly ports: Ports;
  private readonly every_ms: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(every_ms: number, ports: Ports) {
    this.every_ms = every_ms;
    this.ports = ports;
  }

  /** A station has logged in; without a certificate nothing is watched. */
  follow(
    station: string,
    certificate: ShownCertificate | undefined,
    connection: WatchedConnection,
  ): void {
    this.ports.hold(station, false);
    if (certificate === undefined) return;
    const one = { certificate, connection, held: false };
    this.watched.set(station, one);
    connection.onClosed(() => {
      if (this.watched.get(station) === one) this.watched.delete(station);
    });
    this.timer ??= setInterval(() => this.round(), this.every_ms);
    this.timer.unref();
    this.judge(station, one, this.ports.policy());
    if (!one.held) this.ports.tell('certificate-valid', station, 'certificate is valid', '');
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private round(): void {
    const policy = this.ports.policy();
    let closed = false;
    for (const [station, one] of [...this.watched]) {
      this.judge(station, one, policy);
      if (closed || !policy.denied.has(one.certificate.fingerprint)) continue;
      closed = true;
      this.ports.tell(
        'certificate-denied',
        station,
        'disconnected: its certificate is on the deny-list',
        'issue a new certificate',
      );
      one.connection.shut(1008, 'certificate revoked');
    }
  }

  private judge(station: string, one: Watched, policy: CertificatePolicy): void {
    if (one.held) return;
    const denied = policy.denied.has(one.certificate.fingerprint);
    if (!denied && !isExpired(one.certificate, policy)) return;
    one.held = true;
    this.ports.hold(station, true);
    if (denied) return;
    const since = new Date(one.certificate.validTo_ms).toISOString().slice(0, 10);
    const days = Math.round(policy.grace_ms / 86_400_000);
    this.ports.tell(
      'certificate-expired',
      station,
      `certificate expired ${since}; kept at the safe static limit`,
      `renew it; after ${days} days of grace it can no longer log in`,
    );
  }
}
