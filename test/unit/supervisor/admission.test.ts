import { strict as assert } from 'node:assert';
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

  it('drops no line that is up because a station went silent', () => {
    const s = fed({ site: heavyBase() });
    const edges = [4, 5, 6].map(
      (n) => s.record(record(n, { entries: unverified(32) }), arrival(n)).edge,
    );
    assert.deepEqual(edges, [true, true, true]);
  });
});

function heavyBase() {
  return {
    ...SITE,
    nodes: SITE.nodes.map((n) => (n.parent === undefined ? { ...n, baseLoadMax_A: 100 } : n)),
  };
}
