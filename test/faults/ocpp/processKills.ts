import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RPCServer } from 'ocpp-rpc';
import type { CaseFinding } from '../../../scripts/campaign';
import { createSimStations, generateSessions, webSocketTransport } from '../../../src/sim/stations';
import type { SimTransport } from '../../../src/sim/stations';
import { seededRandom } from '../../../src/sim/stations/random';
import { instant, later } from '../../../src/time';
import type { Clock, Timers } from '../../../src/time';
import { buildController } from './controllerBuild';
import { isBilling, Ledger } from './ledger';

const STATIONS = 10;
const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };
const timers: Timers = {
  at(at, fn) {
    const timer = setTimeout(fn, Math.max(0, at - clock.now()));
    return () => clearTimeout(timer);
  },
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A CPMS on ocpp-rpc that numbers transactions; it can be switched off and on. */
class Cpms {
  up = true;
  private nextTransaction = 1;
  private readonly rpc = new RPCServer({ protocols: ['ocpp1.6'] });
  private readonly http = createServer();
  private readonly clients = new Set<{ close(options: object): Promise<unknown> }>();
  private readonly ledger: Ledger;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    this.rpc.auth((accept, reject) => {
      if (this.up) accept({}, 'ocpp1.6');
      else reject(503, 'away');
    });
    this.rpc.on('client', (client: CpmsClient) => {
      this.clients.add(client);
      client.on('close', () => this.clients.delete(client));
      client.on('message', ({ message, outbound }) => {
        if (!outbound) this.note(client.identity, message);
      });
      client.handle(({ method }) => this.answer(method));
    });
    this.http.on('upgrade', (request, socket, head) => {
      const done: unknown = Reflect.apply(this.rpc.handleUpgrade, this.rpc, [
        request,
        socket,
        head,
      ]);
      if (done instanceof Promise) done.catch(() => socket.destroy());
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.http.listen(0, '127.0.0.1', () => {
        const address = this.http.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve(`ws://127.0.0.1:${port}/ocpp`);
      });
    });
  }

  private note(station: string, message: string): void {
    const frame: unknown = JSON.parse(message);
    if (!Array.isArray(frame)) return;
    const parts: readonly unknown[] = frame;
    const [type, id, action, payload] = parts;
    if (type !== 2) return;
    if (typeof id === 'string' && typeof action === 'string' && isBilling(action, payload)) {
      this.ledger.cpmsReceived(station, id, message);
    }
  }

  private answer(method: string): object {
    const currentTime = new Date().toISOString();
    if (method === 'BootNotification') return { status: 'Accepted', currentTime, interval: 300 };
    if (method === 'Heartbeat') return { currentTime };
    if (method === 'Authorize') return { idTagInfo: { status: 'Accepted' } };
    if (method !== 'StartTransaction') return {};
    return { transactionId: (this.nextTransaction += 1), idTagInfo: { status: 'Accepted' } };
  }

  set(up: boolean): void {
    this.up = up;
    if (!up) for (const client of this.clients) void client.close({ force: true });
  }

  close(): void {
    this.set(false);
    this.http.close();
    this.http.closeAllConnections();
  }
}

interface CpmsClient {
  readonly identity: string;
  close(options: object): Promise<unknown>;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'message', listener: (m: { message: string; outbound: boolean }) => void): unknown;
  handle(handler: (call: { method: string }) => object): void;
}

/** The controller as a process of its own, killed and started again on the same port. */
class Controller {
  port = 0;
  backlog = 0;
  kills = 0;
  private generation = 0;
  private child: ChildProcess | undefined;
  private readonly script: string;
  private readonly folder: string;
  private readonly url: string;

  constructor(script: string, folder: string, url: string) {
    this.script = script;
    this.folder = folder;
    this.url = url;
  }

