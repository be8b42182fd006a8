import type { Socket } from 'node:net';

/**
 * Connections on which nobody has logged in yet: silent, half-way through TLS, or slow on purpose.
 * Beyond the bound the oldest is cut for each new one, because a station is through in less than
 * a second and one that only holds the place is not: strangers cannot lock all stations out.
 */
export class PendingSockets {
  private readonly sockets = new Map<string, Socket>();
  private readonly bound: number;

  constructor(bound: number) {
    this.bound = bound;
  }

  /** A new TCP connection, below TLS. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    this.sockets.set(key, socket);
    socket.once('close', () => {
      if (this.sockets.get(key) === socket) this.sockets.delete(key);
    });
    if (this.sockets.size <= this.bound) return;
    const [oldest] = this.sockets;
    if (oldest === undefined) return;
    this.sockets.delete(oldest[0]);
    oldest[1].destroy();
  }

  /** A station logged in; `socket` is the one above TLS, where there is TLS. */
  admitted(socket: Socket): void {
    this.sockets.delete(keyOf(socket));
  }
}

/** The peer's end, which is the same above and below TLS. */
const keyOf = (socket: Socket): string =>
  `${socket.remoteAddress ?? ''} ${String(socket.remotePort ?? '')}`;
