import assert from 'node:assert/strict';
import { brokenRule } from '../../../scripts/bench/allocationProperties';
import { judgeTree, randomTree, referenceTrees, solve } from '../../../scripts/bench/fuseTree';
import { Random } from '../../../scripts/bench/random';

const TREES = 1500;

describe('allocation on trees', () => {
  it('agrees with the linear programs of the reference within 0.01 A and exceeds no fuse', () => {
    for (const tree of referenceTrees()) {
      const verdict = judgeTree(tree, solve(tree));
      assert.ok(verdict.distance_A <= 0.01, `${verdict.distance_A} A off`);
      assert.ok(verdict.excess_A <= 1e-9);
    }
  });

  it('is optimal on unseen trees: each share is justified by a rating or a tight bound', () => {
    const r = new Random(20_260);
    for (let k = 0; k < 300; k += 1) {
      const tree = randomTree(r);
      const verdict = judgeTree(tree, solve(tree));
      assert.ok(verdict.distance_A <= 0.01, `tree ${k}: ${verdict.distance_A} A off`);
      assert.ok(verdict.excess_A <= 1e-9);
    }
  });

  it('notices a share that is not justified', () => {
    const tree = randomTree(new Random(5));
    const x = solve(tree).map((a, i) => (i === 0 ? Math.max(0, a - 3) : a));
    assert.ok(judgeTree(tree, x).distance_A > 1);
  });

  it(`keeps its rules on ${TREES} random sites: limits, leases, order, constancy, bad numbers`, () => {
    for (let seed = 0; seed < TREES; seed += 1) {
      assert.equal(brokenRule(seed), undefined, `seed ${seed}`);
    }
  }).timeout(30_000);
});
