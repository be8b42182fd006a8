import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { CycleRecord } from '../../../src/model';
import { decodeCycleRecord } from '../../../src/runtime';
import { type Instant, later } from '../../../src/time';
import {
  answer,
  arrival,
  ENTRIES,
  entry,
  fed,
  gridFrame,
  record,
  SITE,
  START,
  supervisor,
  told,
} from './rig';

const frame = (hex: string, at: Instant = later(START, 3600)) => ({
  gridFrame: { device: 'meter', at, frame: hex },
});
const NORMAL = { mode: 'normal' } as const;
/** The record without its grid frame: nothing was read from the meter. */
function blind(n: number, change: Partial<CycleRecord> = {}): CycleRecord {
  const whole = Object.entries(record(n, { mode: 'blind', ...change }));
  return Object.fromEntries(whole.filter(([k]) => k !== 'gridFrame')) as unknown as CycleRecord;
}

describe('supervisor: what feeds', () => {
  it('nothing before three good records, then one edge for each', () => {
    const s = supervisor();
    const edges = [1, 2, 3, 4].map((n) => s.record(record(n), arrival(n)).edge);
    assert.deepEqual(edges, [false, false, true, true]);
    assert.deepEqual([s.report().accepted, s.report().refused], [4, 0]);
  });

  it('static and blind with nothing above static, blind without any meter', () => {
    assert.equal(answer({}).edge, true);
    assert.equal(fed().record(blind(4), arrival(4)).edge, true);
    assert.equal(answer({ entries: told('one', { commanded: 0 }) }).edge, true);
  });

  it('normal with values above static that are proved or reserved and add up', () => {
    for (const proved of ['acknowledged', 'reserved'] as const) {
      const entries = told('one', { commanded: 32, proved, ends_at: later(START, 30_000) });
      assert.equal(answer({ ...NORMAL, entries }).edge, true);
    }
  });

  it('static while raised leases still run out, up to the longest TTL of the site', () => {
    const ends = (ms: number) =>
      answer({ mode: 'blind', entries: told('bess', { ends_at: later(arrival(4), ms) }) });
    assert.equal(ends(65_000).edge, true);
    assert.match(ends(65_001).text, /bess has a newer lease/);
  });

  it('a lease that is renewed again and again outside normal, for its longest TTL only', () => {
    const s = fed();
    let refused: number | undefined;
    for (let n = 4; n < 80; n += 1) {
      const entries = told('bess', { ends_at: later(arrival(n), 30_000) });
      const feed = s.record(record(n, { entries }), arrival(n));
      assert.equal(s.report().lastRecord_at, arrival(n));
      if (feed.edge) continue;
      refused ??= n;
      assert.match(feed.text, /bess has a newer lease/);
    }
    // Static since the first record, 65 s at most, 30 s of which are still to come.
    assert.equal(refused, 37);
  });

  it('static with a lease that keeps the sun at its expiry value, not with one above it', () => {
    const site = { ...SITE, pv: SITE.pv.map((p) => ({ ...p, expiry_W: 10_000 })) };
    const told_W = (commanded: number) => {
      const entries = told('pv', { commanded, ends_at: later(arrival(4), 90_000) });
      return fed({ site }).record(record(4, { entries }), arrival(4));
    };
    assert.equal(told_W(10_000).edge, true);
    assert.equal(told_W(0).edge, true);
    for (const W of [10_001, Number.NaN]) assert.match(told_W(W).text, /pv has a newer lease/);
  });
});

