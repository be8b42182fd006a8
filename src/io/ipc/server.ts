import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { type IpcMessage, tryEncode } from './frames';
import { BACKLOG_MAX_bytes, RATE_DEFAULT, receive } from './peer';

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

/** Listens for the one peer of this socket; a newer connection replaces an older one. */
export async function listenIpc(options: IpcServerOptions): Promise<IpcServer> {
  rmSync(options.path, { force: true });
  let peer: Socket | undefined;
  const server = createServer((socket) => {
    peer?.destroy();
    peer = socket;
    options.onPeer?.(true);
    receive(socket, options.ratePerSecond ?? RATE_DEFAULT, options.onMessage);
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
      const frame = tryEncode(message);
      if (frame !== undefined) peer.write(frame);
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
