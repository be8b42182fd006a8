import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import { CertificateClock, DenyList, readDenyList } from '../../../src/io/ocppRpc';
import type { OcppServerOptions } from '../../../src/io/ocppRpc';
import { ConditionBoard } from '../../../src/ocpp';
import { instant } from '../../../src/time';
import { amps } from '../../../src/units';
import { issue } from './issue';
import type { Issued } from './issue';
import { openRig, SECRET } from './rig';
import type { Rig } from './rig';

const DAY_MS = 24 * 3_600_000;
const ca = issue({ common: 'Test Issuer', ca: true });
const server = issue({ common: 'localhost', issuer: ca, dns: 'localhost' });
const CP1 = issue({ common: 'CP1', issuer: ca });
const CP2 = issue({ common: 'CP2', issuer: ca });

function tls(clients: boolean): NonNullable<OcppServerOptions['tls']> {
  return { cert: server.pem, key: server.key, ...(clients && { clientIssuers: ca.pem }) };
}

const show = (one: Issued): object => ({ cert: one.pem, key: one.key });

interface Attempt {
  readonly outcome: 'open' | number;
  readonly socket: WebSocket;
}

function open(url: string, id: string, options: object): Promise<Attempt> {
  const socket = new WebSocket(`${url}/${id}`, ['ocpp1.6'], { ca: ca.pem, ...options });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => resolve({ outcome: 'open', socket }));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      socket.off('error', reject);
      socket.on('error', () => undefined);
      socket.terminate();
      resolve({ outcome: response.statusCode ?? 0, socket });
    });
  });
}

describe('io/ocppRpc security profiles 2 and 3', () => {
  let rig: Rig | undefined;
  const sockets: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await rig?.close();
    rig = undefined;
  });

  async function attempt(at: Rig, id: string, options: object): Promise<'open' | number> {
    const { outcome, socket } = await open(at.server.url, id, options);
    sockets.push(socket);
    return outcome;
  }
  const refusal = (at: Rig): string => {
    const event = at.gate.findLast((one) => one.code === 'certificate-refused');
    return `${event?.text ?? ''} | ${event?.hint ?? ''}`;
  };
  const refusedLease = (at: Rig): string =>
    at.events.findLast((one) => one.code === 'lease-refused')?.text ?? '';
  const raise = (at: Rig, cycle: number): void => {
    const now = instant(performance.now());
    const limit_A = amps(20);
    const lease = { station: 'CP1', limit_A, action: 'grant', ttl_ms: 30_000 } as const;
    at.fleet.apply({ bootId: 'b', cycle, decided_at: now, leases: [lease] }, now);
  };

  it('profile 2: password over TLS, and no version below 1.2', async () => {
    rig = await openRig({ tls: tls(false) });
    const login = `Basic ${Buffer.from(`CP1:${SECRET}`).toString('base64')}`;
    assert.ok(rig.server.url.startsWith('wss://'));
    assert.equal(await attempt(rig, 'CP1', { headers: { Authorization: login } }), 'open');
    assert.equal(await attempt(rig, 'CP1', {}), 401);
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' };
    await assert.rejects(open(rig.server.url, 'CP1', old));
  });

  it('profile 3: the certificate is bound to the identity', async () => {
    rig = await openRig({ tls: tls(true) });
    assert.equal(await attempt(rig, 'CP1', show(CP1)), 'open');
    assert.equal(await attempt(rig, 'CP1', show(CP2)), 401);
    assert.match(refusal(rig), /not issued to CP1.*must be the identity/);
  });

  it('profile 3: a certificate of another issuer is refused, also one that hides it by expiry', async () => {
    rig = await openRig({ tls: tls(true) });
    const other = issue({ common: 'Other Issuer', ca: true });
    const forged = [
      issue({ common: 'CP1', issuer: other }),
      issue({ common: 'CP1' }),
      issue({ common: 'CP1', from_ms: Date.now() - 2 * DAY_MS, to_ms: Date.now() - DAY_MS }),
      // The name of our issuer, not its key.
      issue({ common: 'CP1', issuer: { ...other, common: ca.common } }),
      // A station's certificate is no issuer.
      issue({ common: 'CP1', issuer: CP2 }),
    ];
    for (const one of forged) {
      assert.equal(await attempt(rig, 'CP1', show(one)), 401);
      assert.match(refusal(rig), /not signed by an issuer of this site/);
    }
  });

  it('profile 3: an expired certificate is taken in its grace time, kept at static, then refused', async () => {
    const board = new ConditionBoard();
    const expired = issue({ common: 'CP1', issuer: ca, to_ms: Date.now() - 3 * DAY_MS });
    rig = await openRig({ tls: tls(true), certificates: { grace_ms: 7 * DAY_MS } });
    assert.equal(await attempt(rig, 'CP1', show(expired)), 'open');
    const told = rig.gate.find((event) => event.code === 'certificate-expired');
    assert.match(told?.text ?? '', /kept at the safe static limit/);
    for (const event of rig.gate) board.take({ ...event, station: event.station ?? '' });
    assert.deepEqual(
      board.conditions(instant(performance.now())).map((c) => c.code),
      ['station-certificate-expired'],
    );
    raise(rig, 1);
    assert.match(refusedLease(rig), /not written: certificate-expired/);
    await rig.close();
    rig = await openRig({ tls: tls(true), certificates: { grace_ms: 2 * DAY_MS } });
    assert.equal(await attempt(rig, 'CP1', show(expired)), 401);
    assert.match(refusal(rig), /expired \d{4}-.*renew the certificate/);
  });

  it('profile 3: one that runs out while its station charges keeps the session, at static', async () => {
    let now_ms = Date.now();
    const certificates = { surely_ms: () => now_ms, every_ms: 20 };
    rig = await openRig({ tls: tls(true), certificates });
    assert.equal(await attempt(rig, 'CP1', show(CP1)), 'open');
    assert.ok(rig.gate.some((event) => event.code === 'certificate-valid'));
    now_ms += 40 * DAY_MS;
    while (!rig.gate.some((event) => event.code === 'certificate-expired')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(rig.fleet.stats().connected, 1);
    raise(rig, 1);
    assert.match(refusedLease(rig), /not written: certificate-expired/);
  });

  it('profile 3: denied ones are refused and closed one after the other, the others go on', async () => {
    let denied: ReadonlySet<string> = new Set();
    const certificates = { denied: () => denied, every_ms: 30 };
    rig = await openRig({ tls: tls(true), certificates });
    assert.equal(await attempt(rig, 'CP1', show(CP1)), 'open');
    assert.equal(await attempt(rig, 'CP2', show(CP2)), 'open');
    denied = new Set([CP1.certificate.fingerprint256]);
    while (rig.fleet.stats().connected > 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(await attempt(rig, 'CP1', show(CP1)), 401);
    assert.match(refusal(rig), /deny-list.*revoked/);
    assert.equal(rig.fleet.stats().connected, 1);
  });

  it('profile 3: a clock that jumps throws out nobody', async () => {
    const wall = { now_ms: Date.now() };
    const clock = {
      now: () => instant(performance.now()),
      wall_ms: () => wall.now_ms,
    };
    const certain = new CertificateClock(clock, wall.now_ms);
    const certificates = { surely_ms: () => certain.surely_ms() };
    rig = await openRig({ tls: tls(true), certificates });
    for (const year of [1970, 2045]) {
      wall.now_ms = Date.UTC(year, 0, 1);
      assert.equal(await attempt(rig, 'CP1', show(CP1)), 'open', String(year));
      sockets.pop()?.terminate();
      while (rig.fleet.stats().connected > 0) await new Promise((r) => setTimeout(r, 5));
    }
    assert.equal(certain.doubted, true);
    assert.ok(rig.gate.every((event) => event.code !== 'certificate-expired'));
  });
});

