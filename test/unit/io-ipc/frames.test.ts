import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  encodeMessage,
  FRAME_MAX_BYTES,
  FrameDecoder,
  tryEncode,
} from '../../../src/io/ipc/frames';

const frame = (text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
};

describe('IPC frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const arbMessage = fc.record({ kind: fc.string({ maxLength: 64 }), body: fc.jsonValue() });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(arbMessage, { maxLength: 8 }), cuts, (messages, sizes) => {
        const stream = Buffer.concat(messages.map(encodeMessage));
        const decoder = new FrameDecoder();
        const got: unknown[] = [];
        for (let at = 0, i = 0; at < stream.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          const out = decoder.push(stream.subarray(at, at + size));
          assert(out !== undefined);
          got.push(...out);
          at += size;
        }
        assert.deepEqual(JSON.stringify(got), JSON.stringify(messages));
      }),
      { seed: 51, numRuns: 80 },
    );
  });

  it('close the connection on a length above the bound, before any byte of it is kept', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(FRAME_MAX_BYTES + 1);
    assert.equal(new FrameDecoder().push(head), undefined);
    head.writeUInt32BE(0xffffffff);
    assert.equal(new FrameDecoder().push(head), undefined);
  });

  it('close the connection on anything that is no JSON object with a short kind', () => {
    const bad = ['', '{', 'null', '1', '"x"', '[]', '{}', '{"kind":1}', '{"body":1}', '\u0000'];
    bad.push(JSON.stringify({ kind: 'k'.repeat(65) }));
    for (const text of bad) assert.equal(new FrameDecoder().push(frame(text)), undefined, text);
    assert.deepEqual(new FrameDecoder().push(frame('{"kind":"a"}')), [
      { kind: 'a', body: undefined },
    ]);
  });

  it('never throw for garbage', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
        const decoder = new FrameDecoder();
        for (const c of chunks) if (decoder.push(Buffer.from(c)) === undefined) return;
      }),
      { seed: 52, numRuns: 500 },
    );
  });

  it('cost a trickling peer’s bytes once, not once per byte', () => {
    const big = encodeMessage({ kind: 'big', body: 'x'.repeat(400_000) });
    const decoder = new FrameDecoder();
    const started = performance.now();
    let got = 0;
    for (let at = 0; at < big.length; at += 8)
      got += decoder.push(big.subarray(at, at + 8))?.length ?? 9;
    assert.equal(got, 1);
    assert(performance.now() - started < 2000);
  });

  it('are dropped, not thrown, when a message cannot be sent at all', () => {
    assert.throws(
      () => encodeMessage({ kind: 'a', body: 'x'.repeat(FRAME_MAX_BYTES) }),
      RangeError,
    );
    assert.equal(tryEncode({ kind: 'a', body: 'x'.repeat(FRAME_MAX_BYTES) }), undefined);
    assert.equal(tryEncode({ kind: 'a', body: 1n }), undefined);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    assert.equal(tryEncode({ kind: 'a', body: circle }), undefined);
  });
});
