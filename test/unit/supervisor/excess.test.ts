import { strict as assert } from 'node:assert';
import { ExcessWatch } from '../../../src/supervisor';
import { later } from '../../../src/time';
import { arrival, fed, gridFrame, record, START } from './rig';

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
  const remembers = (declared: object): boolean => {
    const watch = new ExcessWatch({ ...curve, ...declared }, 100, 60_000);
    for (let s = 0; s <= 8; s += 1) watch.judge([150, 0, 0], later(START, s * 1000));
    // 0.4 after 8 s; exp(-0.25) of it is 0.31, exp(-0.5) of it is 0.24.
    let why: string | undefined;
    for (let s = 9; s <= 908; s += 1) why = watch.judge([90, 0, 0], later(START, s * 1000));
    return why !== undefined;
  };
  it('cools once, by the declared constant or within an hour', () => {
    assert.deepEqual([remembers({}), remembers({ cooling_s: 3600 })], [true, true]);
    assert.equal(remembers({ cooling_s: 1800 }), false);
  });
});
