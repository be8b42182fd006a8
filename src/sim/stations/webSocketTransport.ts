import { WebSocket } from 'ws';
import { encodeFrame, MAX_TEXT_201, parseFrame } from '../../ocpp';
import type { Frame } from '../../ocpp';
import type { SimLink, SimLinkEvents, SimStationConfig, SimTransport } from './types';

export interface WebSocketTransportOptions {
  /** `ws://host:port/ocpp`; the identity is appended. */
  readonly url: string;
  readonly protocols?: readonly string[];
  /** Accepted issuer of the controller's certificate (wss). */
  readonly ca?: string | Buffer;
}

/** Real WebSocket clients, one per station. */
export function webSocketTransport(options: WebSocketTransportOptions): SimTransport {
  return { open: (station, events) => new SocketLink(station, events, options) };
}

class SocketLink implements SimLink {
  private readonly socket: WebSocket;

  constructor(
    station: SimStationConfig,
    events: SimLinkEvents,
    options: WebSocketTransportOptions,
  ) {
    const login = Buffer.from(`${station.id}:${station.password ?? ''}`).toString('base64');
    this.socket = new WebSocket(
      `${options.url}/${station.id}`,
      [...(options.protocols ?? [station.protocol ?? 'ocpp1.6'])],
      {
        handshakeTimeout: 10_000,
        perMessageDeflate: false,
        ...(station.password !== undefined && { headers: { Authorization: `Basic ${login}` } }),
        ...(options.ca !== undefined && { ca: options.ca }),
      },
    );
    this.socket.on('open', () => events.opened());
    this.socket.on('message', (data: unknown, isBinary: boolean) => {
      if (isBinary || !Buffer.isBuffer(data)) return;
      const parsed = parseFrame(data.toString('utf8'), MAX_TEXT_201);
      if (parsed.ok) events.received(parsed.frame);
    });
    // The close that follows carries the news.
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => events.closed(code, reason.toString('utf8')));
  }

  send(frame: Frame): void {
    this.sendText(encodeFrame(frame));
  }

  sendText(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  close(): void {
    this.socket.close(1000);
  }
}
