import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  decodeMeter,
  type DeviceProfile,
  encodeRaw,
  parseProfile,
  PROFILES,
} from '../../../src/device';
import { crc16 } from '../../../src/modbus';
import { deviceCatalogue } from '../../../src/runtime';
import { decodeGridFrame, gridLayout, type GridLayout } from '../../../src/supervisor';
import { AT, registersOf } from '../device/support';

const METERS = PROFILES.filter((p) => p.nature === 'Meter').map((data): DeviceProfile => {
  const result = parseProfile(data);
  assert(result.ok);
  return result.profile;
});
const UNIT = 17;

/** The reply to a cyclic read with these words. */
function adu(layout: GridLayout, words: readonly number[]): Uint8Array {
  const data = words.flatMap((w) => [w >> 8, w & 0xff]);
  const body = Uint8Array.from([UNIT, layout.functionCode, layout.registers * 2, ...data]);
  const crc = crc16(body);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}
const near = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

describe('the supervisor’s own decoder of the grid meter', () => {
  it('has a layout for exactly the meters that check lets stand at the connection point', () => {
    for (const profile of METERS) {
      const facts = deviceCatalogue(profile.id);
      assert.equal(gridLayout(profile, UNIT) !== undefined, facts?.phasesInOneRead, profile.id);
    }
    assert(METERS.filter((p) => gridLayout(p, UNIT) !== undefined).length >= 3);
  });

  for (const profile of METERS) {
    const layout = gridLayout(profile, UNIT);
    if (layout === undefined) continue;
    it(`${profile.id}: agrees with the product’s decoder on any registers`, () => {
      const read = profile.reads.find(
        (r) => r.every === 'cycle' && r.request.count === layout.registers,
      );
      assert(read !== undefined);
      const { address, count, table } = read.request;
      const exponents = new Set([...profile.points.values()].map((p) => p.scaleFactor));
      // Identity and slow values as a real meter has them; the cyclic block is random.
      const others = registersOf(profile, {}).filter((b) => b.address !== address);
      const word = fc.oneof(
        fc.integer({ min: 0, max: 65_535 }),
        fc.constantFrom(0, 0x8000, 0xffff, 0x7fc0, 0x7fff, 0x4348, 0xc348),
      );
      const float = fc.float({ noNaN: true, noDefaultInfinity: true });
      const half = { minLength: count / 2, maxLength: count / 2 };
      const floats = fc
        .array(float, half)
        .map((all) => all.flatMap((f) => [...encodeRaw('float32', f, 'hi-lo')]));
      const some = fc.array(word, { minLength: count, maxLength: count });
      const words = fc
        .oneof(some, floats)
        .map((all) => all.map((w, i) => (exponents.has(address + i) ? (w % 13) - 6 : w) & 0xffff));
      let both = 0;
      fc.assert(
        fc.property(words, (values) => {
          const own = decodeGridFrame(layout, adu(layout, values));
          const image = [...others, { table, address, values }];
          const reading = decodeMeter(profile, image, AT);
          if (reading.quality !== 'good') return;
          both += 1;
          assert(own !== undefined, 'the supervisor is blind where the site sees');
          const { power, current } = reading.value;
          for (const i of [0, 1, 2] as const) {
            assert(near(own.power_W[i], power[i]), `W ${own.power_W[i]} ${power[i]}`);
            assert(near(own.current_A[i], current[i]), `A ${own.current_A[i]} ${current[i]}`);
          }
        }),
        { seed: 161, numRuns: 400 },
      );
      assert(both > 20, `${both} good readings`);
    });

    it(`${profile.id}: refuses every flipped bit and every other length`, () => {
      const frame = adu(layout, new Array<number>(layout.registers).fill(0));
      for (let bit = 0; bit < frame.length * 8; bit += 1) {
        const bad = Uint8Array.from(frame);
        bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.equal(decodeGridFrame(layout, bad), undefined, `bit ${bit}`);
      }
      for (const n of [0, 1, 4, frame.length - 1]) {
        assert.equal(decodeGridFrame(layout, frame.subarray(0, n)), undefined);
      }
      const long = Uint8Array.from([...frame, 0]);
      assert.equal(decodeGridFrame(layout, long), undefined);
    });
  }
});
