import { strict as assert } from 'node:assert';
import { CLAIMS } from '../../../src/mode';
import { later } from '../../../src/time';
import { arrival, fed, gridFrame, record, supervisor } from './rig';

describe('supervisor: refusal drill', () => {
  it('the refusal drill: a false record is refused, and nothing trips or moves', () => {
    const s = fed();
    const before = s.report();
    assert.equal(s.refusalDrill(later(arrival(3), 100)), true);
    assert.deepEqual(s.report(), before);
    assert.equal(s.record(record(4), arrival(4)).edge, true);
  });

  it('the refusal drill hides no excess: what judges over time sees the true records only', () => {
    const refusedIn = (drills: boolean): number => {
      const s = fed();
      for (let n = 4; n < 40; n += 1) {
        const at = later(arrival(n), -400);
        const frame = { device: 'meter', at, frame: gridFrame(126 + n / 100) };
        if (!s.record(record(n, { gridFrame: frame }), arrival(n)).edge) return n;
        if (drills) s.refusalDrill(later(arrival(n), 100));
      }
      return -1;
    };
    assert(refusedIn(false) > 4);
    assert.equal(refusedIn(true), refusedIn(false));
  });

  it('the refusal drill refuses before the first record too', () => {
    const s = supervisor();
    assert.equal(s.refusalDrill(arrival(1)), true);
    assert.equal(s.report().refused, 0);
  });

  it('a supervisor that would feed a false record feeds nothing any more', () => {
    const s = fed();
    // Its own evidence is spoilt: it finds everything good.
    Object.assign(s, {
      evidence: () => ({
        claims: Object.fromEntries(CLAIMS.static.map((c) => [c, true])),
        texts: new Map(),
      }),
    });
    assert.equal(s.refusalDrill(later(arrival(3), 100)), false);
    const feed = s.record(record(4), arrival(4));
    assert.deepEqual([feed.edge, feed.text], [false, 'the refusal drill failed']);
  });
});
