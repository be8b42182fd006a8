import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { LimitRequest, NodeLimit, SiteState } from '../../../src/model';
import { absent, good } from '../../../src/model';
import {
  composeLimit,
  type Contact,
  liveRequests,
  nextSiteLimits,
  NO_SITE_LIMITS,
  REQUEST_LIFE_ms,
  REQUESTS_MAX,
  storeRequest,
  withdrawRequest,
} from '../../../src/runtime';
import {
  contradicts,
  nextMismatch,
  NO_MISMATCH,
  unexplained_A,
} from '../../../src/runtime/mismatch';
import { type Instant, instant, later } from '../../../src/time';
import { amps, evenly, voltAmps, volts, watts } from '../../../src/units';
import { siteBlock, siteOf, withKeys } from '../site/fixtures';

const NOW = instant(1_000_000);
const SITE = siteOf(siteBlock());
const [GRID, ROW] = SITE.nodes;
assert(GRID !== undefined && ROW !== undefined);

const request = (limit: Partial<NodeLimit>, ends = later(NOW, 60_000)): LimitRequest => ({
  id: 'r',
  authority: 'cpo',
  received_at: NOW,
  expires_at: ends,
  limit: { node: 'grid', source: 'cpo', text: 'tariff window', ...limit },
});

describe('limits composed by minimum', () => {
  it('are the signed limit with its source where nobody asks for less', () => {
    const own = composeLimit(SITE, GRID, [], NOW);
    assert.deepEqual([...own.import_A], [125, 125, 125]);
    assert.deepEqual([own.reason.source, own.reason.limit_A], ['contract', 125]);
    assert.equal(own.export_W, 60_000);
    assert.equal(composeLimit(SITE, ROW, [], NOW).reason.source, 'circuit');
  });

  it('carry source, text, value and expiry of the request that binds', () => {
    const tight = request({ import_A: [amps(60), amps(125), amps(70)] });
    const { import_A, reason } = composeLimit(SITE, GRID, [tight], NOW);
    assert.deepEqual([...import_A], [60, 125, 70]);
    assert.deepEqual(reason, {
      source: 'cpo',
      at: 'grid',
      text: 'tariff window',
      limit_A: 60,
      expires_at: tight.expires_at,
    });
  });

  it('never rise by a request: what it would loosen is cut at the signed limit', () => {
    const loose = request({
      import_A: evenly(amps(500)),
      export_W: watts(1e6),
      import_W: watts(1e7),
    });
    const { import_A, export_W, reason } = composeLimit(SITE, GRID, [loose], NOW);
    assert.deepEqual([...import_A], [125, 125, 125]);
    assert.equal(export_W, 60_000);
    assert.equal(reason.source, 'contract');
  });

  it('take a limit in W over all phases, and a negative one as 0', () => {
    const w = composeLimit(SITE, GRID, [request({ import_W: watts(6900) })], NOW);
    // One phase may carry it all: the phase limits stay.
    assert.deepEqual([...w.import_A], [125, 125, 125]);
    assert.deepEqual([w.import_W, w.reason.limit_A, w.reason.source], [6900, 10, 'cpo']);
    const below = composeLimit(SITE, GRID, [request({ import_A: evenly(amps(-5)) })], NOW);
    assert.deepEqual([...below.import_A], [0, 0, 0]);
  });

  it('touch no other node and end with their expiry', () => {
    const tight = request({ import_A: evenly(amps(10)) });
    assert.equal(composeLimit(SITE, ROW, [tight], NOW).import_A[0], 100);
    assert.equal(composeLimit(SITE, GRID, [tight], later(NOW, 59_999)).import_A[0], 10);
    assert.equal(composeLimit(SITE, GRID, [tight], later(NOW, 60_000)).import_A[0], 125);
    assert.deepEqual(liveRequests([tight], later(NOW, 60_000)), []);
  });

  it('are the minimum of all that live, in any order', () => {
    const some = fc.array(
      fc.record({
        a: fc.integer({ min: -10, max: 200 }),
        left: fc.integer({ min: -5, max: 5 }),
        node: fc.constantFrom('grid', 'row'),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(some, (asked) => {
        const all = asked.map((x) =>
          request({ node: x.node, import_A: evenly(amps(x.a)) }, later(NOW, x.left)),
        );
        const live = asked
          .filter((x) => x.node === 'grid' && x.left > 0)
          .map((x) => Math.max(0, x.a));
        const { import_A } = composeLimit(SITE, GRID, all, NOW);
        assert.equal(import_A[0], Math.min(125, ...live));
        assert.deepEqual(composeLimit(SITE, GRID, [...all].reverse(), NOW).import_A, import_A);
      }),
      { seed: 141 },
    );
  });
});

describe('requests of other parties at the door', () => {
  const take = (r: LimitRequest, held: readonly LimitRequest[] = []) =>
    storeRequest(held, r, SITE, NOW);
  const why = (r: LimitRequest): string => {
    const verdict = take(r);
    return verdict.ok ? '' : verdict.why;
  };

  it('end within a day, whatever they ask for', () => {
    const long = take(request({ import_W: watts(50_000) }, later(NOW, 40 * 3_600_000)));
    assert(long.ok);
    assert.equal(long.stored.expires_at, later(NOW, REQUEST_LIFE_ms));
  });

  it('of a vendor never take what the safe static limits need', () => {
    const vendor = { ...request({ import_W: watts(0) }), authority: 'vendor' as const };
    const taken = take(vendor);
    assert(taken.ok);
    // 40 A base load and two stations of 8 A on each phase.
    assert.equal(taken.stored.limit.import_W, 3 * 56 * 230);
    const cpo = take(request({ import_W: watts(0) }));
    assert(cpo.ok && cpo.stored.limit.import_W === 0);
  });

  it('are refused with the reason: node, number, time, owner, number of them', () => {
    assert.match(why(request({ node: 'attic', import_W: watts(1) })), /no node attic; known: grid/);
    assert.match(why(request({})), /names no limit/);
    assert.match(why(request({ import_A: [amps(1), amps(-1), amps(1)] })), /must be a number/);
    assert.match(why(request({ import_W: watts(1) }, NOW)), /expired before it came/);
    assert.match(why(request({ import_VA: voltAmps(1) })), /VA is not weighed; ask in A or W/);
    const first = request({ import_W: watts(1) });
    const thief = take({ ...first, authority: 'vendor' }, [first]);
    assert(!thief.ok && thief.why.includes('belongs to cpo'));
    const many = Array.from({ length: REQUESTS_MAX }, (_, i) => ({ ...first, id: `r${i}` }));
    const full = take({ ...first, id: 'one-more' }, many);
    assert(!full.ok && full.why.includes('withdraw one first'));
  });

  it('are taken back by their setter alone', () => {
    const held = [request({ import_W: watts(1) })];
    assert.equal(withdrawRequest(held, 'r', 'vendor').length, 1);
    assert.equal(withdrawRequest(held, 'r', 'cpo').length, 0);
  });

  it('of a schedule hold from their beginning to their end', () => {
    const step = { ...request({ import_A: evenly(amps(10)) }), starts_at: later(NOW, 1000) };
    const at = (ms: number): number => composeLimit(SITE, GRID, [step], later(NOW, ms)).import_A[0];
    assert.deepEqual([at(0), at(1000), at(59_999), at(60_000)], [125, 10, 10, 125]);
  });
});

describe('limits of the site itself', () => {
  const site = siteOf(
    withKeys('connection_point', {
      contract_10min_W: 80_000,
      operator_fail_safe_W: 50_000,
      operator: {
        inputs: [
          { input: 'relay-60', limit_W: 54_000 },
          { input: 'relay-0', limit_W: 0 },
        ],
      },
    }),
  );
  const limitsAt = (contacts: Readonly<Record<string, Contact>>, seconds = 3) => {
    let state = NO_SITE_LIMITS;
    let limits: readonly NodeLimit[] = [];
    for (let s = 0; s <= seconds; s += 1) {
      const contact = (name: string): Contact => contacts[name] ?? 'unknown';
      const facts = { site, import_W: 60_000, contact, wall_ms: 1_800_000_000_000 + s * 1000 };
      ({ state, limits } = nextSiteLimits(state, facts, later(NOW, s * 1000)));
    }
    return new Map(limits.map((l) => [l.source, l]));
  };

  it('hold the lowest limit of the closed contacts, and none while all are open', () => {
    const open = limitsAt({ 'relay-60': 'open', 'relay-0': 'open' });
    assert.equal(open.get('grid-operator'), undefined);
    const one = limitsAt({ 'relay-60': 'closed', 'relay-0': 'open' });
    assert.equal(one.get('grid-operator')?.import_W, 54_000);
    const both = limitsAt({ 'relay-60': 'closed', 'relay-0': 'closed' });
    assert.equal(both.get('grid-operator')?.import_W, 0);
  });

  it('are never silently unlimited: a contact that cannot be read leads to the fail-safe', () => {
    for (const seconds of [3, 300, 9000]) {
      const limit = limitsAt({ 'relay-60': 'open' }, seconds).get('grid-operator');
      assert.equal(limit?.import_W, 50_000, `${seconds} s`);
      assert.match(limit.text, /grid operator/);
    }
  });

  it('spread what the ten-minute window has left over its rest', () => {
    const used = limitsAt({}, 300).get('energy-window');
    assert.match(used?.text ?? '', /10-minute mean/);
    assert((used?.import_W ?? 0) > 80_000);
    assert((used?.import_W ?? 0) < 125_000);
  });

  it('bind the connection in W, with who set it', () => {
    const own = [...limitsAt({ 'relay-60': 'closed', 'relay-0': 'open' }).values()];
    const { import_W, reason } = composeLimit(site, GRID, [], NOW, own);
    assert.equal(import_W, 54_000);
    assert.equal(reason.source, 'grid-operator');
  });
});

describe('load that nobody admits', () => {
  // Declared: 40 A of base load in steps of at most 15 A.
  const run = (course: readonly number[], from = NO_MISMATCH, start: Instant = NOW) => {
    let state = from;
    course.forEach((a, i) => {
      state = nextMismatch(state, SITE, evenly(a), later(start, i * 1000));
    });
    return { state, now: later(start, (course.length - 1) * 1000) };
  };
  const told = (course: readonly number[]): boolean => {
    const { state, now } = run(course);
    return contradicts(state, now);
  };
  const times = (n: number, v: number): readonly number[] => new Array<number>(n).fill(v);

  it('contradicts after fifteen seconds above the declared base load', () => {
    assert.equal(told(times(15, 43)), false);
    assert.equal(told(times(16, 43)), true);
    assert.equal(told(times(100, 42)), false);
  });

  it('contradicts a rise above the largest step, though it stays below the declared load', () => {
    assert.equal(told([...times(20, 10), ...times(16, 26)]), false);
    assert.equal(told([...times(20, 10), ...times(16, 28)]), true);
  });

  it('follows a building that drifts, and never makes a lie usual', () => {
    const drift = Array.from({ length: 200 }, (_, i) => Math.min(40, 10 + 0.2 * i));
    assert.equal(told(drift), false);
    assert.equal(told([...times(20, 10), ...times(600, 30)]), true);
  });

  it('takes a load within the declared one for usual after an hour: what was usual may be wrong', () => {
    assert.equal(told([...times(20, 10), ...times(3500, 30)]), true);
    assert.equal(told([...times(20, 10), ...times(3700, 30)]), false);
    assert.equal(told([...times(20, 10), ...times(3700, 43)]), true);
  });

  it('knows nothing of what is usual after a minute in which nothing was known', () => {
    const evening = run(times(20, 10)).state;
    const silent = nextMismatch(evening, SITE, undefined, later(NOW, 60_000));
    const morning = (ms: number) => run(times(20, 38), silent, later(NOW, ms));
    const soon = morning(70_000);
    assert.equal(contradicts(soon.state, soon.now), true);
    const next = morning(36_000_000);
    assert.equal(contradicts(next.state, next.now), false);
  });

  it('follows nothing while a station may draw what it does not report', () => {
    assert.equal(nextMismatch(NO_MISMATCH, SITE, evenly(-100), NOW, false), NO_MISMATCH);
    let { state } = run(times(20, 30));
    for (let s = 20; s < 60; s += 1) {
      state = nextMismatch(state, SITE, evenly(5), later(NOW, s * 1000), false);
    }
    const { state: after, now } = run(times(20, 30), state, later(NOW, 60_000));
    assert.equal(contradicts(after, now), false);
  });

  it('ends as soon as the load is explained again', () => {
    const { state, now } = run([...times(20, 10), ...times(20, 35), 12]);
    assert.equal(state.since, undefined);
    assert.equal(contradicts(state, now), false);
  });

  it('is known only with a good grid reading and good readings of all sources', () => {
    const state: SiteState = {
      cycle: 1,
      at: NOW,
      grid: good(
        {
          power: evenly(watts(2300)),
          current: evenly(amps(10)),
          voltage: evenly(volts(230)),
          total_W: watts(6900),
        },
        NOW,
      ),
      meters: new Map(),
      bess: [],
      pv: [{ id: 'pv', reading: good({ power: watts(690) }, NOW), notResponding: false }],
      stations: [],
      requests: [],
      emergencyStop: false,
    };
    assert.deepEqual(unexplained_A(state, [1, 2, 3]), [10, 9, 8]);
    assert.equal(unexplained_A({ ...state, grid: absent('stale', 'x') }, [0, 0, 0]), undefined);
    const blind = {
      ...state,
      pv: [
        {
          id: 'pv',
          reading: absent<{ power: ReturnType<typeof watts> }>('stale', 'x'),
          notResponding: false,
        },
      ],
    };
    assert.equal(unexplained_A(blind, [0, 0, 0]), undefined);
    assert.equal(nextMismatch(NO_MISMATCH, SITE, undefined, NOW), NO_MISMATCH);
  });
});
