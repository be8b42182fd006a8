import assert from 'node:assert/strict';
import { connect, Socket } from 'node:net';
import { issue } from './issue';
import { basic, closed, login, openRig, SECRET, upgradeText } from './rig';
import type { Rig } from './rig';

const LOGIN = upgradeText('/ocpp/CP1', ['Sec-WebSocket-Protocol: ocpp1.6', basic('CP1', SECRET)]);

/** A TCP connection that says this, and whatever happens to it is fine. */
async function say(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  if (text !== '') socket.write(text, 'latin1');
  return socket;
}

const ended = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.once('close', resolve));

describe('io/ocppRpc attacked over sockets', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  it('a newcomer that resets while the old socket is asked does not end the process', async () => {
    rig = await openRig();
    const first = await login(rig, 'CP1', SECRET);
    // Deaf: it answers no ping, so that the newcomers wait for the whole time of the question.
    Reflect.set(first.socket, '_autoPong', false);
    const newcomers: Socket[] = [];
    for (let i = 0; i < 8; i += 1) newcomers.push(await say(rig.server.port, LOGIN));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const one of newcomers) one.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.equal((await login(rig, 'CP2', SECRET)).outcome, 'open');
    first.socket.terminate();
  }).timeout(10_000);

  it('a station that floods pings and reads nothing is cut, and its pongs hold no memory', async () => {
    rig = await openRig();
    const { socket } = await login(rig, 'CP1', SECRET);
    socket.pause();
    const raw: unknown = Reflect.get(socket, '_socket');
    assert.ok(raw instanceof Socket);
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 65)]);
    const many = Buffer.concat(Array.from({ length: 2_000 }, () => ping));
    socket.on('error', () => undefined);
    const gone = closed(socket);
    for (let i = 0; i < 20; i += 1) raw.write(many);
    await new Promise((resolve) => setTimeout(resolve, 500));
    socket.resume();
    await gone;
    assert.ok(rig.gate.some((event) => event.code === 'flood'));
  });

  it('silent connections make room for a station: the oldest that never logged in goes first', async () => {
    rig = await openRig({ pendingSockets: 20 });
    const silent: Socket[] = [];
    for (let i = 0; i < 20; i += 1) silent.push(await say(rig.server.port, 'GET /ocpp/CP1 HT'));
    const [oldest] = silent;
    assert.ok(oldest);
    const gone = ended(oldest);
    const station = await login(rig, 'CP1', SECRET);
    assert.equal(station.outcome, 'open');
    await gone;
    // A station that is in does not count, and is never the one that goes.
    for (let i = 0; i < 30; i += 1) silent.push(await say(rig.server.port, ''));
    assert.equal((await login(rig, 'CP2', SECRET)).outcome, 'open');
    assert.equal(station.socket.readyState, station.socket.OPEN);
    for (const one of silent) one.destroy();
    station.socket.terminate();
  });

  it('a TLS handshake that never goes on is cut like a silent connection', async () => {
    const own = issue({ common: 'localhost', dns: 'localhost', ca: true });
    rig = await openRig({ handshake_ms: 200, tls: { cert: own.pem, key: own.key } });
    const started = performance.now();
    // The first bytes of a ClientHello, and nothing more.
    await ended(await say(rig.server.port, '\x16\x03\x01\x02\x00\x01'));
    assert.ok(performance.now() - started < 3_000);
  });
});
