import { OPEN } from './rpcSocket';
import type { Socket } from './rpcSocket';

/**
 * WebSocket pings for many sockets with one timer. The library's own keeps an abort controller, an
 * emitter and a promise per socket, which is a tenth of a station's memory.
 */
export class Pinger {
  private readonly awaiting = new Map<Socket, boolean>();
  private readonly interval_ms: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(interval_ms: number) {
    this.interval_ms = interval_ms;
  }

  /** Pings until the socket closes; one that misses a pong for an interval is cut. */
  watch(socket: Socket): void {
    this.awaiting.set(socket, false);
    socket.on('pong', () => {
      if (this.awaiting.has(socket)) this.awaiting.set(socket, false);
    });
    socket.once('close', () => this.forget(socket));
    this.timer ??= setInterval(() => this.round(), this.interval_ms);
    this.timer.unref();
  }

  private forget(socket: Socket): void {
    this.awaiting.delete(socket);
    if (this.awaiting.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private round(): void {
    for (const [socket, silent] of this.awaiting) {
      if (silent) socket.terminate();
      else if (socket.readyState === OPEN) {
        this.awaiting.set(socket, true);
        socket.ping();
      }
    }
  }
}
