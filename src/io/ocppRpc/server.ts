import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RPCServer } from 'ocpp-rpc';
import { MAX_TEXT_16, MAX_TEXT_201, STATION_RATE, TokenBucket } from '../../ocpp';
import type { OcppProtocol } from '../../ocpp';
import { certificatesIn } from './certificate';
import type { CertificatePolicy } from './certificate';
import { CertificateWatch } from './certificateWatch';
import { StationConnection } from './connection';
import { UpgradeGate } from './gate';
import type { Admitted } from './gate';
import { refuse } from './handshake';
import { PendingSockets } from './pendingSockets';
import { Pinger } from './pinger';
import type { RpcClient } from './rpcSocket';
import type { OcppServer, OcppServerOptions } from './types';

/** A live socket answers a ping in this time; after it a newcomer with the secret replaces it. */
const DUPLICATE_PING_MS = 2_500;
/** A peer that opens TCP and says nothing is cut. */
const HEADERS_MS = 10_000;
/** A certificate that ran out a short time ago still proves its owner. */
const GRACE_MS = 7 * 24 * 3_600_000;
/** All sockets: stations, half-open ones being replaced, and those that nobody logged in on. */
const MAX_SOCKETS = 4_096;
/** Of these nobody logged in on yet; 2,000 stations may come at once after a power cut. */
const MAX_PENDING = 2_048;

const FLOOD_HINT =
  'the station restarts or reconnects in a loop, or sends too much: look at its log';

/**
 * Opens the WebSocket server for stations. Rejects with a sentence that names port and fix when
 * the port cannot be taken. Effects: listens, and drives `options.fleet` with what comes in.
 */
export async function listenOcpp(options: OcppServerOptions): Promise<OcppServer> {
  const server = new StationServer(options);
  await server.listen();
  return server;
}

class StationServer implements OcppServer {
  port = 0;
  private readonly options: OcppServerOptions;
  private readonly gate: UpgradeGate;
  private readonly rpc: RPCServer;
  private readonly pinger: Pinger;
  private readonly watch: CertificateWatch;
  private readonly http: Server;
  private readonly admitted = new WeakMap<IncomingMessage, Admitted>();
  private readonly connections = new Map<string, StationConnection>();
  private readonly pending: PendingSockets;
  /** By station, over all its connections: who is cut and comes again has no new burst. */
  private readonly rates = new Map<string, TokenBucket>();
  /** Stations whose old socket is being asked whether it lives. */
  private readonly asked = new Set<string>();

  constructor(options: OcppServerOptions) {
    this.options = options;
    const protocols = options.protocols ?? ['ocpp1.6'];
    // 2.1 is spoken only with stations that are declared for it.
    const plain = protocols.filter((name) => name !== 'ocpp2.1');
    this.gate = new UpgradeGate({
      clock: options.clock,
      protocols: (station) => options.protocolsOf?.(station) ?? plain,
      credentialOf: options.credentialOf,
      onEvent: (event) => options.onEvent?.(event),
      onNextHash: options.onNextHash,
      issuers: certificatesIn(options.tls?.clientIssuers),
      certificates: () => this.certificatePolicy(),
    });
    this.pending = new PendingSockets(options.pendingSockets ?? MAX_PENDING);
    this.pinger = new Pinger(options.pingInterval_ms ?? 30_000);
    this.rpc = new RPCServer({
      protocols: [...protocols],
      pingIntervalMs: 0,
      wssOptions: {
        maxPayload: protocols.every((name) => name === 'ocpp1.6') ? MAX_TEXT_16 : MAX_TEXT_201,
        perMessageDeflate: false,
      },
    });
    this.rpc.auth((accept, reject, handshake) => {
      const admitted = this.admitted.get(handshake.request);
      if (admitted === undefined) reject(401, 'Unauthorized');
      else accept({ admitted }, admitted.protocol);
    });
    this.watch = new CertificateWatch(options.certificates?.every_ms ?? 60_000, {
      policy: () => this.certificatePolicy(),
      hold: (id, held) => options.fleet.holdAtFloor(id, held, options.clock.now()),
      tell: (code, id, text, hint) => this.gate.tell(code, 'tls', id, text, hint),
    });
    this.rpc.on('client', (client: RpcClient & ClientWithRequest) => this.opened(client));
    this.rpc.on('error', () => undefined);
    this.http = this.createHttp();
  }

  private certificatePolicy(): CertificatePolicy {
    const { certificates, clock } = this.options;
    return {
      surely_ms: certificates?.surely_ms?.() ?? clock.wall_ms(),
      denied: certificates?.denied?.() ?? new Set(),
      grace_ms: certificates?.grace_ms ?? GRACE_MS,
    };
  }

  get url(): string {
    const { tls, host = '127.0.0.1' } = this.options;
    return `${tls === undefined ? 'ws' : 'wss'}://${host}:${this.port}/ocpp`;
  }

