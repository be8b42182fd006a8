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
    // Looked at here and not by a listener on each, which every station would carry for good.
    for (const [key, old] of this.sockets) {
      if (!old.destroyed && this.sockets.size < this.bound) break;
      this.sockets.delete(key);
      old.destroy();
    }
    this.sockets.set(keyOf(socket), socket);
  }

  /** A station logged in; `socket` is the one above TLS, where there is TLS. */
  admitted(socket: Socket): void {
    this.sockets.delete(keyOf(socket));
  }
}

/** The peer's end, which is the same above and below TLS. */
const keyOf = (socket: Socket): string =>
  `${socket.remoteAddress ?? ''} ${String(socket.remotePort ?? '')}`;
