import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { type IpcMessage, tryEncode } from './frames';
import { BACKLOG_MAX_bytes, RATE_DEFAULT, receive } from './peer';

/** One connection of a server. */
export interface IpcPeer {
  /** Dropped when the peer does not read; false then. */
  send(message: IpcMessage): boolean;
  /** Called once when the connection is gone, however it ended. */
  onGone(fn: () => void): void;
}

export interface IpcServerOptions {
  readonly path: string;
  readonly onMessage: (message: IpcMessage, peer: IpcPeer) => void;
  readonly onPeer?: (connected: boolean) => void;
  /** Messages a peer may send per second; more close its connection. Default 100. */
  readonly ratePerSecond?: number;
  /** Connections at once; one more closes the oldest. Default 1. */
  readonly peersMax?: number;
}

export interface IpcServer {
  /** To the newest peer, if any; dropped when it does not read. */
  send(message: IpcMessage): void;
  close(): Promise<void>;
}

/** Listens for the peers of this socket; beyond `peersMax` a newer one replaces the oldest. */
export async function listenIpc(options: IpcServerOptions): Promise<IpcServer> {
  rmSync(options.path, { force: true });
  let peers: Socket[] = [];
  const server = createServer((socket) => {
    while (peers.length >= (options.peersMax ?? 1)) peers.shift()?.destroy();
    peers.push(socket);
    options.onPeer?.(true);
    const peer = peerOf(socket);
    receive(socket, options.ratePerSecond ?? RATE_DEFAULT, (message) =>
      options.onMessage(message, peer),
    );
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!peers.includes(socket)) return;
      peers = peers.filter((p) => p !== socket);
      if (peers.length === 0) options.onPeer?.(false);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, resolve);
  });
  chmodSync(options.path, 0o600);
  return {
    send(message) {
      const newest = peers.at(-1);
      if (newest !== undefined) sendTo(newest, message);
    },
    async close() {
      for (const socket of peers) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      rmSync(options.path, { force: true });
    },
  };
}

const peerOf = (socket: Socket): IpcPeer => ({
  send: (message) => sendTo(socket, message),
  onGone: (fn) => {
    if (socket.closed) fn();
    else socket.once('close', fn);
  },
});

function sendTo(socket: Socket, message: IpcMessage): boolean {
  if (socket.destroyed || socket.writableLength > BACKLOG_MAX_bytes) return false;
  const frame = tryEncode(message);
  if (frame === undefined) return false;
  socket.write(frame);
  return true;
}
