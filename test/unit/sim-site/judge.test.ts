import { strict as assert } from 'node:assert';
import {
  Judge,
  type NodeTruth,
  type SiteTruth,
  steadyBaseLoad,
  walkingBaseLoad,
} from '../../../src/sim/site';
import { instant, later } from '../../../src/time';
import { evenly } from '../../../src/units';
import { siteBlock, siteOf, withKeys } from '../site/fixtures';

const SITE = siteOf(siteBlock());
const START = instant(1_000_000);
const REACTION_ms = new Map([
  ['grid', 9000],
  ['row', 9000],
]);

const node = (id: string, current_A: number, power_W = current_A * 230): NodeTruth => ({
  id,
  current_A: evenly(current_A),
  power_W: evenly(power_W),
  apparent_VA: Math.abs(3 * current_A * 230),
});
const truth = (grid: NodeTruth, row = node('row', 0)): SiteTruth => ({
  voltage_V: [230, 230, 230],
  nodes: [grid, row],
  bess_W: 0,
  pv_W: 0,
  stations_W: 0,
  base_W: 0,
});
/** Ten samples a second from `from_s` for `for_s` seconds. */
function samples(judge: Judge, t: SiteTruth, from_s: number, for_s: number): void {
  for (let i = 0; i < for_s * 10; i += 1)
    judge.sample(t, later(START, from_s * 1000 + i * 100), 0.1);
}
const rules = (judge: Judge): readonly string[] =>
  judge.report().violations.map((v) => `${v.node} ${v.what} ${v.rule}`);

describe('judge of INV-1', () => {
  it('convicts one sample over a limit that nothing explains, once per excess and phase', () => {
    const judge = new Judge(SITE, REACTION_ms);
    samples(judge, truth(node('grid', 125)), 0, 5);
    assert.deepEqual(rules(judge), []);
    samples(judge, truth(node('grid', 126)), 5, 3);
    assert.deepEqual(rules(judge), ['grid L1 a', 'grid L2 a', 'grid L3 a']);
    samples(judge, truth(node('grid', 100)), 8, 1);
    samples(judge, truth(node('grid', 126)), 9, 1);
    assert.equal(rules(judge).length, 6);
  });

  it('convicts a mean of ten minutes over the contract, in whole windows of the wall clock', () => {
    const site = siteOf(withKeys('connection_point', { contract_10min_W: 50_000 }));
    const judged = (first_W: number, then_W: number): readonly string[] => {
      let wall_ms = 600_000 * 1000 - 60_000;
      const judge = new Judge(site, REACTION_ms, () => wall_ms);
      for (let s = 0; s < 1300; s += 1) {
        wall_ms += 1000;
        const power_W = s < 360 ? first_W : then_W;
        judge.sample(truth(node('grid', 60, power_W / 3)), later(START, s * 1000), 1);
      }
      return rules(judge);
    };
    assert.deepEqual(judged(70_000, 25_000), []);
    assert.deepEqual(judged(70_000, 45_000), ['grid contract d']);
    assert.deepEqual(judged(90_000, 1000).length, 0, 'the first minute is no whole window');
  });

  it('looks at every node, at apparent power and at export', () => {
    const judge = new Judge(SITE, REACTION_ms);
    samples(judge, truth(node('grid', 60), node('row', 101)), 0, 1);
    samples(judge, truth({ ...node('grid', 60), apparent_VA: 90_100 }), 1, 1);
    samples(judge, truth(node('grid', 90, -20_100)), 2, 1);
    assert.deepEqual(rules(judge), [
      'row L1 a',
      'row L2 a',
      'row L3 a',
      'grid VA a',
      'grid export a',
    ]);
    assert.equal(judge.report().export_peak_W, 60_300);
  });

  it('lets a declared disturbance last as long as the declared reaction and no longer', () => {
    const judge = new Judge(SITE, REACTION_ms);
    judge.disturb(START);
    samples(judge, truth(node('grid', 130)), 0, 9);
    assert.deepEqual(rules(judge), []);
    samples(judge, truth(node('grid', 130)), 9, 1);
    assert.deepEqual(rules(judge), ['grid L1 b', 'grid L2 b', 'grid L3 b']);
    assert(Math.abs(judge.report().longest_excess_ms - 10_000) < 1);
  });

  it('convicts a disturbance that heats the breaker beyond one half', () => {
    const judge = new Judge(SITE, REACTION_ms);
    judge.disturb(START);
    // 2.0 In holds 25 s.
    samples(judge, truth(node('grid', 320)), 0, 8);
    assert.deepEqual(rules(judge), []);
    const hotter = new Judge(SITE, REACTION_ms);
    hotter.disturb(START);
    samples(hotter, truth(node('grid', 330)), 0, 1);
    assert.equal(rules(hotter)[0], 'grid L1 b');
  });

  it('with a lying part looks at the trip integral alone', () => {
    const judge = new Judge(SITE, REACTION_ms);
    judge.setLying(true, START);
    samples(judge, truth(node('grid', 320)), 0, 19);
    assert.deepEqual(rules(judge), []);
    samples(judge, truth(node('grid', 320)), 19, 2);
    assert.deepEqual(rules(judge), ['grid L1 c', 'grid L2 c', 'grid L3 c']);
    assert(judge.report().trip_integral_max > 0.8);
  });

  it('explains nothing long after a disturbance or a lie has ended', () => {
    const judge = new Judge(SITE, REACTION_ms);
    judge.disturb(START);
    judge.setLying(true, START);
    judge.setLying(false, START);
    samples(judge, truth(node('grid', 126)), 19, 1);
    assert.equal(rules(judge)[0], 'grid L1 a');
  });
});

describe('base load', () => {
  it('walks within its bounds, the same for the same seed', () => {
    const course = (seed: number): readonly number[] => {
      const load = walkingBaseLoad(10, 30, seed);
      return Array.from({ length: 3000 }, () => load.step(0.1)[0]);
    };
    assert.deepEqual(course(5), course(5));
    assert.notDeepEqual(course(5), course(6));
    for (const a of course(5)) assert(a >= 9.8 && a <= 30.2, `${a}`);
  });

  it('jumps by what is added and never below nothing', () => {
    const load = steadyBaseLoad(20);
    load.jump(15);
    assert.deepEqual(load.step(1), [35, 35, 35]);
    load.jump(-100);
    assert.deepEqual(load.step(1), [0, 0, 0]);
  });
});
