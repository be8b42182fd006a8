import { strict as assert } from 'node:assert';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { openUplink, type MqttUplink } from '../../../src/io/mqtt';
import { startBroker } from '../../../src/sim/broker';

const WAITS = { first_ms: 40, max_ms: 160 };
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/** Counts the attempts and answers each in one way. */
class Doorman {
  readonly at: number[] = [];
  readonly said: string[] = [];
  uplink: MqttUplink | undefined;
  server: Server | undefined;

  async start(
    answer: (socket: Socket, hello: Buffer) => void,
    login?: { readonly username: string; readonly password: string },
  ): Promise<void> {
    const server = createServer((socket) => {
      this.at.push(performance.now());
      socket.on('error', () => undefined);
      socket.once('data', (hello: Buffer) => answer(socket, hello));
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    this.uplink = openUplink({
      url: `mqtt://127.0.0.1:${port}`,
      clientId: 'holdfast-test',
      waits: WAITS,
      login,
      onChange: (connected, why) => this.said.push(`${connected ? 'up' : 'down'}: ${why}`),
    });
  }

  async stop(): Promise<void> {
    await this.uplink?.close();
    await new Promise<void>((resolve) => {
      if (this.server === undefined) resolve();
      else this.server.close(() => resolve());
    });
  }
}

describe('mqtt uplink', () => {
  const now = { doorman: new Doorman() };
  beforeEach(() => {
    now.doorman = new Doorman();
  });
  afterEach(() => now.doorman.stop());

  it('tries ever more rarely while the broker drops it, and says one thing per attempt', async () => {
    const { doorman } = now;
    await doorman.start((socket) => socket.destroy());
    await until(() => doorman.at.length === 5);
    const waits = doorman.at.slice(1).map((at, i) => at - (doorman.at[i] ?? 0));
    [40, 80, 160, 160].forEach((wait_ms, i) => {
      // Node rounds timers to whole milliseconds.
      assert.ok((waits[i] ?? 0) >= wait_ms - 1, `wait ${i + 1}: ${waits[i] ?? 0} ms`);
    });
    assert.deepEqual(new Set(doorman.said), new Set(['down: connection closed']));
    assert.ok(doorman.said.length <= 5, doorman.said.join());
  });

  it('backs off too where the broker accepts and drops it at once', async () => {
    const { doorman } = now;
    await doorman.start((socket) => {
      socket.write(Buffer.from([0x20, 2, 0, 0]));
      setTimeout(() => socket.destroy(), 5);
    });
    await until(() => doorman.at.length === 4);
    const last = (doorman.at[3] ?? 0) - (doorman.at[2] ?? 0);
    assert.ok(last >= 159, `${last} ms`);
    assert.deepEqual(doorman.said.slice(0, 2), ['up: connected', 'down: connection closed']);
  });

  it('names the reason of a refusal, and tries again all the same', async () => {
    const { doorman } = now;
    await doorman.start((socket) => socket.end(Buffer.from([0x20, 2, 0, 5])));
    await until(() => doorman.at.length === 3);
    assert.match(doorman.said[0] ?? '', /^down: Connection refused: Not authorized$/);
  });

  it('logs in with what it is given', async () => {
    const { doorman } = now;
    let asked = '';
    const login = { username: 'gate', password: 'geheim' };
    await doorman.start((socket, hello) => {
      asked = hello.toString('latin1');
      socket.destroy();
    }, login);
    await until(() => asked.length > 0);
    assert.match(asked, /gate.*geheim/s);
  });

  it('is connected again after the broker was away, and publishes', async () => {
    const broker = await startBroker();
    const { doorman } = now;
    const uplink = openUplink({
      url: `mqtt://127.0.0.1:${broker.port}`,
      clientId: 'holdfast-test',
      waits: WAITS,
    });
    doorman.uplink = uplink;
    await until(uplink.connected);
    broker.setUp(false);
    await until(() => !uplink.connected());
    uplink.publish('holdfast/v1/a/state', 'lost');
    broker.setUp(true);
    await until(uplink.connected);
    uplink.publish('holdfast/v1/a/state', 'kept');
    await until(() => broker.messages() > 0);
    assert.equal(broker.lastPayload('holdfast/v1/a/state'), 'kept');
    await uplink.close();
    await broker.close();
  });
});
