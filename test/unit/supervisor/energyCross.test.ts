import { strict as assert } from 'node:assert';
import { EnergyCross } from '../../../src/supervisor';
import { type Instant, instant, later } from '../../../src/time';

const START = instant(1_000_000);
const at = (s: number): Instant => later(START, s * 1000);

interface Shown {
  /** By the power registers, W; and what the counter counts of it. */
  readonly power_W?: number;
  readonly counted?: number;
  readonly stations_W?: number;
  /** The counter shows whole multiples of this, Wh. */
  readonly step_Wh?: number;
  readonly hole?: { readonly from_s: number; readonly for_s: number };
}

/** One sample a second for `to_s`, the counter asked for in each; the finding of each second. */
function findings(to_s: number, shown: Shown, cross = new EnergyCross(0, 50_000)) {
  const { power_W = 40_000, counted = 1, stations_W, step_Wh = 0, hole } = shown;
  const found: (string | undefined)[] = [];
  for (let s = 0; s < to_s; s += 1) {
    if (hole !== undefined && s > hole.from_s && s < hole.from_s + hole.for_s) {
      found.push(undefined);
      continue;
    }
    const true_Wh = 5_000_123.4 + (power_W * counted * s) / 3600;
    const net_Wh = step_Wh === 0 ? true_Wh : Math.floor(true_Wh / step_Wh) * step_Wh;
    const stations = stations_W === undefined ? {} : { stations_W };
    found.push(cross.judge({ power_W, counter: { at: at(s), net_Wh }, ...stations }, at(s)));
  }
  return found;
}

/** Second of the first finding; -1: none. */
const firstOf = (found: readonly (string | undefined)[]): number =>
  found.findIndex((text) => text !== undefined);

describe('supervisor: energy against power', () => {
  it('bears 4 % and what lies at the ends of the stretch, either way, and no 9 %', () => {
    for (const counted of [1, 1.04, 0.96]) assert.equal(firstOf(findings(900, { counted })), -1);
    for (const counted of [1.1, 0.9]) {
      const s = firstOf(findings(900, { counted }));
      assert(s >= 180 && s <= 660, `${counted}: after ${s} s`);
    }
  });

  it('judges an export as it judges an import', () => {
    assert.equal(firstOf(findings(900, { power_W: -30_000 })), -1);
    assert(firstOf(findings(900, { power_W: -30_000, counted: 1.12 })) >= 180);
  });

  it('a counter of whole kWh may be one of them late at each end, no more', () => {
    // 10 % of 6.7 kWh are less than 2 kWh, 40 % are more.
    assert.equal(firstOf(findings(900, { counted: 1.1, step_Wh: 1000 })), -1);
    assert(firstOf(findings(900, { counted: 1.1, step_Wh: 10 })) > 0);
    assert(firstOf(findings(900, { counted: 1.4, step_Wh: 1000 })) > 0);
  });

  it('says nothing of less than three minutes, and nothing across a hole', () => {
    const found = findings(900, { counted: 1.3 });
    assert(firstOf(found) >= 180);
    const after = findings(900, { counted: 1.3, hole: { from_s: 150, for_s: 7 } });
    assert(firstOf(after) >= 150 + 7 + 179, `${firstOf(after)} s`);
    const short = findings(900, { counted: 1.3, hole: { from_s: 150, for_s: 5 } });
    assert.equal(firstOf(short), firstOf(found), 'five seconds are no hole');
  });

  it('begins anew when the clock goes back', () => {
    const cross = new EnergyCross(0, 50_000);
    for (let s = 0; s < 170; s += 1) {
      const net_Wh = 1e6 + (52_000 * s) / 3600;
      cross.judge({ power_W: 40_000, counter: { at: at(s), net_Wh } }, at(s));
    }
    const found = findings(170, { counted: 1.3 }, cross);
    assert.equal(firstOf(found), -1, 'neither stretch has three minutes');
  });

  it('a finding stands until a newer counter says otherwise', () => {
    const cross = new EnergyCross(0, 50_000);
    assert(findings(700, { counted: 1.2 }, cross).at(-1) !== undefined);
    assert(cross.judge({ power_W: 40_000 }, at(700)) !== undefined, 'no counter: no news');
    const old = { at: at(600), net_Wh: 5e6 };
    assert(cross.judge({ power_W: 40_000, counter: old }, at(701)) !== undefined);
    cross.forget();
    assert.equal(cross.judge({ power_W: 40_000 }, at(702)), undefined);
  });

  it('a counter that was set, not counted, says nothing', () => {
    const cross = new EnergyCross(0, 50_000);
    findings(400, {}, cross);
    for (let s = 400; s < 500; s += 1) {
      const net_Wh = 9e9 + (40_000 * s) / 3600;
      const found = cross.judge({ power_W: 40_000, counter: { at: at(s), net_Wh } }, at(s));
      assert.equal(found, undefined, `at ${s} s`);
    }
  });

  it('counts the greatest power of the stretch at its ends, and forgets it slowly', () => {
    const cross = new EnergyCross(0, 50_000);
    // 200 kW for a moment, then 1 kW with a counter that is 400 Wh off: 10 s of 200 kW are 556.
    const sample = (s: number, off_Wh: number): string | undefined => {
      const net_Wh = 1_000_000.5 + (1000 * s) / 3600 + off_Wh;
      return cross.judge(
        { power_W: s < 1 ? 200_000 : 1000, counter: { at: at(s), net_Wh } },
        at(s),
      );
    };
    for (let s = 0; s < 200; s += 1) sample(s, 0);
    assert.equal(sample(221, 400), undefined);
  });
});

describe('supervisor: the stations against meter and sources', () => {
  const stations = (stations_W: number, baseMin_W = 0): number =>
    firstOf(findings(900, { stations_W }, new EnergyCross(baseMin_W, 10_000)));

  it('finds more than both can give, beyond the slack of either', () => {
    // 40 kW and 10 kW of sources; 4.5 % of each and ten seconds at the ends are borne.
    assert.equal(stations(50_000), -1);
    assert.equal(stations(53_000), -1);
    assert(stations(60_000) >= 180);
    assert(stations(50_000, 8000) >= 180, 'the least base load is taken, too');
  });

  it('takes no number for a reading that no site can draw', () => {
    for (const mad of [1e9, -1e9, Number.POSITIVE_INFINITY]) assert.equal(stations(mad), -1);
    const cross = new EnergyCross(0, 10_000);
    cross.judge({ power_W: 0, stations_W: -1e12 }, at(-1));
    assert(firstOf(findings(900, { stations_W: 60_000 }, cross)) >= 180, 'it hides no later one');
  });
});