  start(): Promise<void> {
    this.generation += 1;
    const words = [this.folder, String(this.port), this.url, String(this.generation)];
    const child = fork(this.script, [...words, String(STATIONS)]);
    this.child = child;
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (signal !== 'SIGKILL') reject(new Error(`controller ended with ${String(code)}`));
      });
      child.on('message', (message) => {
        const port = field(message, 'port');
        this.backlog = field(message, 'backlog') ?? this.backlog;
        if (port === undefined) return;
        this.port = port;
        resolve();
      });
    });
  }

  kill(): Promise<void> {
    const { child } = this;
    this.kills += 1;
    return new Promise((resolve) => {
      child?.once('exit', () => resolve());
      child?.kill('SIGKILL');
    });
  }

  stop(): void {
    this.child?.kill('SIGKILL');
  }
}

function field(message: unknown, name: string): number | undefined {
  const value: unknown =
    typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Kills the controller again and again while sessions come and go and the CPMS is away half the time. */
export async function processKills(
  kills: number,
  seed: number,
  progress: (text: string) => void,
): Promise<CaseFinding> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-kills-'));
  const script = await buildController(folder);
  const ledger = new Ledger();
  const cpms = new Cpms(ledger);
  const controller = new Controller(script, path.join(folder, 'records'), await cpms.listen());
  const random = seededRandom(seed);
  await controller.start();
  const stations = startStations(controller, ledger, kills, seed);
  try {
    for (let i = 0; i < kills; i += 1) {
      if (i % 10 === 0) progress(`kill ${i} of ${kills}, ${controller.backlog} records waiting`);
      cpms.set(i % 4 < 2);
      await pause(500 + random() * 1_200);
      await controller.kill();
      await controller.start();
    }
    cpms.set(true);
    const end = Date.now() + 60_000;
    await pause(3_000);
    while (controller.backlog > 0 && Date.now() < end) await pause(250);
    const counts = ledger.counts();
    return {
      measured: { ...counts, kills: controller.kills, left: controller.backlog },
      bars: [
        { name: 'lost', op: '==', value: 0 },
        { name: 'reordered', op: '==', value: 0 },
        { name: 'repeats_changed', op: '==', value: 0 },
        { name: 'left', op: '==', value: 0 },
        { name: 'kills', op: '>=', value: kills },
        { name: 'acknowledged', op: '>', value: kills },
      ],
    };
  } finally {
    stations.stop();
    controller.stop();
    cpms.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function startStations(
  controller: Controller,
  ledger: Ledger,
  kills: number,
  seed: number,
): ReturnType<typeof createSimStations> {
  const configs = Array.from({ length: STATIONS }, (_, i) => ({
    id: `CP${i}`,
    kind: 'ac' as const,
    phases: 3 as const,
    max_A: 32,
    password: 'secret',
    meterInterval_s: 1,
  }));
  const from = clock.now();
  const plan = { seed, from, to: later(from, kills * 3_000), stay_ms: 6_000, gap_ms: 1_500 };
  const stations = createSimStations({
    stations: configs,
    transport: witnessed(controller, ledger),
    clock,
    timers,
    seed,
    sessions: generateSessions(configs, { ...plan, first_ms: 2_000 }),
  });
  stations.start();
  return stations;
}

/** Real sockets, with the ledger listening at the station's end. */
function witnessed(controller: Controller, ledger: Ledger): SimTransport {
  return {
    open(station, events) {
      const waiting = new Set<string>();
      const url = `ws://127.0.0.1:${controller.port}/ocpp`;
      const link = webSocketTransport({ url }).open(station, {
        ...events,
        received(frame) {
          if (frame.type === 'result' && waiting.delete(frame.id)) {
            ledger.stationAcknowledged(station.id, frame.id);
          }
          events.received(frame);
        },
      });
      return {
        send(frame) {
          if (frame.type === 'call' && isBilling(frame.action, frame.payload)) {
            waiting.add(frame.id);
            ledger.stationSent(station.id, frame.id);
          }
          link.send(frame);
        },
        sendText: (text) => link.sendText(text),
        close: () => link.close(),
      };
    },
  };
}
