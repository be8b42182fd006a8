/**
 * sim/tcpServer — simulated devices behind a real Modbus TCP socket, for processes that must reach
 * them from outside.
 */
import { createServer, type Socket } from 'node:net';
import { encodeTcp, MbapDecoder } from '../../modbus';
import type { Instant } from '../../time';

export interface TcpDevice {
  readonly unit: number;
  /** RTU ADU in, RTU ADU out; null = silence. */
  answer(adu: Uint8Array, now: Instant): Uint8Array | null;
}

export interface TcpDeviceServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves devices on a free loopback port; each answer takes `delay_ms`. */
export async function serveTcpDevices(
  devices: readonly TcpDevice[],
  now: () => Instant,
  delay_ms = 5,
): Promise<TcpDeviceServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const decoder = new MbapDecoder();
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const received = decoder.feed(chunk);
      for (const { transaction, adu } of received.frames) {
        const reply = devices.find((d) => d.unit === adu[0])?.answer(adu, now()) ?? null;
        if (reply === null) continue;
        const bytes = encodeTcp(transaction, reply);
        setTimeout(() => {
          if (socket.writable) socket.write(bytes);
        }, delay_ms);
      }
      if (received.kind === 'broken') socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
