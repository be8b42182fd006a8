import assert from 'node:assert/strict';

import fc from 'fast-check';

import {
  decodeRaw,
  encodeRaw,
  rawRange,
  type RegisterType,
  type SunspecType,
} from '../../../src/device';
import { decodeText, encodeText, notImplemented } from '../../../src/device/numbers';

const INTEGERS = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const;
const ORDERS = ['hi-lo', 'lo-hi'] as const;

describe('register numbers', () => {
  for (const type of INTEGERS)
    for (const order of ORDERS)
      it(`${type} ${order}: every integer comes back from its words`, () => {
        const [min, max] = rawRange(type);
        const integers = fc.maxSafeInteger().filter((value) => value >= min && value <= max);
        const edges = fc.constantFrom(Math.max(min, -(2 ** 53) + 1), 0, Math.min(max, 2 ** 53 - 1));
        fc.assert(
          fc.property(fc.oneof(integers, edges, fc.integer({ min: 0, max: 0x7fff })), (value) => {
            const words = encodeRaw(type, value, order);
            assert(words.every((word) => word >= 0 && word <= 0xffff));
            assert.equal(Number(decodeRaw(type, words, 0, order)), value);
          }),
          { seed: 7, numRuns: 200 },
        );
      });

  it('float32 comes back from its words in both orders', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(...ORDERS),
        (value, order) => {
          const back = decodeRaw('float32', encodeRaw('float32', value, order), 0, order);
          assert.equal(back, Math.fround(value));
        },
      ),
      { seed: 7 },
    );
  });

  it('known words give known values', () => {
    const cases: [Exclude<RegisterType, 'string'>, number[], 'hi-lo' | 'lo-hi', number][] = [
      ['int16', [0xffff], 'hi-lo', -1],
      ['int32', [0xffff, 0xfb2e], 'hi-lo', -1234],
      ['int32', [0xfb2e, 0xffff], 'lo-hi', -1234],
      ['uint32', [0x0078, 0x0000], 'hi-lo', 120 * 65536],
      ['float32', [0x4366, 0x8000], 'hi-lo', 230.5],
      ['float32', [0x8000, 0x4366], 'lo-hi', 230.5],
      ['int64', [0xffff, 0xffff, 0xffff, 0xfffe], 'hi-lo', -2],
      ['uint64', [0xe240, 1, 0, 0], 'lo-hi', 123456],
    ];
    for (const [type, words, order, value] of cases)
      assert.equal(Number(decodeRaw(type, words, 0, order)), value, `${type} ${order}`);
  });

  it('a value that does not fit its type is never written', () => {
    assert.throws(() => encodeRaw('uint16', 65536, 'hi-lo'), RangeError);
    assert.throws(() => encodeRaw('uint16', -1, 'hi-lo'), RangeError);
    assert.throws(() => encodeRaw('int16', 1.5, 'hi-lo'), RangeError);
    assert.throws(() => encodeRaw('float32', Number.NaN, 'hi-lo'), RangeError);
  });

  it('text ends at the first NUL and is padded with NUL', () => {
    assert.deepEqual(encodeText('abc', 3), [0x6162, 0x6300, 0]);
    assert.equal(decodeText([0x6162, 0x6300, 0x7a7a], 0, 3), 'abc');
    assert.equal(decodeText([0, 0], 0, 2), '');
  });

  it('each SunSpec type has the sentinel of the specification', () => {
    const table: readonly (readonly [SunspecType, readonly (number | bigint)[]])[] = [
      ['int16', [-32768]],
      ['sunssf', [-32768]],
      ['uint16', [65535]],
      ['enum16', [65535]],
      ['bitfield16', [65535]],
      ['count', [65535]],
      ['int32', [-2147483648]],
      ['uint32', [4294967295]],
      ['enum32', [4294967295]],
      ['bitfield32', [4294967295]],
      ['uint64', [18446744073709551615n]],
      ['acc16', [0]],
      ['acc32', [0]],
      ['acc64', [0n]],
      ['float32', []],
      ['string', []],
    ];
    for (const [type, sentinels] of table) assert.deepEqual(notImplemented(type), sentinels, type);
  });
});
