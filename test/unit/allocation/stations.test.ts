import assert from 'node:assert/strict';
import {
  allocate,
  type AllocationInput,
  type AllocationMemory,
  MIN_OFF_ms,
  MIN_ON_ms,
  NO_ALLOCATION_MEMORY,
} from '../../../src/allocation';
import { later } from '../../../src/time';
import { at, grid, input, metered, stamped, START, station } from './support';

const once = (of: AllocationInput): readonly number[] =>
  allocate(of, NO_ALLOCATION_MEMORY, START).stations.map((s) => s.limit_A);

const near = (actual: number | undefined, expected: number, by = 0.01): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= by, `${actual ?? NaN} A, not ${expected} A`);

describe('allocation of stations', () => {
  it('shares by weight what the limit leaves beside the base load', () => {
    const [a, b] = once(
      input([grid(60, 30)], [station('a', { weight: 2 }), station('b', { weight: 1 })]),
    );
    near(a, 20);
    near(b, 10);
  });

  it('serves a smaller priority number first', () => {
    const stations = [station('late'), station('first', { priority: 1 })];
    const [late, first] = once(input([grid(44)], stations));
    near(first, 32);
    near(late, 12);
  });

  it('credits a limit in P beside reactive power', () => {
    const node = metered(grid(50), 0);
    const measured = { net_W: [0, 0, 0] as const, reactive_var: [6900, 0, 0] as const, at: START };
    const [a] = once(input([{ ...node, measured }], [station('a', { max_A: 63 })]));
    near(a, Math.sqrt(50 ** 2 - 30 ** 2));
  });

  it('bounds the apparent power of all phases together', () => {
    const [a, b] = once(input([grid(100, 0, { import_VA: 27_600 })], [station('a'), station('b')]));
    near((a ?? 0) + (b ?? 0), 40);
  });

  it('takes the declared base load where nothing measures a node', () => {
    const { measured, ...node } = grid(40, 0, { baseWorst_A: 25 });
    assert.ok(measured !== undefined);
    near(once(input([node], [station('a')]))[0], 15);
  });

  it('counts what a reserved station may draw and gives it its safe static limit', () => {
    const silent = station('silent', { state: 'reserved', reserved_A: 32, floor_A: 6 });
    const [a, b] = once(input([grid(50)], [silent, station('b')]));
    near(a, 6);
    near(b, 18);
  });

  it('keeps the safe static limit of an idle station free', () => {
    const idle = station('idle', { state: 'idle', floor_A: 10 });
    near(once(input([grid(30)], [idle, station('b')]))[1], 20);
  });

  it('raises nobody into room that another still holds', () => {
    const old = station('old', {
      commanded_A: 32,
      measured_A: [32, 32, 32],
      surely_A: [32, 32, 32],
    });
    const site = input([metered(grid(40), 32)], [old, station('new')]);
    const [a, b] = once(site);
    near(a, 20);
    near(b, 8);
    const lowered = { ...old, commanded_A: 20, measured_A: [20, 20, 20] as const };
    const then = input([metered(grid(40), 32)], [lowered, station('new')]);
    near(once(then)[1], 20);
  });

  it('limits the difference between phases for those that load only one', () => {
    const single = station('single', { wiring: ['L1'] });
    near(once(input([grid(100, 0, { unbalance_A: 20 })], [single, station('three')]))[0], 20);
  });

  it('counts a station with unknown wiring on every phase', () => {
    const stations = [station('unknown', { wiring: [] }), station('b', { wiring: ['L2'] })];
    const [a, b] = once(input([grid(30)], stations));
    near(a, 15);
    near(b, 15);
  });

  it('gives departures that are near more than those that are far', () => {
    const need = { energyNeed_Wh: 20_000, delivered_Wh: 0 };
    const soon = station('soon', { ...need, departs_at: at(3600) });
    const far = station('far', { ...need, departs_at: at(36_000) });
    const [a, b] = once(input([grid(40)], [far, soon]));
    near(b, 32);
    near(a, 8);
  });

  it('respects further linear bounds', () => {
    const bounds = [
      {
        id: 'delta',
        limit_A: 30,
        text: 'transformer',
        shares: [
          { station: 'a', coefficient: 1 },
          { station: 'b', coefficient: 2 },
        ],
      },
    ];
    const [a, b] = once(input([grid(200)], [station('a'), station('b')], { bounds }));
    near(a, 10);
    near(b, 10);
  });
});

/** Steps through time with everything obeyed at once. */
function run(
  start: AllocationInput,
  seconds: readonly number[],
  each: (limits: readonly number[], paused: readonly boolean[], s: number) => void,
): void {
  let memory: AllocationMemory = NO_ALLOCATION_MEMORY;
  let current = start;
  for (const s of seconds) {
    const now = later(START, s * 1000);
    const result = allocate(stamped(current, now), memory, now);
    memory = result.memory;
    each(
      result.stations.map((g) => g.limit_A),
      result.stations.map((g) => g.paused),
      s,
    );
    const stations = current.stations.map((x, i) => ({
      ...x,
      commanded_A: Math.max(x.floor_A, result.stations[i]?.limit_A ?? 0),
    }));
    current = { ...current, stations };
  }
}

