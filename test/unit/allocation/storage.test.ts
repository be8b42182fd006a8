import assert from 'node:assert/strict';
import {
  allocate,
  type AllocationInput,
  type AllocationMemory,
  NO_ALLOCATION_MEMORY,
} from '../../../src/allocation';
import { at, battery, grid, input, metered, stamped, START, station, sun, VOLTS } from './support';

const once = (of: AllocationInput): ReturnType<typeof allocate> =>
  allocate(of, NO_ALLOCATION_MEMORY, START);

const near = (actual: number | undefined, expected: number, by = 1): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) <= by, `${actual ?? NaN}, not ${expected}`);

/** 60 A of loads on a connection of 60 A, with room in the breaker. */
const full = (out_W: number): ReturnType<typeof grid> =>
  metered(grid(60, 0, { contingency_A: 120, export_W: 100_000 }), 60, out_W);
const drawing = (a: number): ReturnType<typeof station> =>
  station('a', { max_A: 100, commanded_A: a, measured_A: [a, a, a], surely_A: [a, a, a] });

describe('allocation with a battery', () => {
  it('asks the battery first and raises nobody before it is acknowledged and measured', () => {
    const idle = battery(0);
    const first = once(input([full(0)], [drawing(60)], { bess: [idle] }));
    near(first.stations[0]?.limit_A, 60, 0.01);
    assert.ok((first.bess[0]?.power_W ?? 0) > 20_000);
    const asked = battery(0, { commanded_W: 20_700, lease: { value_W: 20_700, ends_at: at(55) } });
    const second = once(input([full(0)], [drawing(60)], { bess: [asked] }));
    near(second.stations[0]?.limit_A, 60, 0.01);
    const gives = once(input([full(20_700)], [drawing(60)], { bess: [battery(20_700)] }));
    near(gives.stations[0]?.limit_A, 90, 0.01);
    assert.ok((gives.stations[0]?.until ?? Infinity) <= at(45));
  });

  it('credits nothing that is not usable, not leased, or whose lease is about to end', () => {
    const cases = [
      battery(20_700, { usable: false }),
      battery(20_700, { supports: false }),
      battery(20_700, { lease: { value_W: 20_700, ends_at: at(15) } }),
    ];
    for (const b of cases) {
      const result = once(input([full(20_700)], [drawing(60)], { bess: [b] }));
      near(result.stations[0]?.limit_A, 60, 0.01);
    }
  });

  it('caps support so that the loss of all inverters stays within what the breaker carries', () => {
    const node = metered(grid(60, 0, { contingency_A: 70 }), 60, 40_000);
    const result = once(
      input([node], [drawing(60)], { bess: [battery(30_000)], pv: [sun(10_000)] }),
    );
    near(result.stations[0]?.limit_A, 70, 0.01);
    near(result.nodes[0]?.supportCap_W, 10 * 3 * VOLTS);
    assert.ok((result.nodes[0]?.capCost_W ?? 0) > 0);
    assert.ok(result.stations[0]?.reasons.some((r) => r.source === 'contingency'));
  });

  it('discharges no more than may be exported if all loads are lost, unless it can be stopped', () => {
    const node = metered(grid(60, 0, { contingency_A: 120, export_W: 5000 }), 60);
    const plain = once(input([node], [drawing(60)], { bess: [battery(0, { stopInput: false })] }));
    assert.ok((plain.bess[0]?.power_W ?? NaN) <= 5000);
    const wired = once(input([node], [drawing(60)], { bess: [battery(0)] }));
    assert.ok((wired.bess[0]?.power_W ?? NaN) > 5000);
  });

  it('never discharges beyond the load of the site', () => {
    const node = metered(grid(10, 0, { contingency_A: 100, export_W: 100_000 }), 12);
    const result = once(input([node], [station('a', { max_A: 60 })], { bess: [battery(0)] }));
    assert.ok((result.bess[0]?.power_W ?? NaN) <= 12 * 3 * VOLTS);
  });

  it('keeps the reserve, and lets the battery management system win', () => {
    const empty = battery(0, {
      reading: { power_W: 0, soc: 0.2, chargeMax_W: 60_000, dischargeMax_W: 60_000 },
    });
    near(once(input([full(0)], [drawing(60)], { bess: [empty] })).bess[0]?.power_W, 0);
    const limited = battery(0, {
      reading: { power_W: 0, soc: 0.9, chargeMax_W: 0, dischargeMax_W: 3000 },
    });
    const result = once(input([full(0)], [drawing(60)], { bess: [limited] }));
    assert.ok((result.bess[0]?.power_W ?? NaN) <= 3000);
  });

  it('stores the surplus of the sun, and from the grid only headroom that nobody claims', () => {
    const node = metered(grid(60, 0, { export_W: 100_000 }), 10, 20_000);
    const surplus = once(input([node], [], { bess: [battery(0)], pv: [sun(20_000)] }));
    near(surplus.bess[0]?.power_W, -(20_000 - 10 * 3 * VOLTS) * 0.97, 50);
    const quiet = once(input([metered(grid(60), 10)], [], { bess: [battery(0)] }));
    assert.ok((quiet.bess[0]?.power_W ?? 0) < -20_000);
    const claimed = once(
      input([metered(grid(60), 10)], [station('a', { max_A: 60 })], { bess: [battery(0)] }),
    );
    assert.ok((claimed.bess[0]?.power_W ?? NaN) >= 0);
  });

  it('does not turn from discharge to charge within two minutes', () => {
    let memory: AllocationMemory = NO_ALLOCATION_MEMORY;
    const busy = input([full(0)], [drawing(60)], { bess: [battery(0)] });
    memory = allocate(busy, memory, START).memory;
    const signs: number[] = [];
    for (let s = 1; s <= 150; s += 1) {
      const calm = input([metered(grid(60), 5)], [], {
        bess: [battery(0, { lease: { value_W: 0, ends_at: at(s + 55) } })],
      });
      const result = allocate(stamped(calm, at(s)), memory, at(s));
      memory = result.memory;
      signs.push(Math.sign(result.bess[0]?.power_W ?? NaN));
    }
    assert.ok(signs.slice(0, 115).every((x) => x >= 0));
    assert.ok(signs.at(-1) === -1);
  });

  it('holds the sun back to the export limit and the smallest load', () => {
    const node = metered(grid(100, 0, { export_W: 10_000 }), 10, 50_000);
    const result = once(input([node], [], { pv: [sun(50_000)] }));
    near(result.pv[0]?.limit_W, 10_000 + 10 * 3 * VOLTS, 1);
  });

  it('asks nothing of a battery without a good reading and counts it at its worst', () => {
    const { reading, ...blind } = battery(0, { expiryMin_W: -6900 });
    assert.ok(reading !== undefined);
    const result = once(
      input([metered(grid(60), 0)], [station('a', { max_A: 80 })], { bess: [blind] }),
    );
    near(result.bess[0]?.power_W, 0);
    near(result.stations[0]?.limit_A, 50, 0.01);
  });
});
