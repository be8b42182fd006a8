import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { upstreamConnector } from '../../../src/io/ocppRpc';
import { closed, login, nextMessage, openRig, realClock, SECRET } from './rig';
import type { Rig } from './rig';

describe('io/ocppRpc traps of the field', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  it('a peer that opens TCP and says nothing is cut', async () => {
    rig = await openRig({ handshake_ms: 200 });
    const socket = connect(rig.server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    const started = performance.now();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.ok(performance.now() - started < 3_000);
  });

  it('a CPMS that accepts TCP and says nothing is given up', async () => {
    const open = new Set<{ destroy(): void }>();
    const mute = createServer((socket) => open.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = `ws://127.0.0.1:${port}/ocpp`;
    const dial = upstreamConnector({ url, clock: realClock, handshake_ms: 150 });
    const outcome = await new Promise((resolve) => {
      dial('CP1', 'ocpp1.6', {
        opened: () => resolve('opened'),
        received: () => undefined,
        closed: () => resolve('closed'),
      });
    });
    assert.equal(outcome, 'closed');
    for (const socket of open) socket.destroy();
    mute.close();
  });

  it('a stranger with the right identity never displaces the station', async () => {
    rig = await openRig();
    const first = await login(rig, 'CP1', SECRET);
    for (const secret of ['wrong', undefined]) {
      assert.equal((await login(rig, 'CP1', secret)).outcome, 401);
    }
    const answer = nextMessage(first.socket);
    first.socket.send('[2,"1","Heartbeat",{}]');
    assert.match(await answer, /currentTime/);
    first.socket.terminate();
  });

  it('closing ends with all stations closed', async () => {
    rig = await openRig();
    const one = await login(rig, 'CP1', SECRET);
    const two = await login(rig, 'CP2', SECRET);
    const ends = Promise.all([closed(one.socket), closed(two.socket)]);
    await rig.close();
    assert.deepEqual(await ends, [1001, 1001]);
    assert.equal(rig.fleet.stats().connected, 0);
    rig = undefined;
  });
});