describe('supervisor: what it refuses, and the sentence that says why', () => {
  const rows: readonly (readonly [string, Partial<CycleRecord>, RegExp])[] = [
    ['a record without a decision', { decisionDone: false }, /ended without a decision/],
    ['an old cycle number', { cycle: 3 }, /cycle 3 after 3/],
    ['a cycle number from the past', { cycle: 1 }, /cycle 1 after 3/],
    ['another boot', { bootId: 'boot-2', cycle: 4 }, /from another boot/],
    [
      'decided before it was latched',
      { latched_at: later(START, 4022), decided_at: later(START, 4021) },
      /decided before/,
    ],
    [
      'latched before the last one',
      { latched_at: later(START, 2999) },
      /latched before the last record/,
    ],
    ['an old decision', { latched_at: later(START, 3100), decided_at: later(START, 2000) }, /./],
    ['a jump of the wall clock', { wall_ms: 1_767_600_000_000 + 3_600_000 }, /clock jumped/],
    [
      'a station above static in static',
      { entries: told('one', { commanded: 8.1 }) },
      /one is commanded 8\.1, static is 8/,
    ],
    [
      'a discharging BESS in static',
      { entries: told('bess', { commanded: 100 }) },
      /bess is commanded 100/,
    ],
    [
      'a charging BESS in static',
      { entries: told('bess', { commanded: -100 }) },
      /bess is commanded -100/,
    ],
    ['a station that is not named', { entries: ENTRIES.slice(1) }, /no entry for one/],
    ['no entries at all', { entries: [] }, /no entry for one/],
    ['a station named twice', { entries: [...ENTRIES, entry('one')] }, /two entries for one/],
    ['a stranger', { entries: [...ENTRIES, entry('ghost')] }, /no station "ghost"/],
    ['a station called PV', { entries: told('one', { kind: 'pv', commanded: 32 }) }, /no pv "one"/],
    [
      'a value that is no number',
      { entries: told('one', { commanded: NaN }) },
      /one is commanded NaN/,
    ],
    [
      'a negative station',
      { ...NORMAL, entries: told('one', { commanded: -100 }) },
      /one is told -100 A/,
    ],
    [
      'more than the rating',
      { ...NORMAL, entries: told('one', { commanded: 33 }) },
      /one is told 33 A/,
    ],
    [
      'a pending write in normal',
      { ...NORMAL, entries: told('one', { proved: 'pending' }) },
      /neither acknowledged nor reserved/,
    ],
    [
      'a CRC that is wrong',
      { ...NORMAL, ...frame(`${gridFrame().slice(0, -4)}0000`) },
      /no fresh grid measurement/,
    ],
    [
      'a frame of another unit',
      { ...NORMAL, ...frame(`0b${gridFrame().slice(2)}`) },
      /no fresh grid/,
    ],
    ['a cut-off frame', { ...NORMAL, ...frame(gridFrame().slice(0, -2)) }, /no fresh grid/],
    ['a frame that is no hex', { ...NORMAL, ...frame('zz'.repeat(53)) }, /no fresh grid/],
    ['a stale frame', { ...NORMAL, ...frame(gridFrame(), later(START, 1000)) }, /no fresh grid/],
    [
      'a frame from the future',
      { ...NORMAL, ...frame(gridFrame(), later(START, 9000)) },
      /no fresh grid/,
    ],
  ];
  for (const [title, change, why] of rows) {
    it(title, () => {
      const { edge, text } = answer(change);
      assert.equal(edge, false);
      assert.match(text, why);
      assert(text.length > 8 && text.length < 200 && !text.includes('\n'));
    });
  }

  it('a record that arrives late', () => {
    assert.equal(answer({}, later(START, 4020 + 1500)).edge, true);
    assert.match(answer({}, later(START, 4020 + 1501)).text, /too old/);
  });

  it('a raised sum above a node’s limit, with the node and the numbers', () => {
    const small = {
      ...SITE,
      nodes: SITE.nodes.map((n) => (n.id === 'row' ? { ...n, import_A: 50 } : n)),
    };
    const s = fed({ site: small });
    const entries = ENTRIES.map((e) => (e.kind === 'station' ? { ...e, commanded: 32 } : e));
    const { edge, text } = s.record(record(4, { ...NORMAL, entries }), arrival(4));
    assert.equal(edge, false);
    assert.match(text, /64\.0 A commanded on L1 of row, limit 50\.0 A/);
  });

  it('a raised sum that a charging BESS pushes over the connection’s limit', () => {
    const site = {
      ...SITE,
      pv: [],
      nodes: SITE.nodes.map((n) => (n.id === 'grid' ? { ...n, import_A: 70 } : n)),
    };
    const commanded = (bess_W: number) => {
      const entries = ENTRIES.filter((e) => e.id !== 'pv').map((e) =>
        e.kind === 'station' ? { ...e, commanded: 32 } : { ...e, commanded: bess_W },
      );
      const first = [1, 2, 3].map((n) =>
        record(n, { entries: ENTRIES.filter((e) => e.id !== 'pv') }),
      );
      const s = supervisor({ site });
      for (const r of first) s.record(r, arrival(r.cycle));
      return s.record(record(4, { ...NORMAL, entries }), arrival(4)).edge;
    };
    assert.equal(commanded(0), true);
    assert.equal(commanded(-5000), false);
    assert.equal(commanded(30_000), true);
  });

  it('an excess that lasts longer than the declared reaction, and one that heats the breaker', () => {
    const s = fed();
    const run = (current_A: number, from: number, to: number): readonly boolean[] => {
      const edges: boolean[] = [];
      for (let n = from; n <= to; n += 1) {
        const at = later(START, n * 1000 - 400);
        edges.push(
          s.record(record(n, { ...NORMAL, ...frame(gridFrame(current_A), at) }), arrival(n)).edge,
        );
      }
      return edges;
    };
    assert.deepEqual(run(126, 4, 14), [...new Array<boolean>(10).fill(true), false]);
    assert.match(s.report().text, /126 A above the limit 125 A for 10 s/);
    const hot = fed();
    const edge = [4, 5, 6, 7].map(
      (n) =>
        hot.record(
          record(n, { ...NORMAL, ...frame(gridFrame(400), later(START, n * 1000 - 400)) }),
          arrival(n),
        ).edge,
    );
    assert.equal(edge.at(-1), false);
    assert.match(hot.report().text, /trip integral/);
  });

  it('station meters that the grid meter contradicts for ten seconds', () => {
    const s = fed();
    const edges: boolean[] = [];
    for (let n = 4; n <= 14; n += 1) {
      s.stationMeters({ at: arrival(n), sum_W: 200_000 });
      edges.push(
        s.record(
          record(n, { ...NORMAL, ...frame(gridFrame(60), later(START, n * 1000 - 400)) }),
          arrival(n),
        ).edge,
      );
    }
    assert.equal(edges.indexOf(false), 10);
    assert.match(
      s.report().text,
      /stations and base load need 200000 W, the grid meter allows 111400 W/,
    );
    s.stationMeters({ at: arrival(15) });
    assert.equal(
      s.record(
        record(15, { ...NORMAL, ...frame(gridFrame(60), later(START, 14_600)) }),
        arrival(15),
      ).edge,
      true,
    );
  });
});

