/**
 * sim/broker — an embedded MQTT broker for demo and tests, on aedes; can be cut and restored.
 */
import { Aedes } from 'aedes';
import { createServer, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';

export interface SimBroker {
  readonly port: number;
  /** Messages of clients seen since the start. */
  messages(): number;
  lastPayload(topic: string): string | undefined;
  /** Cuts all connections and refuses new ones, or opens again. */
  setUp(up: boolean): void;
  /** Half open: nothing arrives and nothing is closed, as behind a router that forgot us. */
  setDeaf(deaf: boolean): void;
  close(): Promise<void>;
}

/** Topics whose last payload is kept. */
const TOPICS_MAX = 64;

/** Starts a broker on a free port of the loopback address. */
export async function startBroker(): Promise<SimBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const last = new Map<string, string>();
  let up = true;
  let deaf = false;
  let count = 0;
  broker.on('publish', (packet, client) => {
    if (client === null) return;
    count += 1;
    if (last.has(packet.topic) || last.size < TOPICS_MAX) {
      last.set(packet.topic, packet.payload.toString());
    }
  });
  const server: Server = createServer((socket) => {
    if (!up) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    // Between the socket and the broker, so that the way can be blocked and nobody learns of it.
    const way = new PassThrough();
    const answers = new PassThrough();
    const stream = Duplex.from({ readable: way, writable: answers });
    stream.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => (deaf ? undefined : way.write(bytes)));
    answers.on('data', (bytes: Buffer) => (deaf ? undefined : socket.write(bytes)));
    answers.on('end', () => socket.end());
    socket.on('close', () => way.end());
    broker.handle(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    messages: () => count,
    lastPayload: (topic) => last.get(topic),
    setUp(value) {
      up = value;
      if (!up) for (const socket of sockets) socket.destroy();
    },
    setDeaf(value) {
      deaf = value;
      for (const socket of sockets) {
        if (deaf) socket.pause();
        else socket.resume();
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
