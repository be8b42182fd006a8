import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  nextBessLease,
  nextStationLease,
  type StationLeaseView,
  TTL_MIN_ms,
} from '../../../src/lease';
import type { AcknowledgedLease, DeviceLease } from '../../../src/model';
import { type Instant, instant, later } from '../../../src/time';
import { amps, watts } from '../../../src/units';

const NOW = instant(1_000_000);
const FLOOR = 8;
const RULES = { station: 's', floor_A: FLOOR, ttl_ms: 30_000, minRenew_ms: 5000 };
const held = (limit_A: number, left_ms: number): AcknowledgedLease => ({
  limit_A: amps(limit_A),
  cycle: 1,
  acknowledged_at: later(NOW, left_ms - 30_000),
  ends_at: later(NOW, left_ms),
});
const view = (limit_A: number, left_ms: number, sent_ms = 30_000 - left_ms): StationLeaseView => ({
  acknowledged: held(limit_A, left_ms),
  sent: { limit_A, at: later(NOW, 0 - sent_ms) },
});
const next = (v: StationLeaseView, wanted_A: number, until?: Instant) =>
  nextStationLease(RULES, v, wanted_A, NOW, until);

describe('station lease', () => {
  const rows: readonly (readonly [string, StationLeaseView, number, string, number])[] = [
    ['nothing held and the floor wanted: nothing is written', {}, FLOOR, 'keep', FLOOR],
    ['nothing held and more wanted: granted', {}, 16, 'grant', 16],
    ['nothing held and less wanted: granted below the floor', {}, 0, 'grant', 0],
    ['a raised lease and the floor wanted: cleared', view(16, 25_000), FLOOR, 'clear', FLOOR],
    ['less wanted: lowered at once', view(16, 29_000), 15.5, 'lower', 15.5],
    ['the same wanted: kept', view(16, 25_000), 16, 'keep', 16],
    ['a little more wanted: kept', view(16, 25_000), 16.9, 'keep', 16],
    ['more wanted: granted', view(16, 22_000), 17, 'grant', 17],
    ['more wanted too soon after a write: kept', view(16, 28_000), 20, 'keep', 16],
    ['two thirds of the TTL left: renewed', view(16, 20_000), 16, 'renew', 16],
    ['renewed with the little more that is wanted', view(16, 20_000), 16.9, 'renew', 16.9],
    ['a lease that ended counts for nothing', view(16, 0), 16, 'grant', 16],
  ];
  for (const [title, v, wanted, action, limit_A] of rows) {
    it(title, () => {
      const lease = next(v, wanted);
      assert.deepEqual([lease.action, lease.limit_A], [action, limit_A]);
    });
  }

  it('a raise that was sent and never answered is cleared when the floor is wanted', () => {
    const sent = { limit_A: 16, at: later(NOW, -1000) };
    assert.equal(next({ sent }, FLOOR).action, 'clear');
    assert.equal(next({ sent: { ...sent, at: later(NOW, -30_000) } }, FLOOR).action, 'keep');
    assert.equal(next({ sent: { ...sent, limit_A: FLOOR } }, FLOOR).action, 'keep');
  });

  it('a lowering that was sent and not answered is sent again: the greater value counts', () => {
    const v = { acknowledged: held(20, 25_000), sent: { limit_A: 10, at: NOW } };
    assert.deepEqual([next(v, 10).action, next(v, 10).limit_A], ['lower', 10]);
  });

  it('a lease that outlives its BESS support is shortened at once', () => {
    const until = later(NOW, 12_000);
    const lease = next(view(16, 29_000), 16, until);
    assert.equal(lease.action, 'renew');
    assert.equal(lease.ttl_ms, 12_000);
  });

  it('a lease that ends within its BESS support is left to its rhythm', () => {
    for (const left_ms of [29_000, 29_500]) {
      assert.equal(next(view(16, 29_000), 16, later(NOW, left_ms)).action, 'keep');
    }
  });

  it('a lease of the shortest time is worth a write', () => {
    assert.equal(next({}, 16, later(NOW, TTL_MIN_ms)).action, 'grant');
  });

  it('support that ends too soon for a lease leads to the floor', () => {
    const until = later(NOW, TTL_MIN_ms - 1);
    assert.equal(next(view(16, 29_000), 16, until).action, 'clear');
    assert.equal(next({}, 16, until).action, 'keep');
  });

  const arbView = fc.record(
    {
      acknowledged: fc
        .record({
          a: fc.integer({ min: 0, max: 40 }),
          left: fc.integer({ min: -5000, max: 30_000 }),
        })
        .map(({ a, left }) => held(a, left)),
      sent: fc.record({
        limit_A: fc.integer({ min: 0, max: 40 }),
        at: fc.integer({ min: 0, max: 40_000 }).map((ms) => later(NOW, 0 - ms)),
      }),
    },
    { requiredKeys: [] },
  );
  const arbWanted = fc.double({ min: 0, max: 40, noNaN: true });
  const arbUntil = fc.option(
    fc.integer({ min: -10_000, max: 60_000 }).map((ms) => later(NOW, ms)),
    { nil: undefined },
  );

  it('is never granted or renewed while the floor is wanted', () => {
    fc.assert(
      fc.property(arbView, arbUntil, (v, until) => {
        const lease = next(v, FLOOR, until);
        assert(['keep', 'clear', 'lower'].includes(lease.action), lease.action);
        assert(lease.action !== 'lower' || lease.limit_A <= FLOOR);
      }),
      { seed: 121, numRuns: 1000 },
    );
  });

  it('never writes more than was decided, nor for longer than its rules and its support', () => {
    fc.assert(
      fc.property(arbView, arbWanted, arbUntil, (v, wanted, until) => {
        const lease = next(v, wanted, until);
        assert(lease.ttl_ms <= RULES.ttl_ms && lease.ttl_ms >= TTL_MIN_ms);
        if (lease.action === 'keep') return;
        assert(lease.limit_A <= Math.max(wanted, FLOOR) + 1e-9);
        if (lease.limit_A > FLOOR && until !== undefined) {
          assert(later(NOW, lease.ttl_ms) <= until, 'outlives its support');
        }
      }),
      { seed: 122, numRuns: 2000 },
    );
  });

  it('a kept lease above the floor never outlives its support, nor exceeds the decision', () => {
    fc.assert(
      fc.property(arbView, arbWanted, arbUntil, (v, wanted, until) => {
        const lease = next(v, wanted, until);
        const a = v.acknowledged;
        if (lease.action !== 'keep' || a === undefined || a.ends_at <= NOW) return;
        assert(lease.limit_A <= wanted + 1e-9);
        if (until !== undefined && wanted > FLOOR) assert(a.ends_at <= until);
      }),
      { seed: 123, numRuns: 2000 },
    );
  });

  it('is renewed early enough that two thirds of its TTL are left in every healthy cycle', () => {
    let ends_at = later(NOW, 30_000);
    let sent = NOW;
    for (let s = 1; s <= 300; s += 1) {
      const now = later(NOW, s * 1000);
      const acknowledged = { ...held(16, 0), acknowledged_at: sent, ends_at };
      const v = { acknowledged, sent: { limit_A: 16, at: sent } };
      const lease = nextStationLease(RULES, v, 16, now);
      if (lease.action === 'renew') {
        ends_at = later(now, lease.ttl_ms);
        sent = now;
      }
      assert(ends_at - now >= 20_000 - 1000, `second ${s}`);
    }
  });
});