describe('supervisor: course of records', () => {
  it('one refused record costs one edge; the next good one feeds again', () => {
    const s = fed();
    assert.equal(s.record(record(4, { decisionDone: false }), arrival(4)).edge, false);
    assert.equal(s.record(record(5), arrival(5)).edge, true);
  });

  it('a record from the future or from nowhere does not spoil the ones that follow', () => {
    const s = fed();
    const far = later(START, 1e9);
    s.record(record(4, { cycle: 1e9, latched_at: far, decided_at: far }), arrival(4));
    assert.equal(s.record(record(5), arrival(5)).edge, true);
  });

  it('drops when records stop, and says so', () => {
    const s = fed();
    s.tick(later(arrival(3), 2900));
    assert.equal(s.report().line, 'fed');
    s.tick(later(arrival(3), 3100));
    assert.deepEqual([s.report().line, s.report().text], ['open', 'no cycle record']);
  });

  it('never gives an edge from a timer', () => {
    const s = fed();
    const { accepted } = s.report();
    for (let i = 0; i < 100; i += 1) s.tick(later(arrival(3), i * 10));
    assert.equal(s.report().accepted, accepted);
  });

  it('the latch survives in what it keeps, and a person releases it', () => {
    const s = supervisor({ kept: { returnsWithinHour: 3, latched: true }, start: 'return' });
    assert.deepEqual([s.report().latched, s.report().returnsWithinHour], [true, 3]);
    s.record(record(1), arrival(1));
    assert.equal(s.report().latched, true);
    s.release();
    s.record(record(2), arrival(2));
    assert.equal(s.report().latched, false);
  });
});

