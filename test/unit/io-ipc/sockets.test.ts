import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectIpc, type IpcMessage, type IpcServer, listenIpc } from '../../../src/io/ipc';
import { encodeMessage } from '../../../src/io/ipc/frames';

/** Resolves when `done` is true; looked at on each turn of the event loop that brings something. */
async function until(done: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 4000;
  while (!done()) {
    assert(performance.now() < end, `in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A connection that the other side tears down may say so with an error first. */
const closed = async (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

describe('IPC sockets', () => {
  let folder = '';
  let open: (() => Promise<void> | void)[] = [];
  const at = (name: string): string => path.join(folder, name);
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hf-ipc-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const close of open.reverse()) await close();
    open = [];
  });

  async function listening(name: string, ratePerSecond?: number) {
    const got: IpcMessage[] = [];
    const peers: boolean[] = [];
    const server: IpcServer = await listenIpc({
      path: at(name),
      onMessage: (m) => void got.push(m),
      onPeer: (up) => void peers.push(up),
      ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    });
    open.push(() => server.close());
    return { server, got, peers };
  }
  async function raw(name: string): Promise<Socket> {
    const socket = connect(at(name));
    socket.on('error', () => undefined);
    open.push(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  it('are for their owner only and replace what a dead process left behind', async () => {
    writeFileSync(at('a.sock'), 'left over');
    await listening('a.sock');
    assert.equal(statSync(at('a.sock')).mode & 0o777, 0o600);
  });

  it('carry messages both ways, the greeting first', async () => {
    const { server, got, peers } = await listening('b.sock');
    const back: IpcMessage[] = [];
    const client = connectIpc({
      path: at('b.sock'),
      hello: { kind: 'hello', body: 1 },
      onMessage: (m) => void back.push(m),
    });
    open.push(() => client.close());
    await until(() => client.connected() && peers.length > 0, 'connected');
    client.send({ kind: 'record', body: { a: [1] } });
    server.send({ kind: 'status', body: 'x' });
    await until(() => got.length === 2 && back.length === 1, 'messages');
    assert.deepEqual(got, [
      { kind: 'hello', body: 1 },
      { kind: 'record', body: { a: [1] } },
    ]);
    assert.deepEqual(back, [{ kind: 'status', body: 'x' }]);
    server.send({ kind: 'too long', body: 'x'.repeat(600_000) });
    client.send({ kind: 'not json', body: 1n });
    assert.equal(client.connected(), true);
  });

  it('lose a peer that sends garbage or too long a frame, and take the next one', async () => {
    const { got, peers } = await listening('c.sock');
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0, 0, 0, 1, 123])]) {
      const socket = await raw('c.sock');
      socket.write(bytes);
      await closed(socket);
    }
    const good = await raw('c.sock');
    good.write(encodeMessage({ kind: 'x', body: 1 }));
    await until(() => got.length === 1, 'the good peer is heard');
    assert.deepEqual(peers, [true, false, true, false, true]);
  });

  it('lose a peer that floods, and hand on no more than its rate', async () => {
    const { got } = await listening('d.sock', 20);
    const socket = await raw('d.sock');
    const one = encodeMessage({ kind: 'x', body: 1 });
    socket.write(Buffer.concat(Array.from({ length: 5000 }, () => one)));
    await closed(socket);
    assert(got.length <= 40, `${got.length}`);
  });

  it('protect a client from a flooding server in the same way', async () => {
    let got = 0;
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined);
      const one = encodeMessage({ kind: 'x', body: 1 });
      socket.write(Buffer.concat(Array.from({ length: 5000 }, () => one)));
    });
    server.listen(at('e.sock'));
    await once(server, 'listening');
    open.push(() => void server.close());
    const changes: boolean[] = [];
    const client = connectIpc({
      path: at('e.sock'),
      hello: { kind: 'hello', body: 1 },
      onMessage: () => {
        got += 1;
      },
      onChange: (up) => void changes.push(up),
      ratePerSecond: 20,
    });
    open.push(() => client.close());
    await until(() => changes.includes(false), 'closed');
    assert(got <= 40, `${got}`);
  });

  it('never wait for a peer that does not read: what does not fit is dropped', async () => {
    const { server, peers } = await listening('f.sock');
    const socket = await raw('f.sock');
    socket.pause();
    await until(() => peers.length === 1, 'connected');
    const before = process.memoryUsage().arrayBuffers;
    const body = 'x'.repeat(100_000);
    for (let i = 0; i < 1000; i += 1) server.send({ kind: 'status', body });
    assert(process.memoryUsage().arrayBuffers - before < 40e6);
  });

  it('drop what is sent to nobody, and connect again by themselves', async () => {
    const early: IpcMessage[] = [];
    const client = connectIpc({
      path: at('g.sock'),
      hello: { kind: 'hello', body: 1 },
      onMessage: (m) => void early.push(m),
    });
    open.push(() => client.close());
    client.send({ kind: 'lost', body: 1 });
    assert.equal(client.connected(), false);
    const { got, server } = await listening('g.sock');
    server.send({ kind: 'lost', body: 1 });
    await until(() => got.length === 1, 'connected');
    assert.deepEqual(got, [{ kind: 'hello', body: 1 }]);
    assert.deepEqual(early, []);
  });

  it('let a newer connection replace an older one, without saying that the peer is gone', async () => {
    const { server, peers } = await listening('h.sock');
    const first = await raw('h.sock');
    await until(() => peers.length === 1, 'first');
    const second = await raw('h.sock');
    await closed(first);
    await until(() => peers.length >= 2, 'second');
    server.send({ kind: 'x', body: 1 });
    await once(second, 'data');
    assert.deepEqual(peers, [true, true]);
  });
});
