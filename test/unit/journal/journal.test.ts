import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { sha256 } from '../../../src/io/keys';
import {
  type ChainPosition,
  crc32,
  encodeRecord,
  GENESIS,
  HEADER_BYTES,
  JournalWriter,
  RECORD_MAX_BYTES,
  recover,
  segmentName,
  segmentSequence,
} from '../../../src/journal';

/** Records of these payloads as one segment, with the border after each. */
function segment(payloads: readonly Uint8Array[], from: ChainPosition = GENESIS) {
  let position = from;
  const parts: Uint8Array[] = [];
  const borders = [0];
  for (const payload of payloads) {
    const made = encodeRecord(position, payload, sha256);
    position = made.position;
    parts.push(made.bytes);
    borders.push((borders.at(-1) ?? 0) + made.bytes.length);
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), borders, position };
}
const text = (s: string): Uint8Array => new Uint8Array(Buffer.from(s));
const PAYLOADS = ['first', '', 'a third record', '\0\0\0\0'].map(text);
const MAGIC_TEXT = 'HFJ1';

describe('journal record', () => {
  it('has the CRC-32 of IEEE 802.3', () => {
    assert.equal(crc32(text('123456789')), 0xcbf43926);
    assert.equal(crc32(text('6789'), crc32(text('12345'))), 0xcbf43926);
    assert.equal(crc32(new Uint8Array()), 0);
  });

  it('begins with its magic and says length and sequence big-endian', () => {
    const { bytes, position } = encodeRecord(GENESIS, text('x'), sha256);
    assert.equal(Buffer.from(bytes.subarray(0, 4)).toString(), MAGIC_TEXT);
    assert.equal(bytes.length, HEADER_BYTES + 1);
    assert.deepEqual([...bytes.subarray(4, 16)], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual(position, { sequence: 1, hash: sha256(bytes) });
  });

  it('refuses a payload above its bound', () => {
    assert.throws(
      () => encodeRecord(GENESIS, new Uint8Array(RECORD_MAX_BYTES + 1), sha256),
      RangeError,
    );
    assert.equal(
      recover(encodeRecord(GENESIS, new Uint8Array(RECORD_MAX_BYTES), sha256).bytes, sha256).tail,
      'clean',
    );
  });
});

describe('journal recovery', () => {
  it('returns every payload in order and where the chain stands', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 12 }), (payloads) => {
        const made = segment(payloads);
        const found = recover(made.bytes, sha256);
        assert.equal(found.tail, 'clean');
        assert.deepEqual(
          found.payloads.map((p) => [...p]),
          payloads.map((p) => [...p]),
        );
        assert.deepEqual(found.position, made.position);
        assert.equal(found.trustedBytes, made.bytes.length);
      }),
      { seed: 41, numRuns: 60 },
    );
  });

  it('recovers exactly the durable prefix when cut at any byte', () => {
    const { bytes, borders } = segment(PAYLOADS);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const found = recover(bytes.slice(0, cut), sha256);
      const whole = borders.filter((b) => b <= cut).length - 1;
      assert.deepEqual(found.payloads, PAYLOADS.slice(0, whole), `cut at ${cut}`);
      assert.equal(found.trustedBytes, borders[whole]);
      assert.equal(found.tail, borders.includes(cut) ? 'clean' : 'torn');
    }
  });

  it('takes a tail of zeros, of any length, for blocks that were never written', () => {
    const { bytes, borders } = segment(PAYLOADS);
    for (const cut of [0, borders[2] ?? 0, (borders[2] ?? 0) + 7, bytes.length]) {
      for (const zeros of [1, 51, 52, 5000]) {
        const found = recover(
          new Uint8Array(Buffer.concat([bytes.subarray(0, cut), new Uint8Array(zeros)])),
          sha256,
        );
        const whole = borders.filter((b) => b <= cut).length - 1;
        assert.deepEqual(found.payloads, PAYLOADS.slice(0, whole));
        assert.notEqual(found.tail, 'clean');
      }
    }
  });

  it('finds a flipped bit anywhere and never gives a wrong payload', () => {
    const { bytes, borders } = segment(PAYLOADS);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const bad = bytes.slice();
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = recover(bad, sha256);
      const hit = borders.filter((b) => b <= bit >> 3).length - 1;
      assert.notEqual(found.tail, 'clean', `bit ${bit}`);
      assert.deepEqual(found.payloads, PAYLOADS.slice(0, hit), `bit ${bit}`);
      // With whole records behind it this is no torn write: nothing may be cut off for it.
      if (hit < PAYLOADS.length - 1) assert.equal(found.tail, 'corrupt', `bit ${bit}`);
    }
  });

  it('refuses records that were removed, repeated, swapped or taken from another chain', () => {
    const { bytes, borders } = segment(PAYLOADS);
    const record = (i: number): Uint8Array => bytes.subarray(borders[i], borders[i + 1]);
    const other = segment(['other', 'chain'].map(text));
    const cases: readonly (readonly [readonly Uint8Array[], number])[] = [
      [[record(0), record(2)], 1],
      [[record(0), record(0)], 1],
      [[record(1), record(0)], 0],
      [[record(0), other.bytes.subarray(other.borders[1])], 1],
    ];
    for (const [parts, good] of cases) {
      const found = recover(new Uint8Array(Buffer.concat(parts)), sha256);
      assert.equal(found.tail, 'corrupt');
      assert.equal(found.payloads.length, good);
    }
  });

  it('never throws for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, magic) => {
        const bytes = magic ? Buffer.concat([Buffer.from(MAGIC_TEXT), noise]) : noise;
        const found = recover(new Uint8Array(bytes), sha256);
        assert.equal(found.payloads.length, 0);
      }),
      { seed: 42, numRuns: 500 },
    );
  });

  it('continues from the position of the segment before', () => {
    const one = segment(PAYLOADS);
    const two = segment([text('next')], one.position);
    assert.equal(recover(two.bytes, sha256, one.position).tail, 'clean');
    assert.equal(recover(two.bytes, sha256).tail, 'corrupt');
  });
});

describe('journal segments', () => {
  it('are named by the sequence of their first record', () => {
    assert.equal(segmentName(42), 'journal-000000000042.hfj');
    assert.equal(segmentSequence(segmentName(42)), 42);
    for (const other of ['journal-42.hfj', 'journal-000000000042.hfj.corrupt', 'x', '']) {
      assert.equal(segmentSequence(other), undefined);
    }
  });

  it('rotate before they grow beyond their bound and drop the oldest', () => {
    const start = { position: GENESIS, segments: [], size: 0 };
    const writer = new JournalWriter(start, sha256, { segmentMax_bytes: 130, segmentsMax: 2 });
    const seen: string[] = [];
    const dropped: string[] = [];
    for (let i = 0; i < 9; i += 1) {
      const plan = writer.plan(text('12345678'));
      assert.equal(plan.offset, plan.create ? 0 : 60);
      seen.push(plan.segment);
      dropped.push(...plan.drop);
      writer.done(plan);
    }
    assert.deepEqual([...new Set(seen)], [1, 3, 5, 7, 9].map(segmentName));
    assert.deepEqual(dropped, [1, 3, 5].map(segmentName));
    assert.equal(writer.head().sequence, 9);
  });

  it('change nothing before the plan is reported as done', () => {
    const start = { position: GENESIS, segments: [], size: 0 };
    const writer = new JournalWriter(start, sha256, { segmentMax_bytes: 130, segmentsMax: 2 });
    assert.deepEqual(writer.plan(text('a')), writer.plan(text('a')));
    assert.equal(writer.head().sequence, 0);
  });
});
