import { strict as assert } from 'node:assert';
import type { StationImage, StationLease } from '../../../src/model';
import {
  isolatedStations,
  nextOverdraw,
  type OverdrawState,
  StationTracker,
} from '../../../src/runtime';
import { type Instant, instant, later } from '../../../src/time';
import { amps, evenly } from '../../../src/units';

const NOW = instant(1_000_000);
const at = (ms: number): Instant => later(NOW, ms);

function image(ms: number, change: Partial<StationImage> = {}): StationImage {
  return {
    station: 's',
    connected: true,
    floorVerified: true,
    status: 'Charging',
    wantsEnergy: true,
    lastSeen_at: at(ms),
    ...change,
  };
}
const metered = (ms: number, current: number): StationImage =>
  image(ms, { current_A: evenly(amps(current)), metered_at: at(ms) });
const lease = (limit_A: number, action: StationLease['action'] = 'grant'): StationLease => ({
  station: 's',
  limit_A: amps(limit_A),
  action,
  ttl_ms: 30_000,
});
const acknowledged = (limit_A: number, cycle: number, ends: number) => ({
  lease: { limit_A: amps(limit_A), cycle, acknowledged_at: at(0), ends_at: at(ends) },
});

describe('station tracker: what may be in force', () => {
  it('is the floor while nothing was sent', () => {
    const t = new StationTracker('s', 8);
    assert.equal(t.inForce_A(NOW), 8);
    assert.equal(t.endsAt(NOW), undefined);
    assert.equal(t.latest(), undefined);
  });

  it('is the greatest of floor, acknowledged and sent, until each ends', () => {
    const t = new StationTracker('s', 8);
    t.sending(lease(20), 1, at(0));
    assert.equal(t.inForce_A(at(1000)), 20);
    assert.equal(t.endsAt(at(1000)), at(30_000));
    t.sending(lease(12, 'lower'), 2, at(5000));
    assert.equal(t.inForce_A(at(5000)), 20, 'a lowering that was not answered');
    t.observe(image(6000, acknowledged(12, 2, 35_000)), at(6000));
    assert.equal(t.inForce_A(at(6000)), 12);
    assert.equal(t.inForce_A(at(35_000)), 8);
  });

  it('a raise that was sent and lost counts until it would have ended', () => {
    const t = new StationTracker('s', 8);
    t.sending(lease(20), 1, at(0));
    for (let s = 1; s < 30; s += 1) {
      t.observe(image(s * 1000), at(s * 1000));
      assert.equal(t.inForce_A(at(s * 1000)), 20, `${s} s`);
    }
    assert.equal(t.inForce_A(at(30_000)), 8);
  });

  it('a kept lease is no new one', () => {
    const t = new StationTracker('s', 8);
    t.sending(lease(20, 'keep'), 1, at(0));
    assert.equal(t.inForce_A(at(1)), 8);
    assert.equal(t.written(), undefined);
  });

  it('a cleared lease counts until its end is seen; what was sent before it goes with it', () => {
    const t = new StationTracker('s', 8);
    t.sending(lease(20), 1, at(0));
    t.observe(image(1000, acknowledged(20, 1, 30_000)), at(1000));
    t.sending(lease(8, 'clear'), 2, at(2000));
    assert.equal(t.inForce_A(at(2000)), 20);
    t.observe(image(3000), at(3000));
    assert.equal(t.inForce_A(at(3000)), 8);
  });
});

describe('station tracker: what it may still draw', () => {
  it('is the value before for as long as a vehicle takes to follow a lower one', () => {
    const t = new StationTracker('s', 8);
    t.sending(lease(20), 1, at(0));
    t.observe(image(1000, acknowledged(20, 1, 30_000)), at(1000));
    assert.equal(t.mayDraw_A(at(1000), 7000), 20);
    t.observe(image(2000, acknowledged(12, 2, 31_000)), at(2000));
    for (const s of [2, 5, 8]) assert.equal(t.mayDraw_A(at(s * 1000), 7000), 20, `${s} s`);
    assert.equal(t.mayDraw_A(at(9000), 7000), 12);
    assert.equal(t.inForce_A(at(2000)), 12);
  });
});

