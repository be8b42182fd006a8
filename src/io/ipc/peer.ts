import type { Socket } from 'node:net';
import { FrameDecoder, type IpcMessage } from './frames';

/** Bytes that may wait for a peer before messages to it are dropped. */
export const BACKLOG_MAX_bytes = 1024 * 1024;
/** Messages a peer may send per second before its connection is closed. */
export const RATE_DEFAULT = 100;

/**
 * Hands on what one peer sends; a frame that is too long or no JSON, or more messages in a second
 * than allowed, closes the connection. The same on both ends: neither process trusts the other.
 */
export function receive(
  socket: Socket,
  ratePerSecond: number,
  onMessage: (message: IpcMessage) => void,
): void {
  const decoder = new FrameDecoder();
  let second = 0;
  let count = 0;
  socket.on('data', (chunk: Buffer) => {
    const messages = decoder.push(chunk);
    if (messages === undefined) return void socket.destroy();
    // `performance` would bring a module of its own into every process: 1 MiB of the supervisor.
    const [now] = process.hrtime();
    if (now !== second) {
      second = now;
      count = 0;
    }
    count += messages.length;
    if (count > ratePerSecond) return void socket.destroy();
    for (const message of messages) onMessage(message);
  });
}
