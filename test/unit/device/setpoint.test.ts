import assert from 'node:assert/strict';

import fc from 'fast-check';

import {
  clearSetpoint,
  decodeRaw,
  encodeSetpoint,
  lease,
  PROFILES,
  writableRanges,
  type DeviceProfile,
  type EncodedSetpoint,
  type ReadBack,
  type RegisterWrite,
} from '../../../src/device';
import { parsed } from './support';

const BESS = parsed('sunspec-bess-704');
const PV = parsed('sunspec-pv-123');
const HYBRID = parsed('sunspec-bess-124');

type Encoded = EncodedSetpoint & { ok: true };

function encoded(profile: DeviceProfile, value_W: number, ttl_ms: number): Encoded {
  const quantity = profile.nature === 'Bess' ? 'bess-power' : 'pv-limit';
  const result = encodeSetpoint(profile, { quantity, value_W, ttl_ms });
  assert(result.ok, result.ok ? '' : result.why);
  return result;
}

/** The one read that proves a setpoint of these profiles. */
function only(result: Encoded): ReadBack {
  const [first, ...others] = result.readBack;
  assert(first !== undefined && others.length === 0);
  return first;
}

/** A register space that takes writes, and its words at a read. */
function written(
  frames: readonly RegisterWrite[],
  result: Encoded,
  more: [number, number][] = [],
): number[] {
  const words = new Map<number, number>(more);
  for (const frame of frames)
    for (const [i, word] of frame.values.entries()) words.set(frame.address + i, word);
  const { address, count } = only(result).read;
  return Array.from({ length: count }, (_, i) => words.get(address + i) ?? 0);
}

const REMAINING_LOW = 40122 + 34;

describe('leased setpoints', () => {
  it('model 704: reversion value, then timeout, then setpoint and enable in one frame', () => {
    const { writes } = encoded(BESS, 20000, 15000);
    assert.deepEqual(
      writes.map((frame) => frame.address - 40122),
      [26, 30, 22],
    );
    assert.equal(writes[2]?.values.length, 4);
    assert(writes.every((frame) => frame.single !== true));
  });

  it('a read-back of what was written proves it and gives the remaining lease', () => {
    const result = encoded(BESS, 20000, 15000);
    const words = written(result.writes, result, [[REMAINING_LOW, 15]]);
    assert.deepEqual(only(result).expect(words), { ok: true, leaseLeft_s: 15 });
  });

  it('model 704: a 32-bit timeout written as one word is caught by the read-back', () => {
    const result = encoded(BESS, 20000, 120000);
    const [value, , enable] = result.writes;
    assert(value !== undefined && enable !== undefined);
    // The bug: enable of reversion, then 120 in the HIGH word; effectively 91 days.
    const bug: RegisterWrite = { kind: 'write', address: 40122 + 30, values: [1, 120] };
    const verdict = only(result).expect(
      written([value, bug, enable], result, [[REMAINING_LOW, 120]]),
    );
    assert(!verdict.ok);
    assert.match(verdict.why, /set_timeout_s reads 7864320 s, written 120/);
  });

  it('a lease that does not run, or runs too long, is caught by the remaining time', () => {
    const result = encoded(BESS, 20000, 15000);
    for (const left of [0, 16]) {
      const words = written(result.writes, result, [[REMAINING_LOW, left]]);
      assert.equal(only(result).expect(words).ok, false, `${left} s left`);
    }
  });

  it('a read-back of another length proves nothing', () => {
    const result = encoded(BESS, 20000, 15000);
    assert.equal(only(result).expect([]).ok, false);
  });

  it('every bit flip in what was written is caught by the read-back', () => {
    for (const profile of [BESS, PV, HYBRID]) {
      const result = encoded(profile, 4000, 15000);
      const { address } = only(result).read;
      const words = written(result.writes, result, [[REMAINING_LOW, 15]]);
      assert(only(result).expect(words).ok);
      const cells = writableRanges(profile)
        .filter((range) => range.purpose === 'set')
        .flatMap((range) => range.values)
        .filter((cell) => cell.max_raw > 0 && !cell.point.endsWith('_ramp_s'));
      for (const cell of cells)
        for (let bit = 0; bit < 16 * cell.words; bit += 1) {
          const flipped = [...words];
          const at = cell.address - address + Math.floor(bit / 16);
          flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 16));
          assert.equal(only(result).expect(flipped).ok, false, `${cell.point} bit ${bit}`);
        }
    }
  });

  for (const profile of [BESS, PV, HYBRID])
    it(`${profile.id}: a lease of 0 is refused, and a timeout of 0 is forbidden to the guard`, () => {
      const quantity = profile.nature === 'Bess' ? 'bess-power' : 'pv-limit';
      const result = encodeSetpoint(profile, { quantity, value_W: 0, ttl_ms: 0 });
      assert(!result.ok);
      assert.equal(result.reason, 'lease-zero');
      const terms = lease(profile);
      assert(terms.mechanism !== 'none');
      const timeouts = writableRanges(profile)
        .flatMap((range) => range.values)
        .filter((value) => value.point === terms.timeoutPoint);
      assert(timeouts.length > 0);
      for (const timeout of timeouts) {
        assert(timeout.min_raw > 0);
        assert.deepEqual(timeout.forbidden_raw, [0]);
      }
    });

  it('less than one second does not round to a timeout of 0', () => {
    const result = encodeSetpoint(PV, { quantity: 'pv-limit', value_W: 0, ttl_ms: 999 });
    assert(!result.ok);
    assert.equal(result.reason, 'lease-out-of-range');
  });

  it('refuses a value outside the rating, a NaN, a lease outside the range', () => {
    const bess = (value_W: number, ttl_ms: number): string => {
      const result = encodeSetpoint(BESS, { quantity: 'bess-power', value_W, ttl_ms });
      return result.ok ? 'ok' : result.reason;
    };
    assert.equal(bess(50001, 15000), 'value-out-of-range');
    assert.equal(bess(-50001, 15000), 'value-out-of-range');
    assert.equal(bess(Number.NaN, 15000), 'value-out-of-range');
    assert.equal(bess(0, 3601000), 'lease-out-of-range');
    assert.equal(bess(0, Number.NaN), 'lease-zero');
    const other = encodeSetpoint(BESS, { quantity: 'pv-limit', value_W: 0, ttl_ms: 15000 });
    assert(!other.ok);
    assert.equal(other.reason, 'no-such-setpoint');
  });

  it('a device without a lease gets no setpoint, and the guard no range', () => {
    for (const id of ['goodwe-et', 'eastron-sdm630']) {
      const profile = parsed(id);
      const wish = { quantity: 'bess-power', value_W: 0, ttl_ms: 15000 } as const;
      const result = encodeSetpoint(profile, wish);
      assert(!result.ok);
      assert.equal(result.reason, 'no-lease');
      assert.deepEqual(writableRanges(profile), []);
    }
  });

  it('a scale factor that changed since the identity check refuses the setpoint', () => {
    const image = [{ table: 'holding' as const, address: 40182 + 23, values: [0] }];
    const wish = { quantity: 'pv-limit', value_W: 15000, ttl_ms: 15000 } as const;
    const result = encodeSetpoint(PV, wish, image);
    assert(!result.ok);
    assert.equal(result.reason, 'scale-factor-changed');
  });

  it('rounds towards no power and never to a longer lease', () => {
    const result = encoded(PV, 10001, 15900);
    assert.equal(result.ttl_s, 15);
    assert(result.value_W <= 10001 && result.value_W > 9997);
    assert.equal(encoded(BESS, -1234.9, 15000).value_W, -1234);
  });

  it('clearing disables the limit of a PV inverter and sets a battery to 0 W', () => {
    const pv = clearSetpoint(PV, 'pv-limit');
    assert(pv.ok);
    assert.deepEqual(pv.writes, [{ kind: 'write', address: 40191, values: [0] }]);
    assert.deepEqual(only(pv).expect([6000, 0, 15, 0, 0]), { ok: true });
    assert.equal(only(pv).expect([6000, 0, 15, 0, 1]).ok, false);
    const bess = clearSetpoint(BESS, 'bess-power');
    assert(bess.ok);
    assert.deepEqual(bess.writes, [{ kind: 'write', address: 40144, values: [1, 1, 0, 0] }]);
  });

  it('the expiry range is in W of the installed device', () => {
    const terms = lease(HYBRID);
    assert(terms.mechanism !== 'none');
    assert.deepEqual(terms.expiry, { min_W: -10000, max_W: 10000 });
    const pv = lease(PV);
    assert(pv.mechanism !== 'none');
    assert.deepEqual(pv.expiry, { min_W: 0, max_W: 30000 });
  });
});

