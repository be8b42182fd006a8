import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPduCodec } from '../../../src/io/modbusSerial';
import {
  RECEIVER_CAPACITY_BYTES,
  replyShape,
  RtuLink,
  RtuReceiver,
  wrapPdu,
  type EchoMode,
  type OutgoingFrame,
  type PduRequest,
} from '../../../src/modbus';
import { at, read, replyTo, write } from './scriptedPort';

const codec = createPduCodec();
const CHAR_MS = 0.5;
const wire = { char_ms: CHAR_MS, gap_ms: 2, latency_ms: 0 };

function frame(request: PduRequest, unit = 1, id = 1): OutgoingFrame {
  const adu = codec.encode(unit, request);
  return { id, unit, request, adu, deadline: at(1e9), extraGap_ms: 0 };
}

function rig(echo: EchoMode = 'none', paced = true) {
  const log: string[] = [];
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const link = new RtuLink(
    { wire, echo, paced },
    {
      onOpen: () => undefined,
      onClose: () => undefined,
      onSent: (id, ends_at) => log.push(`sent ${id} until ${ends_at}`),
      onReply: (id, adu, now) => log.push(`reply ${id} ${hex(adu)} at ${now}`),
      onFault: (id, fault) => log.push(`fault ${id} ${fault.kind}`),
      onStray: (bytes) => log.push(`stray ${hex(bytes)}`),
      onReady: (now) => log.push(`ready at ${now}`),
    },
  );
  return { link, log, hex };
}

describe('rtu link', () => {
  const ask = frame(read(0, 2));
  const reply = replyTo(ask, 0x0102);

  it('delivers a reply that comes in pieces, and says how many bytes are missing', () => {
    const { link, log, hex } = rig();
    link.begin(ask, at(0));
    assert.equal(link.received(reply.subarray(0, 4), at(8)), reply.length - 4);
    link.received(reply.subarray(4), at(12));
    assert.deepEqual(log, ['sent 1 until 4', `reply 1 ${hex(reply)} at 12`]);
  });

  it('lets the next request start t3.5 after the last byte, and after the extra silence', () => {
    const { link } = rig();
    link.begin(ask, at(0));
    link.received(reply, at(12));
    assert.ok(link.isReady);
    assert.equal(link.earliestStart(at(12), 0), 14);
    assert.equal(link.earliestStart(at(12), 5), 19);
    assert.equal(link.earliestStart(at(30), 0), 30);
  });

  it('finds the reply behind glitch bytes, and reports these as stray', () => {
    const { link, log, hex } = rig();
    link.begin(ask, at(0));
    link.received(Uint8Array.of(0, 1, 3), at(6));
    link.received(reply, at(14));
    assert.deepEqual(log.slice(1), ['stray 000103', `reply 1 ${hex(reply)} at 14`]);
  });

  it('takes no reply that follows more than a glitch, since its request was disturbed', () => {
    const { link, log } = rig();
    link.begin(ask, at(0));
    link.received(Uint8Array.of(9, 9, 9, 9, 9), at(6));
    link.received(reply, at(14));
    assert.equal(log.at(-1), 'fault 1 invalid-reply');
    assert.equal(link.isReady, false);
  });

  it('reports a damaged frame once the line is quiet, and then is ready at once', () => {
    const { link, log } = rig();
    const damaged = reply.slice();
    damaged[4] = 0xff;
    link.begin(ask, at(0));
    link.received(damaged, at(12));
    link.tick(at(20));
    assert.equal(log.length, 1, 'it may still become a reply');
    for (let now = 21; now < 60; now += 1) link.tick(at(now));
    assert.deepEqual(log.slice(1), ['fault 1 crc']);
    assert.ok(link.isReady);
  });

  it('skips the sound frame of another unit and still takes the reply', () => {
    const { link, log, hex } = rig();
    const foreign = replyTo(frame(read(0, 2), 9), 5);
    link.begin(ask, at(0));
    link.received(foreign, at(12));
    for (let now = 13; now < 60; now += 1) link.tick(at(now));
    link.received(reply, at(80));
    assert.deepEqual(log.slice(1), [`stray ${hex(foreign)}`, `reply 1 ${hex(reply)} at 80`]);
  });

  it('says what came instead of the reply when it is abandoned', () => {
    const { link } = rig();
    link.begin(ask, at(0));
    link.received(wrapPdu(1, Uint8Array.of(3, 2, 0, 1)), at(12));
    for (let now = 13; now < 60; now += 1) link.tick(at(now));
    assert.equal(link.abandon(1, at(100))?.kind, 'invalid-reply');
    link.begin({ ...ask, id: 2 }, at(200));
    assert.equal(link.abandon(2, at(300)), undefined, 'silence');
  });

  it('keeps the line closed after an abandoned request until 20 ms without a byte', () => {
    const { link, log, hex } = rig();
    link.begin(ask, at(0));
    link.abandon(1, at(100));
    assert.equal(link.isReady, false);
    link.received(reply, at(110));
    link.tick(at(120));
    assert.equal(link.isReady, false, 'the late reply prolongs it');
    link.tick(at(130));
    assert.deepEqual(log.slice(1), [`stray ${hex(reply)}`, 'ready at 130']);
  });

  it('takes no reply that was on the wire before the request had ended', () => {
    const { link, log, hex } = rig();
    link.begin(ask, at(0));
    link.received(reply, at(6));
    assert.deepEqual(
      log.slice(1),
      [`stray ${hex(reply)}`],
      '9 bytes need 4.5 ms after the request',
    );
    link.received(reply, at(20));
    assert.equal(log.at(-1), `reply 1 ${hex(reply)} at 20`);
  });

  it('takes a reply at once where bytes need no time (pty)', () => {
    const { link, log, hex } = rig('none', false);
    link.begin(ask, at(0));
    link.received(reply, at(0.1));
    assert.equal(log.at(-1), `reply 1 ${hex(reply)} at 0.1`);
  });

  it('holds the line closed while bytes come that nobody asked for', () => {
    const { link, log, hex } = rig();
    link.received(reply, at(5));
    assert.equal(link.isReady, false);
    assert.equal(link.earliestStart(at(6), 0), 25);
    link.tick(at(25));
    assert.deepEqual(log, [`stray ${hex(reply)}`, 'ready at 25']);
  });

  it('strips an echo, and finds out by the first read whether there is one', () => {
    for (const echoes of [true, false]) {
      const { link, log, hex } = rig('detect');
      const single = frame({ kind: 'write', address: 3, values: [9], single: true });
      assert.equal(link.refuses(single)?.kind, 'not-ready', 'an echo would look like its reply');
      link.begin(ask, at(0));
      if (echoes) link.received(ask.adu, at(4));
      link.received(reply, at(12));
      assert.equal(log.at(-1), `reply 1 ${hex(reply)} at 12`);
      assert.equal(link.refuses(single), undefined);
      link.begin({ ...single, id: 2 }, at(20));
      link.received(single.adu, at(28));
      if (echoes) {
        assert.equal(log.at(-1), 'sent 2 until 24', 'the echo is not the reply');
        link.received(single.adu, at(36));
      }
      assert.equal(log.at(-1), `reply 2 ${hex(single.adu)} at ${echoes ? 36 : 28}`);
    }
  });

  it('asks again about the echo after the line was lost', () => {
    const { link } = rig('detect');
    link.begin(ask, at(0));
    link.received(reply, at(12));
    link.reset();
    const single = frame({ kind: 'write', address: 3, values: [9], single: true });
    assert.equal(link.refuses(single)?.kind, 'not-ready');
    assert.equal(link.refuses(frame(write(1, 2))), undefined);
  });
});

