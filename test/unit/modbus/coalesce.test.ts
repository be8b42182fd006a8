import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  blockCap,
  character_ms,
  coalesceReads,
  gapTolerance,
  readCycle_ms,
  silence_ms,
  type ReadWant,
} from '../../../src/modbus';

const anyWant: fc.Arbitrary<ReadWant> = fc.record({
  table: fc.constantFrom('holding' as const, 'input' as const),
  address: fc.integer({ min: 0, max: 400 }),
  count: fc.constantFrom(1, 2, 4),
});

const inside = (want: ReadWant, block: ReadWant): boolean =>
  want.table === block.table &&
  want.address >= block.address &&
  want.address + want.count <= block.address + block.count;

describe('line timing', () => {
  it('follows the serial line guide: 11 bits a character, 1.75 ms above 19200 baud', () => {
    assert.equal(character_ms(9600).toFixed(4), '1.1458');
    assert.equal(silence_ms(9600).toFixed(3), '4.010');
    assert.equal(silence_ms(19200).toFixed(3), '2.005');
    assert.equal(silence_ms(38400), 1.75);
    assert.equal(silence_ms(115200), 1.75);
  });

  it('gives the limit of reads per second that a compliant client and server can reach', () => {
    const limits = [9600, 19200, 115200].map((baud) =>
      [10, 60, 125].map((count) => (1000 / readCycle_ms(baud, count)).toFixed(2)),
    );
    assert.deepEqual(limits, [
      ['21.82', '6.23', '3.23'],
      ['43.64', '12.47', '6.46'],
      ['150.35', '61.73', '34.95'],
    ]);
  });
});

describe('read coalescing', () => {
  it('derives the gap tolerance from the line and the turnaround', () => {
    assert.deepEqual(
      [9600, 19200, 115200].map((baud) => gapTolerance(baud, 0)),
      [10, 10, 24],
    );
    assert.deepEqual(
      [9600, 19200, 115200].map((baud) => gapTolerance(baud, 20)),
      [18, 27, 129],
    );
  });

  it('caps a block so that one transaction holds the bus for at most 100 ms', () => {
    assert.deepEqual(
      [9600, 19200, 38400, 115200].map((baud) => blockCap(baud)),
      [33, 77, 125, 125],
    );
  });

  it('covers each want whole, within cap and gap, and never reads a hole', () => {
    const holes = [{ table: 'holding', address: 100, count: 3 } as const];
    fc.assert(
      fc.property(
        fc.array(anyWant, { maxLength: 40 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 4, max: 125 }),
        (candidates, gap, cap) => {
          const wants = candidates.filter(
            (want) =>
              want.table !== 'holding' || want.address + want.count <= 100 || want.address >= 103,
          );
          const blocks = coalesceReads(wants, { gap, cap, holes });
          for (const want of wants) {
            assert.equal(blocks.filter((block) => block.wants.includes(want)).length, 1);
          }
          for (const block of blocks) {
            assert.ok(block.wants.every((want) => inside(want, block)));
            assert.ok(block.count <= cap);
            const overHole =
              block.table === 'holding' && block.address < 103 && block.address + block.count > 100;
            assert.ok(!overHole);
            let end = block.address;
            for (const want of block.wants) {
              assert.ok(want.address - end <= gap);
              end = Math.max(end, want.address + want.count);
            }
          }
        },
      ),
      { seed: 6 },
    );
  });

  it('joins over the tolerated gap and not over one more', () => {
    const wants: ReadWant[] = [
      { table: 'holding', address: 0, count: 2 },
      { table: 'holding', address: 12, count: 2 },
    ];
    assert.equal(coalesceReads(wants, { gap: 10, cap: 33, holes: [] }).length, 1);
    assert.equal(coalesceReads(wants, { gap: 9, cap: 33, holes: [] }).length, 2);
  });
});
