/** Child processes of the OCPP bench: KIND [UPSTREAM-URL] -> prints its port, answers questions. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RPCClient, RPCServer } from 'ocpp-rpc';
import { WebSocket, WebSocketServer } from 'ws';
import { createOcppGuard, STRICT_POLICY } from '../../src/guard/ocpp';
import { hashSecret, listenOcpp, schemaCheck, upstreamConnector } from '../../src/io/ocppRpc';
import { createStationFleet } from '../../src/ocpp';
import { instant } from '../../src/time';
import type { Clock } from '../../src/time';
import { amps } from '../../src/units';

const MOST_STATIONS = 2_000;
const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };

/** A CPMS that answers each call with an empty result, as fast as ws can. */
function cpms(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const id = /^\[2,"([^"]+)"/.exec(data.toString('utf8'))?.[1];
      if (id !== undefined) socket.send(`[3,"${id}",{}]`);
    });
  });
  return new Promise((resolve) => server.on('listening', () => resolve(portOf(server.address()))));
}

/** The product's relay with guard, schemas and leases as shipped; only the rate limit is lifted. */
async function relay(upstream: string): Promise<number> {
  const offset_ms = clock.wall_ms() - clock.now();
  const wall_ms = (now: number): number => now + offset_ms;
  const guard = createOcppGuard(STRICT_POLICY, wall_ms);
  const schema = await schemaCheck(['ocpp1.6', 'ocpp2.0.1']);
  const stations = Array.from({ length: MOST_STATIONS }, (_, i) => ({
    id: `CP${i}`,
    connectors: 1,
    phases: 3 as const,
    floor_A: amps(8),
    max_A: amps(32),
    ttl_ms: 30_000,
    abilities: {
      leaseStorage: 'ram' as const,
      honoursDuration: true,
      maxStackLevel: 8,
      minRenew_s: 0,
      zeroAllowed: true,
      unit: 'A' as const,
    },
  }));
  const fleet = createStationFleet(
    {
      stations,
      idPrefix: 'hf-bench-',
      wall_ms,
      authorise: () => 'Accepted',
      meterInterval_s: 0,
      guard: guard.own,
      relay: {
        connect: upstreamConnector({ url: upstream, clock }),
        store: { append: (_, durable) => setImmediate(durable), rewrite: () => undefined },
        recovered: [],
        fromCpms: guard.fromCpms,
        fromStation: guard.fromStation,
        schema,
      },
    },
    clock.now(),
  );
  let cycle = 0;
  setInterval(() => {
    cycle += 1;
    const now = clock.now();
    fleet.apply({ bootId: 'bench', cycle, decided_at: now, leases: [] }, now);
    fleet.tick(now);
    fleet.images(now);
  }, 1_000);
  const secretHash = await hashSecret('bench');
  const credential = { secretHash };
  const server = await listenOcpp({
    port: 0,
    fleet,
    clock,
    credentialOf: () => credential,
    rate: { perSecond: 1e6, burst: 1e6 },
  });
  return server.port;
}

/** The least that ocpp-rpc needs to relay: one handler per side, calls re-created by the library. */
async function ocppRpcRelay(upstream: string): Promise<number> {
  const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: false });
  server.auth((accept) => accept({}, 'ocpp1.6'));
  server.on('client', (station: RPCClient) => {
    const up = new RPCClient({
      endpoint: upstream,
      identity: station.identity ?? '',
      protocols: ['ocpp1.6'],
      strictMode: false,
      password: null,
      reconnect: true,
      callTimeoutMs: 30_000,
      callConcurrency: 1,
      pingIntervalMs: 30_000,
      deferPingsOnActivity: false,
      respondWithDetailedErrors: false,
      strictModeValidators: [],
      maxBadMessages: Infinity,
      maxReconnects: Infinity,
      headers: {},
      wsOpts: {},
      backoff: { initialDelay: 1_000, maxDelay: 10_000, factor: 2, randomisationFactor: 0.25 },
    });
    const connected = up.connect();
    const forward =
      (to: RPCClient) =>
      async ({ method, params }: { method?: string; params?: object }): Promise<object> => {
        await connected;
        const result: unknown = await to.call(method, params);
        return typeof result === 'object' && result !== null ? result : {};
      };
    Reflect.apply(station.handle.bind(station), station, [forward(up)]);
    Reflect.apply(up.handle.bind(up), up, [forward(station)]);
    station.on('close', () => void up.close({}));
  });
  const http = await server.listen(0, '127.0.0.1');
  return portOf(http.address());
}

/** Two sockets joined, nothing read. */
function rawRelay(upstream: string): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on('connection', (station, request) => {
    const up = new WebSocket(`${upstream}${request.url ?? ''}`.replace('/ocpp/ocpp', '/ocpp'), [
      'ocpp1.6',
    ]);
    const early: string[] = [];
    up.on('open', () => early.splice(0).forEach((text) => up.send(text)));
    up.on('message', (data: Buffer) => station.send(data.toString('utf8')));
    station.on('message', (data: Buffer) => {
      const text = data.toString('utf8');
      if (up.readyState === WebSocket.OPEN) up.send(text);
      else early.push(text);
    });
    station.on('close', () => up.close());
  });
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () => resolve(portOf(http.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function main(): Promise<void> {
  const [kind, upstream = ''] = process.argv.slice(2);
  const start: Readonly<Record<string, () => Promise<number>>> = {
    cpms,
    relay: () => relay(upstream),
    'ocpp-rpc-relay': () => ocppRpcRelay(upstream),
    'raw-ws-relay': () => rawRelay(upstream),
  };
  const port = await start[kind ?? '']?.();
  process.on('message', () => {
    const collect: unknown = Reflect.get(globalThis, 'gc');
    if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
    const { user, system } = process.cpuUsage();
    process.send?.({ rss: process.memoryUsage().rss, cpu_us: user + system });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
}

void main();
