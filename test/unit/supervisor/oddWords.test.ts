import { strict as assert } from 'node:assert';
import { EnergyCross } from '../../../src/supervisor';
import { later } from '../../../src/time';
import { arrival, entry, fed, gridFrame, record, SITE, START, supervisor } from './rig';

const NORMAL = { mode: 'normal' } as const;
const frame = (n: number) => ({
  gridFrame: { device: 'meter', at: later(START, n * 1000 - 400), frame: gridFrame(60) },
});

describe('supervisor: odd words of its peers', () => {
  it('one absurd sum of station meters does not outlast itself', () => {
    for (const absurd of [1e308, -1e308, 1e15]) {
      const cross = new EnergyCross(5000, 10_000);
      let found: string | undefined;
      for (let t = 0; t < 700; t += 1) {
        const at = later(START, t * 1000);
        const counter = { at, net_Wh: 1e6 + (40_000 / 3600) * t };
        const stations_W = t === 20 ? absurd : 56_000;
        found = cross.judge({ power_W: 40_000, counter, stations_W }, at);
      }
      assert.match(found ?? '', /took 10\.\d+ kWh/, String(absurd));
    }
  });

  it('station meters from the future are not known', () => {
    const s = fed();
    s.stationMeters({ at: later(START, 1e12), sum_W: 200_000 });
    for (let n = 4; n <= 30; n += 1) {
      const { edge } = s.record(record(n, { ...NORMAL, ...frame(n) }), arrival(n));
      assert.equal(edge, true, s.report().text);
    }
  });

  it('a decision of now about a state of long ago is not fresh', () => {
    const s = fed();
    const decided_at = later(START, 8020);
    const stale = record(4, { latched_at: later(START, 4000), decided_at });
    assert.match(s.record(stale, later(START, 8025)).text, /too old/);
  });

  it('a record that is not believed gives no line back that was left out', () => {
    const lines = ['a', 'b'].map((id) => ({ id, node: 'row', kind: 'isolate' as const, path: '' }));
    const site = { ...SITE, lines: lines.map((l) => ({ ...SITE.lines[0], ...l, reaction_s: 4 })) };
    const s = supervisor({ site });
    const lefts = (n: number) => s.leftOut(arrival(n)).now;
    for (let n = 1; n <= 3; n += 1) s.record(record(n, { isolate: ['a'] }), arrival(n));
    assert.deepEqual(lefts(3), ['a']);
    // An old one, repeated for more than the minute after which a line would come back.
    for (let n = 4; n <= 80; n += 1) {
      s.record(record(n, { isolate: ['a'] }), arrival(n));
      s.record(record(2, { isolate: ['b'] }), later(arrival(n), 10));
    }
    assert.deepEqual(lefts(80), ['a', 'b'], 'it can only take edges away');
    for (let n = 81; n <= 141; n += 1) {
      s.record(record(n, { isolate: ['a'], entries: [...record(n).entries] }), arrival(n));
    }
    assert.deepEqual(lefts(145), ['a']);
  });

  it('an entry that says no kind of this site is named, whatever its id', () => {
    const s = fed();
    const odd = [...record(4).entries, entry('__proto__'), entry('constructor')];
    assert.match(s.record(record(4, { entries: odd }), arrival(4)).text, /no station "__proto__"/);
  });
});
