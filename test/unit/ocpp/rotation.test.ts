import assert from 'node:assert/strict';
import { writeAtomic } from '../../../src/io/store';
import { PasswordBook } from '../../../src/ocpp';
import type { JsonObject } from '../../../src/ocpp';
import { MemoryFiles } from '../io-store/memoryFiles';
import { RelayBench } from './relayBench';

const NEW = 'a-new-password-of-32-characters!';
const hash = (secret: Uint8Array): Promise<string> =>
  Promise.resolve(`#${Buffer.from(secret).toString('latin1')}`);
/** Lets promises of the book settle. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const CHANGE = { key: 'AuthorizationKey', value: NEW };
const set201 = (value: string): JsonObject => ({
  setVariableData: [
    {
      component: { name: 'SecurityCtrlr' },
      variable: { name: 'BasicAuthPassword' },
      attributeValue: value,
    },
  ],
});

interface Rotating {
  readonly bench: RelayBench;
  readonly book: PasswordBook;
  readonly saved: string[];
}

function rotating(mode: 'follow' | 'gateway', protocol: 'ocpp1.6' | 'ocpp2.0.1'): Rotating {
  const saved: string[] = [];
  const book = new PasswordBook(undefined, { hash, save: (text) => saved.push(text) });
  const bench = new RelayBench({
    protocol,
    policy: { passwordRotation: true },
    relay: { rotation: { mode, port: book } },
  }).attached();
  return { bench, book, saved };
}

describe('password rotation by the CPMS', () => {
  it('is refused in the action’s own words unless the site file allows it', () => {
    const old = new RelayBench().attached();
    old.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    assert.deepEqual(old.lastToCpms(), [3, 'c', { status: 'Rejected' }]);
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    bench.cpms([2, 'c', 'SetVariables', set201(NEW)]);
    assert.match(JSON.stringify(bench.lastToCpms()), /"attributeStatus":"Rejected"/);
    assert.deepEqual(bench.toStation, []);
  });

  it('gateway: changes only the gateway’s own password; the station never hears of it', () => {
    const { bench, book, saved } = rotating('gateway', 'ocpp1.6');
    bench.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    assert.deepEqual(bench.lastToCpms(), [3, 'c', { status: 'Accepted' }]);
    assert.deepEqual(bench.toStation, []);
    assert.deepEqual(book.upstreamOf('CP1', 'issued'), [NEW, 'issued']);
    assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old']);
    assert.equal(saved.length, 1);
  });

  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
    it(`follow, ${protocol}: old and new password count until the new one was used`, async () => {
      const { bench, book, saved } = rotating('follow', protocol);
      const call =
        protocol === 'ocpp1.6'
          ? [2, 'c', 'ChangeConfiguration', CHANGE]
          : [2, 'c', 'SetVariables', set201(NEW)];
      bench.cpms(call);
      assert.deepEqual(bench.toStation, [], 'on disk before the station hears of it');
      await settled();
      assert.equal(saved.length, 1);
      assert.equal(bench.toStation.at(-1), JSON.stringify(call));
      const accepted =
        protocol === 'ocpp1.6'
          ? { status: 'Accepted' }
          : { setVariableResult: [{ attributeStatus: 'Accepted', component: {}, variable: {} }] };
      bench.station([3, 'c', accepted]);
      assert.deepEqual(bench.lastToCpms(), [3, 'c', accepted]);
      assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old', `#${NEW}`]);
      assert.equal(book.upstreamOf('CP1', 'issued')[0], NEW);
      book.used('CP1', '#old');
      assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old', `#${NEW}`]);
      book.used('CP1', `#${NEW}`);
      assert.deepEqual(book.hashesOf('CP1', '#old'), [`#${NEW}`]);
    });
  }

  it('follow: a refusal of the station leaves the old password alone', async () => {
    const { bench, book } = rotating('follow', 'ocpp1.6');
    bench.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    await settled();
    bench.station([3, 'c', { status: 'Rejected' }]);
    assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old']);
    assert.deepEqual(book.upstreamOf('CP1', 'issued'), ['issued']);
  });

  it('follow: without an answer both stay good, for it may have taken it', async () => {
    const { bench, book } = rotating('follow', 'ocpp1.6');
    bench.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    await settled();
    bench.stationGone();
    assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old', `#${NEW}`]);
  });

  it('a password spelled in hex counts as text and as bytes: stations do either', async () => {
    const { bench, book } = rotating('follow', 'ocpp1.6');
    const value = '00112233445566778899aabbccddeeff00112233';
    bench.cpms([2, 'c', 'ChangeConfiguration', { key: 'AuthorizationKey', value }]);
    await settled();
    assert.equal(book.hashesOf('CP1', '#old').length, 3);
  });

  it('refuses what is no password, a mixture with other variables, and a full disk', async () => {
    const { bench } = rotating('follow', 'ocpp1.6');
    bench.cpms([2, 'c', 'ChangeConfiguration', { key: 'AuthorizationKey', value: 'short' }]);
    assert.deepEqual(bench.lastToCpms(), [3, 'c', { status: 'Rejected' }]);
    const two = rotating('follow', 'ocpp2.0.1');
    const [one] = [set201(NEW)['setVariableData']].flat();
    two.bench.cpms([2, 'c', 'SetVariables', { setVariableData: [one, one] }]);
    assert.match(JSON.stringify(two.bench.lastToCpms()), /Rejected.*Rejected/);
    const full = new PasswordBook(undefined, {
      hash,
      save: () => {
        throw new Error('disk full');
      },
    });
    const other = new RelayBench({
      policy: { passwordRotation: true },
      relay: { rotation: { mode: 'follow', port: full } },
    }).attached();
    other.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    await settled();
    assert.deepEqual(other.lastToCpms(), [3, 'c', { status: 'Rejected' }]);
    assert.deepEqual(other.toStation, []);
  });

  it('never writes a password into an event', async () => {
    const { bench } = rotating('follow', 'ocpp1.6');
    bench.cpms([2, 'c', 'ChangeConfiguration', CHANGE]);
    await settled();
    bench.station([3, 'c', { status: 'Accepted' }]);
    assert.ok(bench.codes().includes('password-changed'));
    assert.ok(!JSON.stringify(bench.events).includes(NEW));
  });

  it('locks no station out whichever write fails or is the last before a crash (each N)', async () => {
    for (let n = 1; n < 45; n += 1) {
      const files = new MemoryFiles();
      files.failAt = n;
      const read = (): string | undefined => {
        const bytes = files.content.get('/s/passwords');
        return bytes && Buffer.from(bytes).toString();
      };
      const save = (text: string): void => writeAtomic('/s/passwords', Buffer.from(text), files);
      const book = new PasswordBook(undefined, { hash, save });
      // The station has the old password until it heard of the new one, which needs `stored`.
      let stationHas = '#old';
      const stored = await new Promise<boolean>((resolve) => book.offer('CP1', NEW, resolve));
      if (stored) stationHas = `#${NEW}`;
      if (stored) book.taken('CP1', NEW);
      book.used('CP1', stationHas);
      files.failAt = 0;
      const again = new PasswordBook(read(), { hash, save });
      assert.ok(again.hashesOf('CP1', '#old').includes(stationHas), `operation ${n}`);
      assert.ok(book.hashesOf('CP1', '#old').includes(stationHas), `operation ${n}, in memory`);
      const known = again.upstreamOf('CP1', 'issued');
      assert.ok(known.includes(stored ? NEW : 'issued'), `operation ${n}, upstream`);
    }
  });

  it('an unusable file counts as none', () => {
    for (const text of ['', '{', '{"stations":5}', '{"stations":{"CP1":{"offered":7}}}']) {
      const book = new PasswordBook(text, { hash, save: () => undefined });
      assert.deepEqual(book.hashesOf('CP1', '#old'), ['#old']);
    }
  });
});