describe('supervisor: garbage', () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e15, NaN, Infinity, 8, 32));
  const instants = fc.oneof(
    fc.integer({ min: -5000, max: 20_000 }).map((ms) => later(START, ms)),
    fc.constantFrom(START, later(START, 1e12)),
  );
  const arbEntry = fc.record(
    {
      id: fc.constantFrom('one', 'two', 'bess', 'pv', 'ghost', ''),
      kind: fc.constantFrom('station', 'bess', 'pv'),
      commanded: number,
      proved: fc.constantFrom('acknowledged', 'reserved', 'pending'),
      counted: number,
      ends_at: instants,
    },
    { requiredKeys: ['id', 'kind', 'commanded', 'proved', 'counted'] },
  );
  const arbRecord: fc.Arbitrary<CycleRecord> = fc.record(
    {
      bootId: fc.constantFrom('boot-1', 'boot-2', ''),
      cycle: fc.oneof(fc.integer({ min: -2, max: 9 }), fc.constantFrom(1e15, 4.5)),
      latched_at: instants,
      decided_at: instants,
      wall_ms: fc.constantFrom(0, 1_767_600_004_000, 4e15),
      mode: fc.constantFrom('normal', 'blind', 'static', 'cut', 'service'),
      links: fc.constant({ uplink: 'up', cpms: 'up' } as const),
      gridFrame: fc.record({
        device: fc.string({ maxLength: 5 }),
        at: instants,
        frame: fc.oneof(fc.string({ maxLength: 600 }), fc.constant(gridFrame())),
      }),
      entries: fc.array(arbEntry, { maxLength: 6 }),
      oldestUnacknowledged_ms: number,
      decisionDone: fc.boolean(),
    },
    {
      requiredKeys: [
        'bootId',
        'cycle',
        'latched_at',
        'decided_at',
        'wall_ms',
        'mode',
        'links',
        'entries',
        'oldestUnacknowledged_ms',
        'decisionDone',
      ],
    },
  );

  it('never throws, never feeds what commands above static without being normal and proved', () => {
    let edges = 0;
    fc.assert(
      fc.property(fc.array(arbRecord, { maxLength: 8 }), (records) => {
        const s = fed();
        records.forEach((r, i) => {
          const { edge, text } = s.record(r, arrival(4 + i));
          assert(text.length > 0);
          if (!edge) return;
          edges += 1;
          assert(r.decisionDone && Math.abs(r.decided_at - arrival(4 + i)) <= 1500);
          assert.deepEqual([...new Set(r.entries.map((e) => e.id))].length, r.entries.length);
          const stations = r.entries.filter((e) => e.kind === 'station');
          assert.equal(stations.length, 2);
          for (const e of stations) assert(e.commanded <= (r.mode === 'normal' ? 32.5 : 8.001));
        });
      }),
      { seed: 151, numRuns: 1500 },
    );
    assert(edges < 1500);
  });

  it('never feeds a record of random text from the socket', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(decodeCycleRecord(value), undefined);
      }),
      { seed: 152, numRuns: 500 },
    );
    for (const key of Object.keys(record(4))) {
      const bad: unknown = { ...record(4), [key]: 'x'.repeat(700) };
      assert.equal(decodeCycleRecord(JSON.parse(JSON.stringify(bad))), undefined, key);
    }
    const whole: unknown = JSON.parse(JSON.stringify(record(4)));
    assert.deepEqual(decodeCycleRecord(whole), record(4));
  });
});
