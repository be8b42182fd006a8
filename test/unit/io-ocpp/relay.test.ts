import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { RPCClient, RPCServer } from 'ocpp-rpc';
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { hashSecret, listenOcpp, schemaCheck, upstreamConnector } from '../../../src/io/ocppRpc';
import type { OcppServer } from '../../../src/io/ocppRpc';
import { createStationFleet } from '../../../src/ocpp';
import { realClock, SECRET, stationConfig } from './rig';

interface Peer {
  on(event: 'message', listener: (m: { message: string; outbound: boolean }) => void): unknown;
  call(method: string, params: object): Promise<unknown>;
  handle(handler: (call: { method: string }) => object): void;
}

function clientOptions(endpoint: string): ConstructorParameters<typeof RPCClient>[0] {
  return {
    endpoint,
    identity: 'CP1',
    password: SECRET,
    protocols: ['ocpp1.6'],
    strictMode: true,
    strictModeValidators: [],
    reconnect: false,
    maxReconnects: 0,
    callTimeoutMs: 3_000,
    callConcurrency: 1,
    pingIntervalMs: 30_000,
    deferPingsOnActivity: false,
    respondWithDetailedErrors: false,
    maxBadMessages: 0,
    headers: {},
    wsOpts: {},
    backoff: { initialDelay: 1_000, maxDelay: 10_000, factor: 2, randomisationFactor: 0.25 },
  };
}

describe('relay between a CPMS and a station that run on ocpp-rpc', () => {
  const toCpms: string[] = [];
  const fromCpms: string[] = [];
  let cpmsHttp: Server;
  let cpmsSide: Peer | undefined;
  let controller: OcppServer;
  let station: RPCClient;
  let timer: NodeJS.Timeout;

  const answers: Readonly<Record<string, object>> = {
    BootNotification: { status: 'Accepted', currentTime: new Date().toISOString(), interval: 300 },
    Authorize: { idTagInfo: { status: 'Accepted' } },
    StartTransaction: { transactionId: 4711, idTagInfo: { status: 'Accepted' } },
  };

  async function startCpms(): Promise<string> {
    const rpc = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true, maxBadMessages: 0 });
    rpc.auth((accept) => accept({}, 'ocpp1.6'));
    rpc.on('client', (client: Peer) => {
      cpmsSide = client;
      client.on('message', ({ message, outbound }) => {
        (outbound ? fromCpms : toCpms).push(message);
      });
      client.handle(({ method }) => answers[method] ?? {});
    });
    cpmsHttp = createServer();
    cpmsHttp.on('upgrade', (request, socket, head) => {
      Reflect.apply(rpc.handleUpgrade, rpc, [request, socket, head]);
    });
    await new Promise<void>((resolve) => cpmsHttp.listen(0, '127.0.0.1', resolve));
    const address = cpmsHttp.address();
    return `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/ocpp`;
  }

  before(async () => {
    const url = await startCpms();
    const offset_ms = realClock.wall_ms() - realClock.now();
    const wall_ms = (now: number): number => now + offset_ms;
    const guard = createOcppGuard(STRICT_POLICY, wall_ms);
    const fleet = createStationFleet(
      {
        stations: [stationConfig('CP1')],
        idPrefix: 'hf-',
        wall_ms,
        authorise: () => 'Accepted',
        guard: guard.own,
        relay: {
          connect: upstreamConnector({
            url,
            clock: realClock,
            passwordsOf: () => ['gateway-secret'],
          }),
          store: { append: (_, durable) => durable(), rewrite: () => undefined },
          recovered: [],
          fromCpms: guard.fromCpms,
          fromStation: guard.fromStation,
          schema: await schemaCheck(['ocpp1.6']),
        },
      },
      realClock.now(),
    );
    timer = setInterval(() => fleet.tick(realClock.now()), 50);
    const secretHash = await hashSecret(SECRET);
    controller = await listenOcpp({
      port: 0,
      fleet,
      clock: realClock,
      credentialOf: () => ({ secretHash }),
    });
    station = new RPCClient(clientOptions(controller.url));
    station.handle(({ method }) =>
      Promise.resolve(
        method === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' },
      ),
    );
    await station.connect();
    while (cpmsSide === undefined) await new Promise((resolve) => setImmediate(resolve));
  });

  after(async () => {
    clearInterval(timer);
    await station.close({ force: true });
    await controller.close();
    cpmsHttp.close();
    cpmsHttp.closeAllConnections();
  });

  it('the station boots at the CPMS, and both speak valid OCPP to each other', async () => {
    const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
    // A time that is far off would be replaced by the controller's.
    Object.assign(answers['BootNotification'] ?? {}, { currentTime: new Date().toISOString() });
    assert.deepEqual(await station.call('BootNotification', boot), answers['BootNotification']);
    const start = { connectorId: 1, idTag: 'T', meterStart: 0, timestamp: '2026-06-01T00:00:00Z' };
    assert.deepEqual(await station.call('StartTransaction', start), answers['StartTransaction']);
    assert.deepEqual(await cpmsSide?.call('ClearCache', {}), {
      status: 'Accepted',
    });
  });

  it('own calls and their answers never reach the CPMS', () => {
    assert.ok(toCpms.every((message) => !message.includes('"hf-')));
    assert.ok(toCpms.length >= 3 && fromCpms.length >= 3);
  });

  it('what the guard denies is answered in OCPP and does not reach the station', async () => {
    const denied = await cpmsSide?.call('ChangeConfiguration', {
      key: 'AuthorizationKey',
      value: 'stolen',
    });
    assert.deepEqual(denied, { status: 'Rejected' });
    await assert.rejects(async () =>
      cpmsSide?.call('UpdateFirmware', {
        location: 'https://evil.example/fw',
        retrieveDate: '2026-06-01T00:00:00Z',
      }),
    );
  });
});