describe('BESS lease', () => {
  const WISH = { dischargeTtl_ms: 60_000, chargeTtl_ms: 15_000, deadBand_W: 600 };
  const lease = (value: number, left_ms: number): DeviceLease => ({
    value: watts(value),
    acknowledged_at: NOW,
    ends_at: later(NOW, left_ms),
  });
  const act = (wanted_W: number, live?: DeviceLease) =>
    nextBessLease({ ...WISH, wanted_W }, live, NOW);
  const rows: readonly (readonly [string, number, DeviceLease | undefined, string, number?])[] = [
    ['nothing wanted, nothing held', 0, undefined, 'keep'],
    ['nothing wanted, 0 held', 0, lease(0, 5000), 'keep'],
    ['nothing wanted, something held', 0, lease(5000, 5000), 'clear'],
    ['discharge wanted', 5000, undefined, 'grant', 60_000],
    ['charge wanted, with the shorter TTL', -5000, undefined, 'grant', 15_000],
    ['the same with much left', 5000, lease(5000, 41_000), 'keep'],
    ['the same with two thirds left', 5000, lease(5000, 40_000), 'renew', 60_000],
    ['a change within the dead band', 5599, lease(5000, 50_000), 'keep'],
    ['a change beyond the dead band', 5600, lease(5000, 50_000), 'grant', 60_000],
    ['another direction, however small', -10, lease(10, 50_000), 'grant', 15_000],
    ['an ended lease counts for nothing', 5000, lease(5000, 0), 'grant', 60_000],
  ];
  for (const [title, wanted, live, action, ttl_ms] of rows) {
    it(title, () => {
      const got = act(wanted, live);
      assert.equal(got.action, action);
      if (ttl_ms !== undefined) assert('ttl_ms' in got && got.ttl_ms === ttl_ms);
    });
  }

  it('is never renewed or granted at 0, and never with another value than decided', () => {
    const arb = fc.record({
      w: fc.integer({ min: -40_000, max: 40_000 }),
      left: fc.integer({ min: -9, max: 60_000 }),
    });
    fc.assert(
      fc.property(
        fc.option(arb, { nil: undefined }),
        fc.constantFrom(0, 5000, -5000, 20_000),
        (live, wanted) => {
          const got = act(wanted, live === undefined ? undefined : lease(live.w, live.left));
          if (got.action === 'keep') return;
          assert.equal(got.action === 'clear', wanted === 0);
          assert.equal(got.value_W, wanted);
          assert.equal(got.ttl_ms, wanted >= 0 ? 60_000 : 15_000);
        },
      ),
      { seed: 124 },
    );
  });
});
