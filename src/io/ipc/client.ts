import { connect, type Socket } from 'node:net';
import { type IpcMessage, tryEncode } from './frames';
import { BACKLOG_MAX_bytes, RATE_DEFAULT, receive } from './peer';

export interface IpcClientOptions {
  readonly path: string;
  /** Sent first on each connection. */
  readonly hello: IpcMessage;
  readonly onMessage: (message: IpcMessage) => void;
  readonly onChange?: (connected: boolean) => void;
  /** Messages the peer may send per second; more close the connection. Default 100. */
  readonly ratePerSecond?: number;
}

export interface IpcClient {
  /** Latest-wins: dropped while disconnected or when the peer does not read. */
  send(message: IpcMessage): void;
  readonly connected: () => boolean;
  close(): void;
}

const RETRY_ms = 250;

/** Connects and keeps reconnecting until `close`. */
export function connectIpc(options: IpcClientOptions): IpcClient {
  let socket: Socket | undefined;
  let up = false;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  const open = (): void => {
    const next = connect(options.path);
    socket = next;
    next.on('connect', () => {
      up = true;
      const hello = tryEncode(options.hello);
      if (hello !== undefined) next.write(hello);
      options.onChange?.(true);
    });
    receive(next, options.ratePerSecond ?? RATE_DEFAULT, options.onMessage);
    next.on('error', () => undefined);
    next.on('close', () => {
      if (up) options.onChange?.(false);
      up = false;
      if (!closed) retry = setTimeout(open, RETRY_ms);
    });
  };
  open();
  return {
    send(message) {
      if (!up || socket === undefined || socket.writableLength > BACKLOG_MAX_bytes) return;
      const frame = tryEncode(message);
      if (frame !== undefined) socket.write(frame);
    },
    connected: () => up,
    close() {
      closed = true;
      clearTimeout(retry);
      socket?.destroy();
    },
  };
}
