import type { OcppProtocol, StationFleet } from '../../ocpp';
import type { Clock, Instant } from '../../time';

export type GateEventCode =
  | 'listening'
  | 'path-refused'
  | 'protocol-refused'
  | 'credentials-missing'
  | 'credentials-wrong'
  | 'station-unknown'
  | 'throttled'
  | 'gate-busy'
  | 'handshake-timeout'
  | 'identity-conflict'
  | 'identity-replaced'
  | 'site-silent'
  | 'flood'
  | 'slow-reader'
  | 'socket-error'
  | 'certificate-refused'
  | 'certificate-expired'
  | 'certificate-valid'
  | 'certificate-denied';

/** What the gate refused or noticed. `hint` tells a technician what to do. */
export interface GateEvent {
  readonly at: Instant;
  readonly code: GateEventCode;
  /** Absent where the path named no possible identity. */
  readonly station?: string;
  readonly address: string;
  readonly text: string;
  readonly hint?: string;
}

/** How a station proves who it is: OCPP security profiles 1 and 2 by secret, 3 by certificate. */
export interface StationCredential {
  /** From `hashSecret`. Absent: the station has no password and must show a certificate. */
  readonly secretHash?: string;
  /** Hashes that count as well: a rotation is under way. */
  readonly nextHashes?: readonly string[];
  /** Profile 3: the certificate's common name or serial number, default the identity itself. */
  readonly certificateName?: string;
  /** SHA-256 fingerprints (hex, upper case, colons) that are no longer taken. */
  readonly deniedFingerprints?: readonly string[];
}

export interface ServerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Issuers of client certificates (profile 3). Absent: stations show none (profile 2). */
  readonly clientIssuers?: string | Buffer;
}

export interface OcppServerOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly fleet: StationFleet;
  readonly clock: Clock;
  readonly credentialOf: (station: string) => StationCredential | undefined;
  readonly protocols?: readonly OcppProtocol[];
  /** Versions of one station, most wanted first; among `protocols`. Default: all but 2.1. */
  readonly protocolsOf?: (station: string) => readonly OcppProtocol[] | undefined;
  readonly tls?: ServerTls;
  /** How client certificates are judged (profile 3). Default: the wall clock, none denied, 7 days. */
  readonly certificates?: {
    readonly surely_ms?: () => number;
    readonly denied?: () => ReadonlySet<string>;
    readonly grace_ms?: number;
    /** Connected stations are looked at this often, ms. Default a minute. */
    readonly every_ms?: number;
  };
  readonly onEvent?: (event: GateEvent) => void;
  /** A station logged in with one of its `nextHashes`. */
  readonly onNextHash?: (station: string, hash: string) => void;
  /** WebSocket ping interval, ms. Default 30 s. */
  readonly pingInterval_ms?: number;
  /** From the TCP connection to the decision on the upgrade, ms. Default 10 s. */
  readonly handshake_ms?: number;
  /** Connections on which nobody logged in yet; beyond it the oldest is cut. Default 2,048. */
  readonly pendingSockets?: number;
  /** Messages of one station: this many per second, this many at once. Default 20 and 300. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
}

export interface OcppServer {
  readonly port: number;
  /** `ws://host:port/ocpp`; a station appends `/` and its identity. */
  readonly url: string;
  close(): Promise<void>;
}
