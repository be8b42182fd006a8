import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { Backoff } from '../../../src/time';

describe('back-off', () => {
  it('doubles from its first wait to its greatest, and begins again after a reset', () => {
    const backoff = new Backoff({ first_ms: 1000, max_ms: 5000 });
    const four = (): number[] => Array.from({ length: 4 }, () => backoff.next_ms());
    assert.deepEqual(four(), [1000, 2000, 4000, 5000]);
    backoff.reset();
    assert.deepEqual(four(), [1000, 2000, 4000, 5000]);
  });

  it('spreads a wait between half and all of it, whatever the jitter', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), (jitter, tries) => {
        const backoff = new Backoff({ first_ms: 2000, max_ms: 60_000, jitter: () => jitter });
        for (let i = 0; i < tries; i += 1) backoff.next_ms();
        const wait_ms = backoff.next_ms();
        assert.ok(wait_ms >= 1000 && wait_ms <= 60_000, `${wait_ms} ms`);
      }),
      { seed: 5 },
    );
  });

  it('never waits longer than its greatest wait, even the first time', () => {
    assert.equal(new Backoff({ first_ms: 2000, max_ms: 1500 }).next_ms(), 1500);
  });
});
