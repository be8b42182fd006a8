import assert from 'node:assert/strict';
import { hashSecret } from '../../../src/io/ocppRpc';
import { seededRandom } from '../../../src/sim/stations/random';
import { basic, closed, login, nextMessage, openRig, rawRequest, SECRET, upgradeText } from './rig';
import type { Rig } from './rig';

describe('io/ocppRpc gate', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
  });
  afterEach(async () => {
    await rig.close();
  });

  const codes = (): readonly string[] => rig.gate.map((event) => event.code);

  it('survives a malformed percent path, which ends a bare ocpp-rpc server', async () => {
    const answer = await rawRequest(rig.server.port, upgradeText('/ocpp/%'));
    assert.match(answer, /^HTTP\/1\.1 404 /);
    const { outcome, socket } = await login(rig, 'CP1', SECRET);
    assert.equal(outcome, 'open');
    socket.terminate();
  });

  for (const path of [
    '/ocpp/..%2f..%2fetc%2fpasswd',
    '/ocpp/a%0d%0aInjected',
    '/ocpp/CP%00',
    '/ocpp/',
    '/ocpp/..',
    '/other/CP1',
    '/ocpp/CP1/extra',
    '/ocpp/CP1?x=1',
    `/ocpp/${'A'.repeat(49)}`,
  ]) {
    it(`refuses the path ${path.slice(0, 40)} before anything decodes it`, async () => {
      const extra = [basic('CP1', SECRET), 'Sec-WebSocket-Protocol: ocpp1.6'];
      const answer = await rawRequest(rig.server.port, upgradeText(path, extra));
      assert.match(answer, /^HTTP\/1\.1 404 /);
    });
  }

  it('refuses a client without our sub-protocol, which would switch validation off', async () => {
    const extra = [basic('CP1', SECRET)];
    const answer = await rawRequest(rig.server.port, upgradeText('/ocpp/CP1', extra));
    assert.match(answer, /^HTTP\/1\.1 400 /);
    const other = await login(rig, 'CP1', SECRET, ['ocpp2.1']);
    assert.equal(other.outcome, 400);
    assert.ok(codes().includes('protocol-refused'));
  });

  it('speaks 2.1 only with a station that is declared for it', async () => {
    await rig.close();
    const secretHash = await hashSecret(SECRET);
    rig = await openRig({
      protocols: ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'],
      protocolsOf: (id) => (id === 'CP1' ? ['ocpp2.1', 'ocpp1.6'] : undefined),
      credentialOf: () => ({ secretHash }),
    });
    const all = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'];
    const first = await login(rig, 'CP1', SECRET, all);
    assert.equal(first.socket.protocol, 'ocpp2.1');
    const second = await login(rig, 'CP2', SECRET, all);
    assert.equal(second.socket.protocol, 'ocpp1.6');
    assert.equal((await login(rig, 'CP2', SECRET, ['ocpp2.1'])).outcome, 400);
    first.socket.terminate();
    second.socket.terminate();
  });

  it('answers no, wrong and foreign credentials alike and logs reason and hint', async () => {
    assert.equal((await login(rig, 'CP1', undefined)).outcome, 401);
    assert.equal((await login(rig, 'CP1', 'wrong')).outcome, 401);
    assert.equal((await login(rig, 'CP9', SECRET)).outcome, 401);
    const refusals = rig.gate.filter((event) => event.code !== 'listening');
    assert.deepEqual(
      refusals.map((event) => event.code),
      ['credentials-missing', 'credentials-wrong', 'station-unknown'],
    );
    assert.ok(
      refusals.every((event) => event.hint !== undefined && !event.text.includes('wrong!')),
    );
  });

  it('refuses a password sent under another user name', async () => {
    const extra = [basic('CP2', SECRET), 'Sec-WebSocket-Protocol: ocpp1.6'];
    const answer = await rawRequest(rig.server.port, upgradeText('/ocpp/CP1', extra));
    assert.match(answer, /^HTTP\/1\.1 401 /);
  });

  it('holds an address off after five wrong passwords for one station only', async () => {
    for (let i = 0; i < 5; i += 1) assert.equal((await login(rig, 'CP1', `w${i}`)).outcome, 401);
    assert.equal((await login(rig, 'CP1', SECRET)).outcome, 429);
    const { outcome, socket } = await login(rig, 'CP2', SECRET);
    assert.equal(outcome, 'open');
    socket.terminate();
  });

  it('takes old and new password while a rotation is under way, and tells of the new one', async () => {
    const next = await hashSecret('the-new-password-of-CP1');
    const secretHash = await hashSecret(SECRET);
    const used: string[] = [];
    await rig.close();
    rig = await openRig({
      credentialOf: () => ({ secretHash, nextHashes: [next] }),
      onNextHash: (station, hash) => used.push(`${station} ${hash === next}`),
    });
    for (const secret of [SECRET, 'the-new-password-of-CP1']) {
      const { outcome, socket } = await login(rig, 'CP1', secret);
      assert.equal(outcome, 'open');
      const end = closed(socket);
      socket.close();
      await end;
    }
    assert.deepEqual(used, ['CP1 true']);
    assert.equal((await login(rig, 'CP1', 'neither')).outcome, 401);
  });

  it('keeps the first socket of an identity while it answers pings', async () => {
    const first = await login(rig, 'CP1', SECRET);
    const second = await login(rig, 'CP1', SECRET);
    assert.equal(first.outcome, 'open');
    assert.equal(second.outcome, 409);
    assert.ok(codes().includes('identity-conflict'));
    assert.equal(rig.fleet.stats().connected, 1);
    first.socket.terminate();
  });

  it('replaces a socket that no longer answers pings', async () => {
    const first = await login(rig, 'CP1', SECRET);
    first.socket.pause();
    const second = await login(rig, 'CP1', SECRET);
    assert.equal(second.outcome, 'open');
    assert.ok(codes().includes('identity-replaced'));
    first.socket.terminate();
    second.socket.terminate();
  });

  it('closes a station that sends more than the longest message', async () => {
    const { socket } = await login(rig, 'CP1', SECRET);
    const end = closed(socket);
    socket.send(`[2,"1","BootNotification",{"x":"${'y'.repeat(70_000)}"}]`);
    assert.equal(await end, 1009);
  });

  it('never echoes what a bad message contained', async () => {
    const { socket } = await login(rig, 'CP1', SECRET);
    for (const text of [
      '[2,"7","StartTransaction",{"secret":"hunter2"}]',
      '[2,"8",{"secret":"hunter2"}]',
      '{"secret":"hunter2"}',
      'hunter2',
      '[5,"9","hunter2",{}]',
    ]) {
      const answer = nextMessage(socket);
      socket.send(text);
      const frame: unknown = JSON.parse(await answer);
      assert.ok(Array.isArray(frame) && frame[0] === 4, text);
      assert.ok(!JSON.stringify(frame).includes('hunter2'), text);
    }
    socket.terminate();
  });

  it('closes a station that floods', async () => {
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', warned);
    const { socket } = await login(rig, 'CP1', SECRET);
    const end = closed(socket);
    for (let i = 0; i < 400; i += 1) socket.send(`[2,"${i}","Heartbeat",{}]`);
    assert.equal(await end, 1008);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    assert.equal(
      codes().filter((code) => code === 'flood').length,
      1,
      'told once, not per message',
    );
    assert.deepEqual(warnings, []);
  });

  it('gives a station that flooded, was cut and comes again no new burst', async () => {
    const first = await login(rig, 'CP1', SECRET);
    const end = closed(first.socket);
    for (let i = 0; i < 400; i += 1) first.socket.send(`[2,"${i}","Heartbeat",{}]`);
    assert.equal(await end, 1008);
    const again = await login(rig, 'CP1', SECRET);
    assert.equal(again.outcome, 429);
    assert.ok(codes().filter((code) => code === 'flood').length === 2);
  });

  it('refuses binary messages', async () => {
    const { socket } = await login(rig, 'CP1', SECRET);
    const end = closed(socket);
    socket.send(Buffer.from([0xff, 0xfe]), { binary: true });
    assert.equal(await end, 1003);
  });

  it('names port and fix when the port is taken', async () => {
    await assert.rejects(openRig({ port: rig.server.port }), /port is taken.*another port/);
  });

  it('survives random and mutated upgrade requests, and takes a station after them', async () => {
    const random = seededRandom(7);
    const good = upgradeText('/ocpp/CP1', [basic('CP1', 'x'), 'Sec-WebSocket-Protocol: ocpp1.6']);
    for (let i = 0; i < 300; i += 1) {
      const at = Math.floor(random() * good.length);
      const odd = String.fromCharCode(Math.floor(random() * 256));
      const kept = random() < 0.5 ? good.slice(at + 1) : '\r\n\r\n';
      await rawRequest(rig.server.port, `${good.slice(0, at)}${odd}${kept}\r\n\r\n`, 40);
    }
    const { outcome, socket } = await login(rig, 'CP2', SECRET);
    assert.equal(outcome, 'open');
    socket.terminate();
  });
});