  private createHttp(): Server {
    const { tls } = this.options;
    const headersTimeout = this.options.handshake_ms ?? HEADERS_MS;
    const limits = {
      headersTimeout,
      requestTimeout: headersTimeout,
      // Late peers are looked for this often; the default of 30 s would be the real limit.
      connectionsCheckingInterval: Math.max(50, headersTimeout / 4),
      noDelay: true,
    };
    const secure = tls && {
      cert: tls.cert,
      key: tls.key,
      minVersion: 'TLSv1.2' as const,
      handshakeTimeout: headersTimeout,
      ...(tls.clientIssuers !== undefined && {
        ca: tls.clientIssuers,
        requestCert: true,
        // Refused at the gate instead, with a reason for the log: here it would be a bare reset.
        rejectUnauthorized: false,
      }),
    };
    const http = secure ? createHttps({ ...limits, ...secure }) : createHttp(limits);
    http.maxConnections = MAX_SOCKETS;
    http.on('connection', (socket: Socket) => this.pending.add(socket));
    http.on('request', (_request, response) => {
      response.writeHead(404, { Connection: 'close' }).end();
    });
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.upgrade(request, socket, head).catch(() => socket.destroy());
    });
    http.on('clientError', (_error, socket: Duplex) => socket.destroy());
    return http;
  }

  async listen(): Promise<void> {
    const { port, host = '127.0.0.1' } = this.options;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        reject(new Error(listenHint(error, port, host), { cause: error }));
      };
      this.http.once('error', failed);
      this.http.listen(port, host, () => {
        this.http.off('error', failed);
        this.http.on('error', () => undefined);
        resolve();
      });
    });
    this.port = portOf(this.http.address());
    this.gate.tell('listening', host, undefined, `stations connect to ${this.url}/<identity>`);
  }

  private async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    // From here until the WebSocket takes over nobody else hears of a reset, and an error event
    // without a listener ends the process.
    const onError = (): void => {
      socket.destroy();
    };
    socket.on('error', onError);
    const admitted = await this.gate.decide(request, socket);
    if (admitted === undefined || !this.mayLogIn(admitted.identity, request, socket)) return;
    if (!(await this.replaces(admitted.identity, request, socket))) return;
    if (socket.destroyed) return;
    this.admitted.set(request, admitted);
    this.pending.admitted(socket);
    await this.rpc.handleUpgrade(request, socket, head);
    socket.off('error', onError);
  }

  /** Whether it may log in again so soon. Only who proved to be the station spends its tokens. */
  private mayLogIn(identity: string, request: IncomingMessage, socket: Socket): boolean {
    if (this.rateOf(identity).takeLogin(this.options.clock.now())) return true;
    const address = request.socket.remoteAddress ?? 'unknown';
    this.gate.tell('flood', address, identity, 'too many logins and messages', FLOOD_HINT);
    refuse(socket, 429);
    return false;
  }

  private rateOf(identity: string): TokenBucket {
    const { clock, rate = STATION_RATE } = this.options;
    const made =
      this.rates.get(identity) ?? new TokenBucket(rate.perSecond, rate.burst, clock.now());
    this.rates.set(identity, made);
    return made;
  }

  /** Whether no other live socket has this identity; the newcomer is refused otherwise. */
  private async replaces(
    identity: string,
    request: IncomingMessage,
    socket: Socket,
  ): Promise<boolean> {
    const old = this.connections.get(identity);
    if (old === undefined) return true;
    const address = request.socket.remoteAddress ?? 'unknown';
    if (this.asked.has(identity)) {
      this.gate.tell('gate-busy', address, identity, 'another login of it is being judged');
      refuse(socket, 503);
      return false;
    }
    this.asked.add(identity);
    const lives = await old.alive(DUPLICATE_PING_MS);
    this.asked.delete(identity);
    if (!lives) return true;
    this.gate.tell(
      'identity-conflict',
      address,
      identity,
      `a second device logs in as ${identity} while the first one answers`,
      'two stations share an identity and password, or one password was stolen: issue new ones',
    );
    refuse(socket, 409);
    return false;
  }

  private opened(client: RpcClient & ClientWithRequest): void {
    const { request } = client.handshake;
    const admitted = this.admitted.get(request);
    if (admitted === undefined) {
      void client.close({ force: true });
      return;
    }
    const { identity, protocol } = admitted;
    const address = request.socket.remoteAddress ?? 'unknown';
    const { clock } = this.options;
    const bucket = this.rateOf(identity);
    const connection = new StationConnection(identity, client, clock, bucket, (code, text, hint) =>
      this.gate.tell(code, address, identity, text, hint),
    );
    const old = this.connections.get(identity);
    if (old !== undefined) {
      this.gate.tell('identity-replaced', address, identity, 'the old connection did not answer');
      old.shut(1000, 'replaced by a newer connection');
    }
    connection.keepAlive(this.pinger);
    this.connections.set(identity, connection);
    connection.onClosed(() => {
      if (this.connections.get(identity) === connection) this.connections.delete(identity);
    });
    if (connection.join(this.options, protocolName(protocol))) {
      this.watch.follow(identity, admitted.certificate, connection);
    }
  }

  async close(): Promise<void> {
    this.watch.stop();
    for (const connection of this.connections.values()) connection.shut(1001, 'closing');
    const closed = new Promise<void>((resolve) => {
      this.http.close(() => resolve());
    });
    this.http.closeAllConnections();
    await closed;
  }
}

interface ClientWithRequest {
  readonly handshake: { readonly request: IncomingMessage };
}

const protocolName = (name: string): OcppProtocol =>
  (['ocpp2.1', 'ocpp2.0.1'] as const).find((known) => known === name) ?? 'ocpp1.6';

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function listenHint(error: NodeJS.ErrnoException, port: number, host: string): string {
  const where = `OCPP server cannot listen on ${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return `${where}: the port is taken. Stop the other program or set another port (0 = any free)`;
  }
  if (error.code === 'EACCES') return `${where}: not allowed. Use a port above 1023`;
  if (error.code === 'EADDRNOTAVAIL') return `${where}: this machine has no such address`;
  return `${where}: ${error.code ?? 'unknown reason'}`;
}
