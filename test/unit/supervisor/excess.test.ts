import { strict as assert } from 'node:assert';
import { ExcessWatch } from '../../../src/supervisor';
import { later } from '../../../src/time';
import { arrival, fed, gridFrame, record, SITE, START, supervisor } from './rig';

/** Records 4..`to` of one mode with what the grid meter shows in each; the edges. */
function edges(
  mode: 'static' | 'blind' | 'cut' | 'service',
  to: number,
  frameOf: (n: number) => { readonly hex: string; readonly at_ms: number },
) {
  const s = fed();
  const given: boolean[] = [];
  for (let n = 4; n <= to; n += 1) {
    const { hex, at_ms } = frameOf(n);
    const gridFrame = { device: 'meter', at: later(START, at_ms), frame: hex };
    given.push(s.record(record(n, { mode, gridFrame }), arrival(n)).edge);
  }
  return { given, text: s.report().text };
}
/** A reading of now that is never twice the same. */
const shows = (current_A: number) => (n: number) => ({
  hex: gridFrame(current_A + n / 100),
  at_ms: n * 1000 - 400,
});

describe('supervisor: an excess that the grid meter shows', () => {
  for (const mode of ['static', 'blind', 'cut', 'service'] as const) {
    it(`is not fed in ${mode} either, whatever was commanded`, () => {
      const hot = edges(mode, 8, shows(400));
      assert.equal(hot.given.at(-1), false);
      assert.match(hot.text, /trip integral/);
      const long = edges(mode, 16, shows(126));
      assert.deepEqual([long.given[5], long.given.at(-1)], [true, false]);
      assert.match(long.text, /126 A above the limit 125 A/);
    });
  }

  it('counts only while the meter is read: a lost, frozen or mad one never drops the line', () => {
    const all = (given: readonly boolean[]): boolean => given.every((edge) => edge);
    const lost = edges('blind', 40, () => ({ hex: gridFrame(200), at_ms: 3600 }));
    assert.equal(all(lost.given), true, lost.text);
    const frozen = edges('blind', 60, (n) => ({ hex: gridFrame(127), at_ms: n * 1000 - 400 }));
    assert.equal(all(frozen.given), true, frozen.text);
    const mad = edges('blind', 40, shows(5000));
    assert.equal(all(mad.given), true, mad.text);
    const impossible = edges('blind', 40, (n) => ({
      hex: gridFrame(200 + n / 100, { W_L1: 90_000 }),
      at_ms: n * 1000 - 400,
    }));
    assert.equal(all(impossible.given), true, impossible.text);
  });
});

describe('supervisor: how long it remembers what the breaker has taken', () => {
  const curve = { name: 'x', rating_A: 100, points: [{ ratio: 2, hold_s: 20 }] };
  /** Above for 8 s, D 0.4, then below for so long; the seconds after which it may go on. */
  const goesOn = (declared: object, for_s: number): { watch: ExcessWatch; after_s?: number } => {
    const watch = new ExcessWatch({ ...curve, ...declared }, 100, 60_000);
    for (let s = 0; s <= 8; s += 1) watch.judge([150, 0, 0], later(START, s * 1000));
    for (let s = 9; s <= for_s; s += 1) {
      const why = watch.judge([90, 0, 0], later(START, s * 1000));
      if (why === undefined) return { watch, after_s: s - 8 };
    }
    return { watch };
  };

  it('cools by the declared constant until the breaker could stand the same again', () => {
    const { after_s, watch } = goesOn({ cooling_s: 600 }, 2000);
    // 0.4 e^(-t/600) is 0.1 after 832 s.
    assert.ok(after_s !== undefined && Math.abs(after_s - 832) <= 2, `${after_s} s`);
    assert.equal(watch.needsPerson, false);
  });

  it('does not cool while the meter proves nothing', () => {
    const watch = new ExcessWatch({ ...curve, cooling_s: 600 }, 100, 60_000);
    for (let s = 0; s <= 8; s += 1) watch.judge([150, 0, 0], later(START, s * 1000));
    for (let s = 9; s <= 4000; s += 1) {
      assert.match(watch.judge(undefined, later(START, s * 1000)) ?? '', /must cool/);
    }
    assert.match(watch.judge([90, 0, 0], later(START, 4_001_000)) ?? '', /0\.40/);
  });

  it('asks for a person where no constant is declared, and goes on when one has acted', () => {
    const { after_s, watch } = goesOn({}, 40_000);
    assert.deepEqual([after_s, watch.needsPerson], [undefined, true]);
    const at = later(START, 40_001_000);
    assert.match(watch.judge([90, 0, 0], at) ?? '', /holdfast mode release/);
    watch.release();
    assert.equal(watch.judge([90, 0, 0], later(START, 40_002_000)), undefined);
  });

  it('forgets an episode that was not noticed within hours, so that years do not add up', () => {
    const watch = new ExcessWatch(curve, 100, 60_000);
    let at_s = 0;
    for (let day = 0; day < 30; day += 1) {
      for (let s = 0; s < 4; s += 1) {
        at_s += 1;
        assert.equal(watch.judge([150, 0, 0], later(START, at_s * 1000)), undefined);
      }
      for (let s = 0; s < 86_400; s += 60) {
        at_s += 60;
        watch.judge([90, 0, 0], later(START, at_s * 1000));
      }
    }
  });

  it('does not believe that a restart has cooled the breaker', () => {
    const declared = new ExcessWatch({ ...curve, cooling_s: 600 }, 100, 60_000, true);
    const not = new ExcessWatch(curve, 100, 60_000, true);
    // 600 s ln(0.8 / 0.1)
    assert.match(declared.judge([0, 0, 0], START) ?? '', /must cool, 21 min more/);
    assert.match(not.judge([0, 0, 0], START) ?? '', /release/);
    assert.equal(not.needsPerson, true);
  });

  it('remembers over a restart what must cool, and a release of the latch does not cool it', () => {
    const [root, ...others] = SITE.nodes;
    assert(root !== undefined);
    const cools = { ...root, curve: { ...root.curve, cooling_s: 600 } };
    const site = { ...SITE, nodes: [cools, ...others] };
    const s = fed({ site });
    for (let n = 4; n <= 8; n += 1) {
      const { hex, at_ms } = shows(400)(n);
      const gridFrame = { device: 'meter', at: later(START, at_ms), frame: hex };
      s.record(record(n, { gridFrame }), arrival(n));
    }
    const { excess, latched } = s.report();
    assert.deepEqual([excess, latched], [true, false]);
    s.release();
    assert.equal(s.report().excess, true);
    const again = supervisor({ site, kept: { returnsWithinHour: 0, latched, excess } });
    for (let n = 1; n <= 5; n += 1) {
      assert.equal(again.record(record(n), arrival(n)).edge, false, again.report().text);
    }
    assert.match(again.report().text, /must cool/);
  });
});
