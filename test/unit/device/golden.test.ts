import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  decodeBess,
  decodeMeter,
  decodePv,
  encodeSetpoint,
  PROFILES,
  readPoint,
  type Quantity,
  type RegisterTable,
} from '../../../src/device';
import { AT, parsed } from './support';

interface Golden {
  readonly profile: string;
  readonly what: string;
  readonly blocks: readonly { table: RegisterTable; address: number; words: string }[];
  /** Null where the device lacks what its nature asks for: then the reading is missing. */
  readonly expected: unknown;
  readonly points?: Readonly<Record<string, number>>;
  readonly setpoint?: {
    readonly quantity: Quantity;
    readonly value_W: number;
    readonly ttl_ms: number;
    readonly tag?: number;
    readonly frames: readonly { address: number; words: string }[];
  };
}

const FOLDER = join(__dirname, '../../golden/devices');
const words = (hex: string): number[] => hex.split(' ').map((word) => parseInt(word, 16));

/** The parts that the tests walk over; each field is then compared with what the code gives. */
const isGolden = (value: unknown): value is Golden =>
  typeof value === 'object' && value !== null && 'blocks' in value && 'expected' in value;

/** The same without the binary error of a factor such as 0.1. */
const tidy = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'number' ? Number(inner.toPrecision(12)) : inner,
  );

function golden(id: string): Golden {
  const path = join(FOLDER, `${id}.json`);
  assert(existsSync(path), `golden frames of ${id} are missing`);
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  assert(isGolden(value), `${path} has no golden frames`);
  return value;
}

describe('golden frames of the device library', () => {
  for (const { id, nature, ...data } of PROFILES) {
    const lacks = 'lacks' in data ? data.lacks : undefined;
    it(`${id}: raw registers give the expected reading`, () => {
      const profile = parsed(id);
      const { blocks, expected, points = {} } = golden(id);
      const image = blocks.map((block) => ({ ...block, values: words(block.words) }));
      const decode = { Meter: decodeMeter, Bess: decodeBess, PvInverter: decodePv }[nature];
      const reading = decode(profile, image, AT);
      for (const [name, value] of Object.entries(points))
        assert.deepEqual(tidy(readPoint(profile, name, image)), { ok: true, value }, name);
      assert.equal(expected === null, lacks !== undefined, 'only what is lacking is missing');
      if (expected === null) assert.equal(reading.quality, 'missing');
      else assert.deepEqual(tidy(reading), { quality: 'good', value: expected, at: AT });
    });

    it(`${id}: a block of the golden frames is a block of the read plan`, () => {
      const profile = parsed(id);
      for (const { table, address, words: hex } of golden(id).blocks)
        assert(
          profile.reads.some(
            ({ request }) =>
              request.table === table &&
              request.address === address &&
              request.count === words(hex).length,
          ),
          `${table} ${address} of ${words(hex).length}`,
        );
    });
  }

  for (const { id, lease } of PROFILES) {
    if (lease.mechanism === 'none') continue;
    it(`${id}: a setpoint gives the expected frames in order`, () => {
      const { setpoint } = golden(id);
      assert(setpoint !== undefined, 'a profile with a lease has golden setpoint frames');
      const encoded = encodeSetpoint(parsed(id), setpoint);
      assert(encoded.ok);
      const frames = encoded.writes.map(({ address, values }) => ({ address, values }));
      assert.deepEqual(
        frames,
        setpoint.frames.map((frame) => ({ address: frame.address, values: words(frame.words) })),
      );
    });
  }
});
