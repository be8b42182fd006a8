import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { encodeMessage, FrameDecoder, type IpcMessage } from './frames';

export interface IpcServerOptions {
  readonly path: string;
  readonly onMessage: (message: IpcMessage) => void;
  readonly onPeer?: (connected: boolean) => void;
  /** Messages a peer may send per second; more close its connection. Default 100. */
  readonly ratePerSecond?: number;
}

export interface IpcServer {
  /** To the connected peer, if any; dropped when it does not read. */
  send(message: IpcMessage): void;
  close(): Promise<void>;
}

/** Bytes that may wait for a peer before messages to it are dropped. */
export const BACKLOG_MAX_bytes = 1024 * 1024;

/** Listens for the one peer of this socket; a newer connection replaces an older one. */
export async function listenIpc(options: IpcServerOptions): Promise<IpcServer> {
  rmSync(options.path, { force: true });
  let peer: Socket | undefined;
  const server = createServer((socket) => {
    peer?.destroy();
    peer = socket;
    options.onPeer?.(true);
    receive(socket, options);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (peer !== socket) return;
      peer = undefined;
      options.onPeer?.(false);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, resolve);
  });
  chmodSync(options.path, 0o600);
  return {
    send(message) {
      if (peer === undefined || peer.writableLength > BACKLOG_MAX_bytes) return;
      peer.write(encodeMessage(message));
    },
    async close() {
      peer?.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      rmSync(options.path, { force: true });
    },
  };
}

function receive(socket: Socket, options: IpcServerOptions): void {
  const decoder = new FrameDecoder();
  const most = options.ratePerSecond ?? 100;
  let second = 0;
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    const messages = decoder.push(chunk);
    if (messages === undefined) return void socket.destroy();
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) {
      second = now;
      count = 0;
    }
    count += messages.length;
    if (count > most) return void socket.destroy();
    for (const message of messages) options.onMessage(message);
  });
}
