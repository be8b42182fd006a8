import assert from 'node:assert/strict';
import { AuthorisationCache } from '../../../src/ocpp/authorisation';
import type { JsonObject } from '../../../src/ocpp';
import { instant, later } from '../../../src/time';
import { RelayBench } from './relayBench';

const WALL = Date.UTC(2026, 5, 1);
const DAY_MS = 24 * 3_600_000;
const accepted = { status: 'Accepted' } as const;

describe('tags remembered for the time without a CPMS', () => {
  it('an acceptance ends after a week, or when the CPMS said', () => {
    const cache = new AuthorisationCache();
    cache.learn('A', accepted, WALL);
    cache.learn('B', { ...accepted, expires_ms: WALL + DAY_MS }, WALL);
    assert.equal(cache.known('A', WALL + 6 * DAY_MS), 'Accepted');
    assert.equal(cache.known('A', WALL + 8 * DAY_MS), undefined);
    assert.equal(cache.known('B', WALL + 2 * DAY_MS), undefined);
    assert.equal(cache.known('C', WALL), undefined);
  });

  it('Invalid and Blocked evict an acceptance, and stay refusals whatever time passes', () => {
    const cache = new AuthorisationCache();
    for (const status of ['Invalid', 'Blocked'] as const) {
      cache.learn(status, accepted, WALL);
      cache.learn(status, { status }, WALL);
      assert.equal(cache.known(status, WALL), status);
      assert.equal(cache.known(status, WALL + 400 * DAY_MS), status);
    }
  });

  it('survive a restart, as digests; a refusal is on disk at once, an acceptance in a minute', () => {
    const saved: string[] = [];
    const memory = {
      save: (text: string) => saved.push(text),
      digest: (tag: string) => `#${tag}#`,
    };
    const cache = new AuthorisationCache(memory);
    cache.learn('GOOD', accepted, WALL);
    assert.equal(saved.length, 0);
    cache.tick(instant(0));
    cache.tick(later(instant(0), 60_000));
    assert.equal(saved.length, 1);
    cache.learn('BAD', { status: 'Blocked' }, WALL);
    assert.equal(saved.length, 2);
    const kept = saved.at(-1) ?? '';
    assert.ok(kept.includes('#good#'));
    const again = new AuthorisationCache({ ...memory, kept });
    assert.equal(again.known('GOOD', WALL), 'Accepted');
    assert.equal(again.known('BAD', WALL), 'Blocked');
  });

  it('are the same whatever case a reader writes them in (CiString)', () => {
    const cache = new AuthorisationCache();
    cache.learn('04A1B2', { status: 'Blocked' }, WALL);
    assert.equal(cache.known('04a1b2', WALL), 'Blocked');
    const entry = { idTag: 'deadbeef', idTagInfo: accepted };
    cache.learnList({ updateType: 'Differential', localAuthorizationList: [entry] }, WALL);
    assert.equal(cache.known('DEADBEEF', WALL), 'Accepted');
  });

  it('ConcurrentTx is of the moment: the driver who had it once is no stranger later', () => {
    const bench = new RelayBench().attached();
    const say = (id: string, status: string): void => {
      bench.station([2, id, 'Authorize', { idTag: 'STRANGER' }]);
      bench.cpms([3, id, { idTagInfo: { status } }]);
    };
    say('a1', 'Accepted');
    say('a2', 'ConcurrentTx');
    bench.cpmsDown();
    bench.station([2, 'a3', 'Authorize', { idTag: 'STRANGER' }]);
    assert.deepEqual(bench.lastToStation()?.[2], { idTagInfo: { status: 'Accepted' } });
  });

  it('refusals that only 2.0.1 has evict an acceptance too', () => {
    for (const status of ['NoCredit', 'Unknown', 'NotAtThisLocation']) {
      const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
      const idToken = { idToken: 'T', type: 'ISO14443' };
      const say = (id: string, told: string): void => {
        bench.station([2, id, 'Authorize', { idToken }]);
        bench.cpms([3, id, { idTokenInfo: { status: told } }]);
      };
      say('a1', 'Accepted');
      say('a2', status);
      bench.cpmsDown();
      bench.station([2, 'a3', 'Authorize', { idToken }]);
      assert.deepEqual(bench.lastToStation()?.[2], { idTokenInfo: { status: 'Invalid' } });
    }
  });

  it('are bounded; those of a local list go last', () => {
    const cache = new AuthorisationCache();
    const entry = { idTag: 'LISTED', idTagInfo: accepted };
    cache.learnList({ updateType: 'Full', localAuthorizationList: [entry] }, WALL);
    for (let i = 0; i < 6_000; i += 1) cache.learn(`T${i}`, accepted, WALL);
    assert.equal(cache.size, 5_000);
    assert.equal(cache.known('LISTED', WALL), 'Accepted');
    assert.equal(cache.known('T0', WALL), undefined);
  });

  it('of an unusable file count as none', () => {
    for (const kept of ['', '{', '[]', '{"tags":[5,["x"],["x","Odd",1],["x","Accepted","y"]]}']) {
      assert.equal(new AuthorisationCache({ kept }).size, 0);
    }
  });
});

describe('local lists and caches of the CPMS count when it is away', () => {
  const authorize = (bench: RelayBench, idTag: string): unknown => {
    bench.station([2, `a-${idTag}`, 'Authorize', { idTag }]);
    const answer = bench.toStation.map((text): unknown => JSON.parse(text)).at(-1);
    return Array.isArray(answer) ? JSON.stringify(answer[2]) : undefined;
  };
  const list = (updateType: string, entries: readonly JsonObject[]): JsonObject => ({
    listVersion: 1,
    updateType,
    localAuthorizationList: entries,
  });
  const take = (bench: RelayBench, action: string, payload: JsonObject): void => {
    const id = `c${bench.toStation.length}-${action}`;
    bench.cpms([2, id, action, payload]);
    bench.station([3, id, { status: 'Accepted' }]);
  };

  it('full lists replace, differential ones add and remove, a clear spares them', () => {
    const bench = new RelayBench().attached();
    const one = (idTag: string, status: string): JsonObject => ({ idTag, idTagInfo: { status } });
    take(bench, 'SendLocalList', list('Full', [one('A', 'Accepted'), one('B', 'Blocked')]));
    take(bench, 'SendLocalList', list('Differential', [one('C', 'Expired'), { idTag: 'A' }]));
    take(bench, 'ClearCache', {});
    bench.cpmsDown();
    assert.match(String(authorize(bench, 'B')), /Blocked/);
    assert.match(String(authorize(bench, 'C')), /Expired/);
    // The bench accepts what nobody knows, except this one.
    assert.match(String(authorize(bench, 'A')), /Accepted/);
    assert.match(String(authorize(bench, 'STRANGER')), /Invalid/);
  });

  it('a list that the station refused does not count', () => {
    const bench = new RelayBench().attached();
    const entry = { idTag: 'STRANGER', idTagInfo: { status: 'Accepted' } };
    bench.cpms([2, 'c', 'SendLocalList', list('Full', [entry])]);
    bench.station([3, 'c', { status: 'Failed' }]);
    bench.cpmsDown();
    assert.match(String(authorize(bench, 'STRANGER')), /Invalid/);
  });
});
