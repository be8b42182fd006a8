/** What this adapter uses of the WebSocket inside an ocpp-rpc client. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
  on(event: 'ping' | 'pong', listener: () => void): unknown;
  off(event: 'pong' | 'close', listener: () => void): unknown;
}

/** RFC 6455 ready states as ws numbers them. */
export const OPEN = 1;
export const CLOSED = 3;

/** The part of an ocpp-rpc client that is used here. */
export interface RpcClient {
  sendRaw(message: string): void;
  close(options: { code?: number; reason?: string; force?: boolean }): Promise<unknown>;
  on(event: 'close' | 'disconnect' | 'socketError', listener: () => void): unknown;
}

function isSocket(value: unknown): value is Socket {
  if (typeof value !== 'object' || value === null) return false;
  const methods = ['ping', 'close', 'terminate', 'once', 'on', 'off'];
  return methods.every((name) => typeof Reflect.get(value, name) === 'function');
}

/** The WebSocket of an ocpp-rpc client that is open. */
export function socketOf(client: object): Socket {
  const socket: unknown = Reflect.get(client, '_ws');
  if (!isSocket(socket)) throw new TypeError('ocpp-rpc is not the pinned 2.2.1: no _ws');
  return socket;
}

/**
 * Takes the messages of an ocpp-rpc client before the library reads them. The library would parse
 * each message a second time, answer malformed ones itself (echoing the payload; its lib/client.js,
 * `_onMessage`), run a handler per call without bound, and re-create message ids. All else stays
 * the library's: handshake, sub-protocol, pings, closing.
 * @param onBytes - one message as received, text or binary
 */
export function takeMessages(client: object, onBytes: (bytes: Buffer) => void): void {
  if (typeof Reflect.get(client, '_onMessage') !== 'function') {
    throw new TypeError('ocpp-rpc is not the pinned 2.2.1: no _onMessage');
  }
  Object.defineProperty(client, '_onMessage', {
    value: (data: unknown) => onBytes(Buffer.isBuffer(data) ? data : Buffer.alloc(0)),
  });
}

/** Sends a ping and resolves whether the peer answered in time. */
export function answersPing(socket: Socket, within_ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (answer: boolean): void => {
      clearTimeout(timer);
      socket.off('pong', onPong);
      socket.off('close', onClose);
      resolve(answer);
    };
    const onPong = (): void => done(true);
    const onClose = (): void => done(false);
    const timer = setTimeout(() => done(false), within_ms);
    socket.on('pong', onPong);
    socket.once('close', onClose);
    if (socket.readyState !== OPEN) done(false);
    else socket.ping();
  });
}
