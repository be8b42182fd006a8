import { strict as assert } from 'node:assert';
import { later } from '../../../src/time';
import { arrival, fed, record, supervisor } from './rig';

describe('supervisor: returns', () => {
  it('believes a restarted site from its first cycles, and the line returns by the rules', () => {
    const restarted = { bootId: 'boot-2' } as const;
    const s = fed();
    const edges: number[] = [];
    for (let n = 4; n <= 80; n += 1) {
      const { edge } = s.record(record(n, { ...restarted, cycle: n - 3 }), arrival(n));
      if (edge) edges.push(n);
    }
    assert.equal(edges[0], 64);
    assert.deepEqual([s.report().accepted, s.report().returnsWithinHour], [80, 1]);
  });

  it('counts good records in a row for a return: a silence begins them anew, and is told', () => {
    const s = supervisor({ start: 'return' });
    const run = (from: number, to: number): number | undefined => {
      for (let n = from; n <= to; n += 1) {
        if (s.record(record(n), arrival(n)).edge) return n;
        s.tick(later(arrival(n), 500));
      }
      return undefined;
    };
    assert.equal(run(1, 20), undefined);
    for (let n = 21; n <= 70; n += 1) s.tick(arrival(n));
    assert.deepEqual([s.report().text, s.report().refused], ['no cycle record', 1]);
    assert.equal(run(71, 120), 100);
  });

  it('takes a later one of another boot only after a long silence', () => {
    const restarted = { bootId: 'boot-2' } as const;
    const s = fed();
    for (let n = 4; n <= 13; n += 1) {
      const r = record(n, { ...restarted, cycle: n + 100 });
      assert.match(s.record(r, arrival(n)).text, /another boot/);
    }
    const late = record(14, { ...restarted, cycle: 114 });
    const { accepted } = s.report();
    assert.doesNotMatch(s.record(late, arrival(14)).text, /^the record/);
    assert.equal(s.report().accepted, accepted + 1);
  });
});
