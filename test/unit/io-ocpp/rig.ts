import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { hashSecret, listenOcpp } from '../../../src/io/ocppRpc';
import type { GateEvent, OcppServer, OcppServerOptions } from '../../../src/io/ocppRpc';
import { createStationFleet } from '../../../src/ocpp';
import type { FleetEvent, StationConfig, StationFleet } from '../../../src/ocpp';
import { instant } from '../../../src/time';
import type { Clock } from '../../../src/time';
import { amps } from '../../../src/units';

export const SECRET = 'a-random-secret-of-a-station';

export const realClock: Clock = {
  now: () => instant(performance.now()),
  wall_ms: () => Date.now(),
};

export function stationConfig(id: string): StationConfig {
  return {
    id,
    connectors: 1,
    phases: 3,
    floor_A: amps(8),
    max_A: amps(32),
    ttl_ms: 30_000,
    abilities: {
      leaseStorage: 'ram',
      honoursDuration: true,
      maxStackLevel: 8,
      minRenew_s: 0,
      zeroAllowed: true,
      unit: 'A',
    },
  };
}

/** A listening server with stations CP1 and CP2, and all that it said. */
export interface Rig {
  readonly server: OcppServer;
  readonly fleet: StationFleet;
  readonly gate: GateEvent[];
  readonly events: FleetEvent[];
  close(): Promise<void>;
}

export async function openRig(options: Partial<OcppServerOptions> = {}): Promise<Rig> {
  const gate: GateEvent[] = [];
  const events: FleetEvent[] = [];
  const offset_ms = realClock.wall_ms() - realClock.now();
  const fleet = createStationFleet(
    {
      stations: [stationConfig('CP1'), stationConfig('CP2')],
      idPrefix: 'hf-',
      wall_ms: (now) => now + offset_ms,
      authorise: () => 'Accepted',
      onEvent: (event) => events.push(event),
    },
    realClock.now(),
  );
  const secretHash = await hashSecret(SECRET);
  const server = await listenOcpp({
    port: 0,
    fleet,
    clock: realClock,
    credentialOf: (id) => (id === 'CP1' || id === 'CP2' ? { secretHash } : undefined),
    onEvent: (event) => gate.push(event),
    ...options,
  });
  return { server, fleet, gate, events, close: () => server.close() };
}

/** Sends raw bytes and resolves with all that came back until the end of the connection. */
export function rawRequest(port: number, text: string, quiet_ms = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket.setTimeout(quiet_ms, () => socket.destroy());
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

export function upgradeText(path: string, extra: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...extra,
    '',
    '',
  ].join('\r\n');
}

export const basic = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export interface Attempt {
  readonly socket: WebSocket;
  /** 'open', or the HTTP status of the refusal. */
  readonly outcome: 'open' | number;
}

/** Tries to log in with a plain WebSocket client. */
export function login(
  rig: Rig,
  id: string,
  password: string | undefined,
  protocols: readonly string[] = ['ocpp1.6'],
): Promise<Attempt> {
  const headers =
    password === undefined
      ? {}
      : { Authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}` };
  const socket = new WebSocket(`${rig.server.url}/${id}`, [...protocols], { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket, outcome: 'open' }));
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      socket.on('error', () => undefined);
      socket.terminate();
      resolve({ socket, outcome: response.statusCode ?? 0 });
    });
    socket.once('error', reject);
  });
}

/** The next text message. */
export function nextMessage(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => resolve(data.toString('utf8')));
    socket.once('close', (code: number) => reject(new Error(`closed with ${code}`)));
  });
}

export function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', (code: number) => resolve(code)));
}