describe('rtu receiver', () => {
  it('finds the reply in any cut of any noise before it, and nothing else', () => {
    const ask = frame(read(0, 3));
    const reply = replyTo(ask, 0x7777);
    const shape = replyShape(1, ask.request, ask.adu);
    const noise = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        noise,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (before, cuts) => {
          const receiver = new RtuReceiver();
          receiver.expect(shape, undefined);
          const stream = Uint8Array.from([...before, ...reply]);
          const found: string[] = [];
          for (let from = 0, turn = 0; from < stream.length; turn += 1) {
            const to = from + (cuts[turn % cuts.length] ?? 1);
            const reception = receiver.feed(stream.subarray(from, to));
            if (reception.kind === 'frame') found.push(Buffer.from(reception.adu).toString('hex'));
            from = to;
          }
          if (found.length === 0) {
            const settled = receiver.atSilence();
            if (settled.kind === 'frame') found.push(Buffer.from(settled.adu).toString('hex'));
          }
          assert.deepEqual(found, [Buffer.from(reply).toString('hex')]);
        },
      ),
      { seed: 8 },
    );
  });

  it('never takes an exception from inside the registers of a reply', () => {
    const ask = frame(read(0, 4));
    const exception = wrapPdu(1, Uint8Array.of(0x83, 2));
    const reply = wrapPdu(1, Uint8Array.from([3, 8, 0, ...exception, 0, 0]));
    const receiver = new RtuReceiver();
    receiver.expect(replyShape(1, ask.request, ask.adu), undefined);
    assert.equal(receiver.feed(reply.subarray(0, 10)).kind, 'more');
    const reception = receiver.feed(reply.subarray(10));
    assert.ok(reception.kind === 'frame' && reception.adu.length === reply.length);
  });

  it('holds a bounded number of bytes', () => {
    const ask = frame(read(0, 4));
    const receiver = new RtuReceiver();
    receiver.expect(replyShape(1, ask.request, ask.adu), undefined);
    for (let i = 0; i < 20; i += 1) receiver.feed(new Uint8Array(100).fill(0x55));
    receiver.feed(new Uint8Array(5000).fill(0x55));
    assert.equal(receiver.pending, RECEIVER_CAPACITY_BYTES);
  });
});
