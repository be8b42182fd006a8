import { isUtf8 } from 'node:buffer';
import { RPCClient } from 'ocpp-rpc';
import { MAX_TEXT_201 } from '../../ocpp';
import type { OcppProtocol, UpstreamConnector, UpstreamEvents, UpstreamLink } from '../../ocpp';
import type { Clock } from '../../time';
import { Pinger } from './pinger';
import { OPEN, socketOf, takeMessages } from './rpcSocket';
import type { Socket } from './rpcSocket';

/** A CPMS that accepts TCP and says nothing must not hold a station for ever. */
const HANDSHAKE_MS = 10_000;
/** Bytes a CPMS may leave unread before the connection is given up. */
const MAX_BUFFERED = 4 * 1024 * 1024;

/**
 * Compression towards the CPMS (RFC 7692; 2.0.1 part 4, 3.3), bounded: no memory kept between
 * messages, few at once, and the longest message counts after inflating.
 */
const DEFLATE = {
  threshold: 1_024,
  concurrencyLimit: 2,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  clientMaxWindowBits: 12,
  zlibDeflateOptions: { memLevel: 4, windowBits: 12 },
} as const;

export interface UpstreamOptions {
  /** Offer permessage-deflate. Default false; never towards stations. */
  readonly compress?: boolean;
  /** `wss://cpms.example/ocpp`; the identity of the station is appended. */
  readonly url: string;
  readonly clock: Clock;
  /**
   * The gateway's own passwords at the CPMS for a station, likeliest first; several while a rotation
   * is under way, tried in turn. Station secrets never leave it unless the CPMS itself set them.
   */
  readonly passwordsOf?: (station: string) => readonly string[];
  /** A connection was opened with this password. */
  readonly onWorked?: (station: string, password: string) => void;
  readonly tls?: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
  };
  readonly pingInterval_ms?: number;
  /** A CPMS that accepts TCP and says nothing is given up after this, ms. Default 10 s. */
  readonly handshake_ms?: number;
}

/**
 * Opens one socket per station to the CPMS on ocpp-rpc's client, without its reconnect: that one
 * gives up for good on some errors and keeps calls for later; the relay dials again itself.
 */
export function upstreamConnector(options: UpstreamOptions): UpstreamConnector {
  const pinger = new Pinger(options.pingInterval_ms ?? 30_000);
  const failures = new Map<string, number>();
  return (station, protocol, events) => {
    const passwords = options.passwordsOf?.(station) ?? [];
    const failed = failures.get(station) ?? 0;
    const password = passwords[failed % Math.max(1, passwords.length)];
    let worked = false;
    const counted: UpstreamEvents = {
      ...events,
      opened: (now) => {
        worked = true;
        failures.delete(station);
        if (password !== undefined) options.onWorked?.(station, password);
        events.opened(now);
      },
      closed: (now) => {
        if (!worked) failures.set(station, failed + 1);
        events.closed(now);
      },
    };
    return new RpcUpstream({ ...options, password }, pinger, station, protocol, counted);
  };
}

class RpcUpstream implements UpstreamLink {
  private readonly client: RPCClient;
  private readonly options: UpstreamOptions;
  private readonly events: UpstreamEvents;
  private readonly pinger: Pinger;
  private socket: Socket | undefined;
  private ended = false;

  constructor(
    options: UpstreamOptions & { readonly password: string | undefined },
    pinger: Pinger,
    station: string,
    protocol: OcppProtocol,
    events: UpstreamEvents,
  ) {
    this.options = options;
    this.events = events;
    this.pinger = pinger;
    this.client = new RPCClient({
      endpoint: options.url,
      identity: station,
      protocols: [protocol],
      password: options.password ?? null,
      reconnect: false,
      maxReconnects: 0,
      callTimeoutMs: 30_000,
      callConcurrency: 1,
      pingIntervalMs: 0,
      deferPingsOnActivity: false,
      respondWithDetailedErrors: false,
      strictMode: false,
      strictModeValidators: [],
      maxBadMessages: Infinity,
      headers: {},
      backoff: { initialDelay: 1_000, maxDelay: 10_000, factor: 2, randomisationFactor: 0.25 },
      wsOpts: {
        handshakeTimeout: options.handshake_ms ?? HANDSHAKE_MS,
        maxPayload: MAX_TEXT_201,
        perMessageDeflate: options.compress === true ? DEFLATE : false,
        minVersion: 'TLSv1.2',
        ...options.tls,
      },
    });
    takeMessages(this.client, (bytes) => this.received(bytes));
    this.client.on('disconnect', () => this.end());
    this.client.on('socketError', () => undefined);
    this.client.connect().then(
      () => this.opened(),
      () => this.end(),
    );
  }

  private opened(): void {
    if (this.socket !== undefined) return;
    if (this.ended) {
      this.hangUp();
      return;
    }
    this.socket = socketOf(this.client);
    this.pinger.watch(this.socket);
    this.events.opened(this.options.clock.now());
  }

  private received(bytes: Buffer): void {
    if (this.ended || bytes.length === 0 || !isUtf8(bytes)) return;
    // The first message may come before the promise of `connect` has told us that we are open.
    this.opened();
    this.events.received(bytes.toString('utf8'), this.options.clock.now());
  }

  send(text: string): void {
    const { socket } = this;
    if (socket?.readyState !== OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
    else this.client.sendRaw(text);
  }

  close(): void {
    this.ended = true;
    this.hangUp();
  }

  private hangUp(): void {
    const { socket } = this;
    if (socket === undefined) {
      this.client.close({ force: true }).catch(() => undefined);
      return;
    }
    socket.close(1000, '');
    setTimeout(() => socket.terminate(), 2_000).unref();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.events.closed(this.options.clock.now());
  }
}
