import { strict as assert } from 'node:assert';
import type { CycleRecord } from '../../../src/model';
import type { Supervisor } from '../../../src/supervisor';
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

  /** Feeds records until the line is up again; the cycle of the first edge. */
  const back = (
    s: Supervisor,
    from: number,
    spoil?: (n: number) => Partial<CycleRecord>,
  ): number => {
    for (let n = from; n < from + 200; n += 1) {
      if (s.record(record(n, spoil?.(n) ?? {}), arrival(n)).edge && n > from + 10) return n;
    }
    return Number.NaN;
  };

  it('a drop by a drill is no failure: it uses up none of the three returns', () => {
    const s = fed();
    let n = 4;
    for (let drills = 0; drills < 5; drills += 1) {
      s.lineDrill(arrival(n - 1));
      n = back(s, n) + 1;
    }
    const { line, latched, returnsWithinHour } = s.report();
    assert.deepEqual(
      { line, latched, returnsWithinHour },
      { line: 'fed', latched: false, returnsWithinHour: 0 },
    );
  });

  it('what goes wrong while a drilled line is open counts all the same', () => {
    const s = fed();
    s.lineDrill(arrival(3));
    back(s, 4, (n) => (n === 20 ? { decisionDone: false } : {}));
    assert.equal(s.report().returnsWithinHour, 1);
    const silent = fed();
    silent.lineDrill(arrival(3));
    for (let n = 4; n <= 20; n += 1) silent.tick(arrival(n));
    back(silent, 21);
    assert.equal(silent.report().returnsWithinHour, 1);
  });

  it('a person releases the latch once: the next return too many latches it again', () => {
    const s = fed();
    let n = 4;
    const returns = (count: number): boolean[] =>
      Array.from({ length: count }, () => {
        for (let missed = 0; missed < 4; missed += 1, n += 1) s.tick(arrival(n));
        n = back(s, n) + 1;
        return s.report().latched;
      });
    assert.deepEqual(returns(4), [false, false, false, true]);
    s.release();
    s.record(record(n), arrival(n));
    n += 1;
    assert.equal(s.report().latched, false);
    assert.deepEqual(returns(2), [true, true]);
  });

  it('says why a record was refused, not that none came', () => {
    const s = fed();
    for (let n = 4; n <= 7; n += 1) {
      const late = later(arrival(n), 100);
      s.tick(later(arrival(n), 50));
      s.record(record(n, { decisionDone: false, mode: 'static' }), late);
    }
    assert.match(s.report().text, /without a decision/);
    s.record(record(8), arrival(8));
    assert.match(s.report().text, /good, waiting: the cycle ended without a decision/);
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