describe('the time by which certificates are judged', () => {
  it('goes on with the monotonic clock, and neither falls back nor jumps ahead', () => {
    const at = { mono: 0, wall: 1_000 * DAY_MS };
    const clock = { now: () => instant(at.mono), wall_ms: () => at.wall };
    const certain = new CertificateClock(clock, 1_000 * DAY_MS);
    at.mono += DAY_MS;
    at.wall = 0;
    assert.equal(certain.surely_ms(), 1_001 * DAY_MS);
    at.wall = 5_000 * DAY_MS;
    assert.equal(certain.surely_ms(), 1_001 * DAY_MS);
    assert.equal(certain.doubted, true);
    at.wall = 1_030 * DAY_MS;
    assert.equal(certain.surely_ms(), 1_030 * DAY_MS);
    assert.equal(certain.doubted, false);
  });
});

describe('deny-list', () => {
  const fingerprint = CP1.certificate.fingerprint256;
  const text = (change: object = {}): string =>
    JSON.stringify({
      version: 1,
      site: 'demo',
      sequence: 3,
      fingerprints: [fingerprint],
      ...change,
    });

  it('denies those named in it and nobody else, with no end', () => {
    const list = new DenyList('demo');
    assert.equal(list.take(text()), undefined);
    assert.ok(list.denied.has(fingerprint));
    assert.equal(list.denied.size, 1);
  });

  it('an unusable, foreign or older list changes nothing: the last good one stays', () => {
    const list = new DenyList('demo');
    list.take(text());
    for (const bad of [
      '',
      '{',
      '[]',
      text({ version: 2 }),
      text({ site: 'other' }),
      text({ sequence: 2 }),
      text({ sequence: 'x' }),
      text({ fingerprints: ['AA:BB'] }),
      text({ fingerprints: [5] }),
      text({ fingerprints: Array.from({ length: 10_001 }, () => fingerprint) }),
    ]) {
      assert.notEqual(list.take(bad), undefined, bad.slice(0, 60));
      assert.equal(list.denied.size, 1);
    }
    assert.equal(list.take(text({ sequence: 4, fingerprints: [] })), undefined);
    assert.equal(list.denied.size, 0);
  });

  it('says what is wrong with it', () => {
    const reading = readDenyList(text({ fingerprints: ['AA', 'BB'] }));
    assert.ok(!reading.ok);
    assert.match(reading.why, /2 entries are no SHA-256 fingerprint/);
  });
});