describe('allocation over time', () => {
  it('rises at most by the share of the limit per second, and falls at once', () => {
    const seconds = Array.from({ length: 20 }, (_, k) => k);
    let last = 0;
    const site = input([grid(100)], [station('a', { floor_A: 6, max_A: 80 })], {
      risePerSecond: 0.01,
    });
    run(site, seconds, ([a = 0]) => {
      if (last > 0) assert.ok(a - last <= 1.0001, `${last} -> ${a}`);
      last = a;
    });
    assert.ok(last > 20);
    const high = station('a', { commanded_A: 80, floor_A: 6, max_A: 80 });
    near(allocate(input([grid(30)], [high]), NO_ALLOCATION_MEMORY, START).stations[0]?.limit_A, 30);
  });

  it('starts a paused session at its minimum, never below', () => {
    const seen = new Set<number>();
    const site = input([grid(100)], [station('a')], { risePerSecond: 0.01 });
    run(
      site,
      Array.from({ length: 12 }, (_, k) => k),
      ([a = 0]) => seen.add(a),
    );
    for (const a of seen) assert.ok(a === 0 || a >= 6, `${a} A`);
    assert.ok([...seen].some((a) => a >= 6));
  });

  it('rotates sessions that do not fit together, least served first, only after the dwell', () => {
    const changes: number[] = [];
    let before: readonly boolean[] = [];
    const start = input(
      [grid(7)],
      [
        station('served', { delivered_Wh: 9000, max_A: 6, commanded_A: 6 }),
        station('waits', { delivered_Wh: 100, max_A: 6 }),
      ],
    );
    const minutes = Array.from({ length: 40 }, (_, k) => k * 60);
    run(start, minutes, (_, paused, s) => {
      if (before.length > 0 && paused.some((p, i) => p !== before[i])) changes.push(s);
      before = paused;
    });
    assert.ok(changes.length <= 2, `${changes.length} changes`);
    assert.ok(changes.every((s) => s * 1000 >= Math.min(MIN_ON_ms, MIN_OFF_ms)));
  });

  it('never pauses a DC session that runs', () => {
    const dc = station('dc', { kind: 'dc', commanded_A: 20, minStart_A: 10, max_A: 60 });
    const others = [1, 2, 3].map((k) => station(`ac${k}`, { delivered_Wh: 0 }));
    const minutes = Array.from({ length: 30 }, (_, k) => k * 60);
    run(input([grid(16)], [dc, ...others]), minutes, ([a = 0], [paused]) => {
      assert.ok(a > 0);
      assert.equal(paused, false);
    });
  });

  it('learns what a vehicle takes and gives the rest to others, and asks again when it wants more', () => {
    let memory: AllocationMemory = NO_ALLOCATION_MEMORY;
    const tens = [10, 10, 10] as const;
    const small = station('small', { commanded_A: 20, measured_A: tens, surely_A: tens });
    const big = station('big', {
      commanded_A: 20,
      measured_A: [20, 20, 20],
      surely_A: [20, 20, 20],
    });
    let limits: readonly number[] = [];
    for (let s = 0; s < 40; s += 1) {
      const now = at(s);
      const site = stamped(input([metered(grid(40), 30)], [small, big]), now);
      const result = allocate(site, memory, now);
      memory = result.memory;
      limits = result.stations.map((g) => g.limit_A);
    }
    near(limits[0], 13);
    const drawn = [13, 13, 13] as const;
    const more = { ...small, commanded_A: 13, measured_A: drawn, surely_A: drawn };
    const result = allocate(
      stamped(input([metered(grid(40), 33)], [more, big]), at(41)),
      memory,
      at(41),
    );
    near(result.stations[0]?.limit_A, 20);
  });

  it('holds the base load at its greatest estimate of the last seconds', () => {
    const site = input([metered(grid(50), 30)], [station('a', { commanded_A: 20 })]);
    const first = allocate(site, NO_ALLOCATION_MEMORY, START);
    const lower = stamped(input([metered(grid(50), 10)], site.stations), at(3));
    near(allocate(lower, first.memory, at(3)).stations[0]?.limit_A, 20);
    const later20 = allocate(stamped(lower, at(20)), first.memory, at(20));
    near(later20.stations[0]?.limit_A, 32);
  });
});

describe('allocation below the safe static limits', () => {
  it('keeps as many at their minimum as fit when a limit from outside is that low', () => {
    const stations = [1, 2, 3, 4].map((k) => station(`s${k}`, { floor_A: 6 }));
    const limits = once(input([grid(14)], stations));
    assert.equal(limits.filter((a) => a >= 6).length, 2);
    assert.ok(limits.reduce((s, a) => s + a, 0) <= 14);
  });
});