describe('ranges for the guard', () => {
  for (const data of PROFILES) {
    if (data.lease.mechanism === 'none') continue;
    it(`${data.id}: every frame of every setpoint lies in its range`, () => {
      const profile = parsed(data.id);
      const ranges = writableRanges(profile);
      const { power_W } = profile.rating;
      const from_W = profile.nature === 'Bess' ? -power_W : 0;
      const terms = lease(profile);
      assert(terms.mechanism !== 'none');
      const longest_ms = terms.range_s.max * 1000;
      fc.assert(
        fc.property(
          fc.double({ min: from_W, max: power_W, noNaN: true }),
          fc.integer({ min: Math.max(1000, terms.range_s.min * 1000), max: longest_ms }),
          (value_W, ttl_ms) => {
            for (const frame of encoded(profile, value_W, ttl_ms).writes) {
              const range = ranges.find(
                (one) => one.address === frame.address && one.count === frame.values.length,
              );
              assert(range !== undefined, `a range for ${frame.address}`);
              for (const cell of range.values) {
                assert(cell.type !== 'string');
                const at = cell.address - frame.address;
                const raw = Number(decodeRaw(cell.type, frame.values, at, cell.wordOrder));
                assert(raw >= cell.min_raw && raw <= cell.max_raw, `${cell.point} ${raw}`);
                assert(!cell.forbidden_raw.includes(raw), `${cell.point} ${raw} forbidden`);
                assert(cell.allowed_raw?.includes(raw) ?? true, `${cell.point} ${raw}`);
              }
            }
          },
        ),
        { seed: 11, numRuns: 200 },
      );
    });
  }

  it('no range touches a forbidden register', () => {
    for (const { id } of PROFILES) {
      const profile = parsed(id);
      for (const range of writableRanges(profile))
        for (const no of profile.forbidden)
          assert(
            range.address + range.count <= no.address || no.address + no.count <= range.address,
            `${id}: ${no.reason}`,
          );
    }
  });
});
