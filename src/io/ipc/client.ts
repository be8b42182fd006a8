import { connect, type Socket } from 'node:net';
import { encodeMessage, FrameDecoder, type IpcMessage } from './frames';
import { BACKLOG_MAX_bytes } from './server';

export interface IpcClientOptions {
  readonly path: string;
  /** Sent first on each connection. */
  readonly hello: IpcMessage;
  readonly onMessage: (message: IpcMessage) => void;
  readonly onChange?: (connected: boolean) => void;
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
    const decoder = new FrameDecoder();
    socket = next;
    next.on('connect', () => {
      up = true;
      next.write(encodeMessage(options.hello));
      options.onChange?.(true);
    });
    next.on('data', (chunk: Buffer) => {
      const messages = decoder.push(chunk);
      if (messages === undefined) next.destroy();
      else for (const message of messages) options.onMessage(message);
    });
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
      socket.write(encodeMessage(message));
    },
    connected: () => up,
    close() {
      closed = true;
      clearTimeout(retry);
      socket?.destroy();
    },
  };
}
