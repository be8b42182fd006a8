import type { RPCServer } from 'ocpp-rpc';
import { WebSocket } from 'ws';

/** The part of ocpp-rpc's server-side client that is used here. */
export interface RpcClient {
  readonly identity?: string | undefined;
  sendRaw(message: string): void;
  close(options: { code?: number; reason?: string; force?: boolean }): Promise<unknown>;
  on(event: 'close' | 'disconnect' | 'socketError', listener: () => void): unknown;
}

/** Whether an object of ocpp-rpc has the two private parts that this adapter relies on. */
function internals(client: object): WebSocket {
  const socket: unknown = Reflect.get(client, '_ws');
  const reader: unknown = Reflect.get(client, '_onMessage');
  if (!(socket instanceof WebSocket) || typeof reader !== 'function') {
    throw new TypeError('ocpp-rpc is not the pinned 2.2.1: its client has no _ws or _onMessage');
  }
  return socket;
}

/**
 * Takes the messages of an ocpp-rpc client before the library reads them. The library would parse
 * each message a second time, answer malformed ones itself (echoing the payload, reference to
 * lib/client.js `_onMessage`), run a handler per call without bound, and re-create message ids.
 * Everything else stays the library's: handshake, sub-protocol, pings, reconnecting, closing.
 * @returns the WebSocket, for pings and back-pressure
 */
export function takeMessages(
  client: object,
  onText: (text: string) => void,
  onBinary: () => void,
): WebSocket {
  const socket = internals(client);
  Object.defineProperty(client, '_onMessage', { value: () => undefined });
  socket.on('message', (data: unknown, isBinary: boolean) => {
    if (isBinary || !Buffer.isBuffer(data)) onBinary();
    else onText(data.toString('utf8'));
  });
  return socket;
}

/** Sends a ping and resolves whether the peer answered in time. */
export function answersPing(socket: WebSocket, within_ms: number): Promise<boolean> {
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
    socket.on('close', onClose);
    if (socket.readyState !== WebSocket.OPEN) done(false);
    else socket.ping();
  });
}

export type { RPCServer };