describe('station tracker: what it surely draws', () => {
  it('is the least of a reading’s window, and nothing without a sample before it', () => {
    const t = new StationTracker('s', 8);
    t.observe(metered(0, 16), at(0));
    assert.deepEqual(t.surely_A(at(1000)), [0, 0, 0]);
    for (const [ms, a] of [
      [1000, 14],
      [2000, 20],
      [3000, 18],
    ] as const)
      t.observe(metered(ms, a), at(ms));
    assert.deepEqual(t.surely_A(at(3500)), [14, 14, 14]);
    assert.deepEqual(t.surely_A(at(5000)), [18, 18, 18]);
  });

  it('is nothing once its own meter has fallen silent: what it drew then may have gone', () => {
    const t = new StationTracker('s', 8);
    t.observe(metered(0, 32), at(0));
    assert.deepEqual(t.surely_A(at(8500)), [32, 32, 32]);
    for (const s of [9, 12, 60, 3600]) assert.deepEqual(t.surely_A(at(s * 1000)), [0, 0, 0]);
  });

  it('a value from the future is none: it would hide every later one', () => {
    const t = new StationTracker('s', 8);
    t.observe({ ...metered(60_000, 5), lastSeen_at: at(1000) }, at(1000));
    t.observe({ ...image(60_000), floorVerified: false }, at(1000));
    assert.equal(t.latest()?.floorVerified, true);
    assert.equal(t.measured_A(at(1000), 5000), undefined);
    t.observe(metered(2000, 16), at(2000));
    assert.deepEqual(t.measured_A(at(2000), 5000), [16, 16, 16]);
  });

  it('takes samples in order only, and forgets a measurement that is too old', () => {
    const t = new StationTracker('s', 8);
    t.observe(metered(2000, 16), at(2000));
    t.observe({ ...metered(1000, 5), lastSeen_at: at(3000) }, at(3000));
    assert.deepEqual(t.measured_A(at(3000), 5000), [16, 16, 16]);
    assert.equal(t.measured_A(at(7001), 5000), undefined);
  });
});

describe('overdraw', () => {
  const facts = (current: number | undefined, told_A = 16) => [
    { id: 's', told_A, ...(current === undefined ? {} : { measured_A: evenly(current) }) },
  ];
  /** One fact a second. */
  function run(
    course: readonly (number | undefined)[],
    state: OverdrawState = new Map(),
    from = 0,
  ) {
    course.forEach((a, i) => {
      state = nextOverdraw(state, facts(a), at((from + i) * 1000));
    });
    return state;
  }
  const isolated = (s: OverdrawState): boolean => isolatedStations(s).has('s');
  const times = <T>(n: number, v: T): readonly T[] => new Array<T>(n).fill(v);

  it('is disobedience only after 15 s above the limit and its slack', () => {
    assert.equal(isolated(run(times(15, 20))), false);
    assert.equal(isolated(run(times(16, 20))), true);
    assert.equal(isolated(run(times(100, 17.5))), false);
    assert.equal(isolated(run(times(100, 17.51))), true);
  });

  it('is forgotten when the station comes down in time', () => {
    assert.equal(isolated(run([...times(14, 20), 16, ...times(14, 20)])), false);
  });

  it('ends after a whole minute of obedience, and the minute starts anew with each relapse', () => {
    const caught = run(times(16, 20));
    assert.equal(isolated(run(times(60, 16), caught, 16)), true);
    assert.equal(isolated(run(times(61, 16), caught, 16)), false);
    assert.equal(isolated(run([...times(50, 16), 20, ...times(60, 16)], caught, 16)), true);
  });

  it('is not ended by silence, and silence is no obedience', () => {
    const caught = run(times(16, 20));
    assert.equal(isolated(run(times(500, undefined), caught, 16)), true);
    const obeyed = run([16, ...times(80, undefined), 16], caught, 16);
    assert.equal(isolated(obeyed), true);
    assert.equal(isolated(run(times(61, 16), obeyed, 98)), false);
  });
});
