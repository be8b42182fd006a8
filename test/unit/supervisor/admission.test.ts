import { strict as assert } from 'node:assert';
import type { CycleRecord } from '../../../src/model';
import type { Site } from '../../../src/site';
import { arrival, fed, record, SITE, supervisor, told } from './rig';

/** Station `one` is not verified at its floor and may draw this. */
const unverified = (counted: number) => told('one', { proved: 'reserved', counted });

describe('supervisor: cold start', () => {
  it('energises no line while a station without verified floor does not fit at nameplate', () => {
    const s = supervisor();
    const tight = { entries: unverified(32) };
    const bases = supervisor({ site: heavyBase() });
    for (let n = 1; n <= 40; n += 1) {
      assert.equal(bases.record(record(n, tight), arrival(n)).edge, false);
    }
    assert.match(bases.report().text, /one not verified at the floor.*125 A/);
    const edges = [41, 42, 43].map((n) => bases.record(record(n), arrival(n)).edge);
    assert.deepEqual(edges, [false, false, true], 'three good records in a row, then');
    // It fits beside the declared base load: nothing waits for it.
    assert.equal([1, 2, 3].map((n) => s.record(record(n, tight), arrival(n)).edge).at(-1), true);
  });

  it('energises the lines that fit without the one of such a station, and that one afterwards', () => {
    const s = supervisor({ site: twoLines(heavyBase()) });
    const lines = (n: number, change: Partial<CycleRecord> = {}) =>
      s.record(record(n, change), arrival(n)).lines;
    const waits = { entries: unverified(32) };
    assert.deepEqual([1, 2, 3].map((n) => lines(n, waits)).at(-1), ['line-2']);
    assert.deepEqual(s.leftOut(arrival(3)).now, ['line-1']);
    // A record that is not fed admits nothing.
    lines(4, { decisionDone: false });
    assert.deepEqual(lines(5, waits), ['line-2']);
    assert.deepEqual(lines(6), ['line-1', 'line-2']);
    assert.deepEqual(lines(7, waits), ['line-1', 'line-2'], 'a line that is up stays up');
  });

  it('counts the batteries at the worst they fall back to', () => {
    const edge = (expiry_min_W: number): boolean | undefined => {
      const bess = SITE.bess.map((b) => ({ ...b, expiry_min_W }));
      const s = supervisor({ site: { ...heavyBase(60), bess } });
      const tight = { entries: unverified(32) };
      return [1, 2, 3].map((n) => s.record(record(n, tight), arrival(n)).edge).at(-1);
    };
    // 60 A base, 32 A and 8 A, and 30 kW at 0.9 Un: 148 A.
    assert.deepEqual([edge(0), edge(-30_000)], [true, false]);
  });

  it('drops no line that is up because a station went silent', () => {
    const s = fed({ site: heavyBase() });
    const edges = [4, 5, 6].map(
      (n) => s.record(record(n, { entries: unverified(32) }), arrival(n)).edge,
    );
    assert.deepEqual(edges, [true, true, true]);
  });
});

function heavyBase(baseLoadMax_A = 100): Site {
  const nodes = SITE.nodes.map((n) => (n.parent === undefined ? { ...n, baseLoadMax_A } : n));
  return { ...SITE, nodes };
}

/** Each station on a line of its own. */
function twoLines(site: Site): Site {
  const lines = ['line-1', 'line-2'].flatMap((id) => site.lines.map((l) => ({ ...l, id })));
  const stations = site.stations.map((s, i) => ({ ...s, line: `line-${i + 1}` }));
  return { ...site, lines, stations };
}
