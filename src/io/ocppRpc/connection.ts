import { isUtf8 } from 'node:buffer';
import { encodeFrame } from '../../ocpp';
import type { OcppProtocol, StationLink, StationPort, TokenBucket } from '../../ocpp';
import type { Clock } from '../../time';
import type { Pinger } from './pinger';
import { answersPing, CLOSED, OPEN, socketOf, takeMessages } from './rpcSocket';
import type { RpcClient, Socket } from './rpcSocket';
import type { GateEventCode, OcppServerOptions } from './types';

/** Bytes a station may leave unread before it counts as not reading. */
const MAX_BUFFERED = 1024 * 1024;
/** Time a closing handshake may take before the socket is cut. */
const CLOSE_MS = 2_000;

/** One authenticated station socket, joined to its session in the fleet. */
export class StationConnection {
  readonly identity: string;
  private readonly socket: Socket;
  private readonly client: RpcClient;
  private readonly clock: Clock;
  private readonly bucket: TokenBucket;
  private port: StationPort | undefined;
  /** Closing has begun: what still arrives is not looked at. */
  private ending = false;
  private readonly tell: (code: GateEventCode, text: string, hint?: string) => void;

  constructor(
    identity: string,
    client: RpcClient & object,
    clock: Clock,
    bucket: TokenBucket,
    tell: (code: GateEventCode, text: string, hint?: string) => void,
  ) {
    this.identity = identity;
    this.client = client;
    this.clock = clock;
    this.tell = tell;
    this.bucket = bucket;
    this.socket = socketOf(client);
    takeMessages(client, (bytes) => this.received(bytes));
    client.on('socketError', () => this.tell('socket-error', 'socket failed'));
    this.socket.once('close', () => this.port?.closed(this.clock.now()));
    // The library answers each ping by itself, also one whose sender never reads the answers.
    const counted = (): void => this.control();
    this.socket.on('ping', counted);
    this.socket.on('pong', counted);
  }

  /** Joins the session; false when the fleet does not take the station now. */
  join(options: OcppServerOptions, protocol: OcppProtocol): boolean {
    const link: StationLink = {
      send: (frame) => this.send(encodeFrame(frame)),
      close: (code, reason) => this.shut(code, reason),
    };
    const outcome = options.fleet.connect(this.identity, link, protocol, this.clock.now());
    if (outcome.accepted) {
      this.port = outcome.port;
      return true;
    }
    if (outcome.reason === 'site-silent') {
      this.tell('site-silent', 'refused: no decision from the site', 'see the alarms of the site');
    }
    this.shut(1013, 'try again later');
    return false;
  }

  keepAlive(pinger: Pinger): void {
    pinger.watch(this.socket);
  }

  onClosed(fn: () => void): void {
    this.socket.once('close', fn);
  }

  alive(within_ms: number): Promise<boolean> {
    return answersPing(this.socket, within_ms);
  }

  private received(bytes: Buffer): void {
    if (this.ending) return;
    // A text message is UTF-8 by RFC 6455; what is not came as a binary one.
    if (!isUtf8(bytes)) {
      this.shut(1003, 'text only');
      return;
    }
    const now = this.clock.now();
    if (!this.bucket.take(now)) {
      this.tell('flood', 'too many messages', 'check the meter value interval of the station');
      this.shut(1008, 'too many messages');
      return;
    }
    if (bytes.length > 0) this.port?.receiveText(bytes.toString('utf8'), now);
  }

  /** A ping or a pong: it counts as a message, and a flood is cut without a closing handshake. */
  private control(): void {
    if (this.ending) return;
    const flood = !this.bucket.take(this.clock.now());
    if (!flood && this.socket.bufferedAmount <= MAX_BUFFERED) return;
    if (flood)
      this.tell('flood', 'too many pings', 'check the WebSocket ping interval of the station');
    else this.tell('slow-reader', 'station does not read its messages');
    this.ending = true;
    this.socket.terminate();
  }

  private send(text: string): void {
    if (this.socket.readyState !== OPEN) return;
    if (this.socket.bufferedAmount > MAX_BUFFERED) {
      this.tell('slow-reader', 'station does not read its messages');
      this.socket.terminate();
      return;
    }
    this.client.sendRaw(text);
  }

  /** Closes politely, and for certain. The session ends at once: nothing is taken any more. */
  shut(code: number, reason: string): void {
    const port = this.port;
    this.port = undefined;
    port?.closed(this.clock.now());
    if (this.ending || this.socket.readyState === CLOSED) return;
    this.ending = true;
    this.socket.close(code, reason);
    const timer = setTimeout(() => this.socket.terminate(), CLOSE_MS);
    this.socket.once('close', () => clearTimeout(timer));
  }
}
