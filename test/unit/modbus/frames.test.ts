import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPduCodec } from '../../../src/io/modbusSerial';
import {
  checkReply,
  crc16,
  crcHolds,
  decodeReplyValues,
  decodeRequest,
  describe as describeRequest,
  encodeTcp,
  malformed,
  MbapDecoder,
  replyShape,
  requestLength,
  respond,
  respondAdu,
  unwrapPdu,
  wrapPdu,
  type PduRequest,
  type RegisterAccess,
} from '../../../src/modbus';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const word = fc.integer({ min: 0, max: 0xffff });

const anyRequest: fc.Arbitrary<PduRequest> = fc
  .oneof(
    fc.record({
      kind: fc.constant('read' as const),
      table: fc.constantFrom('holding' as const, 'input' as const),
      address: word,
      count: fc.integer({ min: 1, max: 125 }),
    }),
    fc.record({
      kind: fc.constant('read-bits' as const),
      table: fc.constantFrom('coil' as const, 'discrete' as const),
      address: word,
      count: fc.integer({ min: 1, max: 2000 }),
    }),
    fc.record({
      kind: fc.constant('write' as const),
      address: word,
      values: fc.array(word, { minLength: 1, maxLength: 123 }),
    }),
    fc.record({
      kind: fc.constant('write' as const),
      address: word,
      values: fc.tuple(word),
      single: fc.constant(true),
    }),
    fc.record({ kind: fc.constant('write-coil' as const), address: word, value: fc.boolean() }),
  )
  .filter((request) => malformed(request) === undefined);

/** Register n holds a value that depends on n; bits likewise. */
const patterned: RegisterAccess = {
  readRegisters: (_table, address, count) =>
    Array.from({ length: count }, (_, i) => (address * 31 + i * 7 + 1) & 0xffff),
  writeRegisters: () => undefined,
  readBits: (_table, address, count) =>
    Array.from({ length: count }, (_, i) => ((address + i * i) & 3) === 1),
  writeCoil: () => undefined,
};

describe('modbus frames', () => {
  it('computes the CRC of the serial line guide', () => {
    assert.equal(crc16(hex('01 03 00 00 00 0A')), 0xcdc5);
    assert.ok(crcHolds(hex('02 07 41 12')), 'V1.02, 6.2.2: the example frame');
  });

  it('detects every damage of one to three bits in a frame', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 254 }),
        fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 3 }),
        (pdu, picks) => {
          const adu = wrapPdu(1, pdu);
          const bits = new Set(picks.map((pick) => pick % (adu.length * 8)));
          for (const bit of bits) adu[bit >> 3] = (adu[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          assert.equal(crcHolds(adu), false);
        },
      ),
      { seed: 1 },
    );
  });

  it('decodes the request examples of the application protocol, clause 6', () => {
    const table: [string, PduRequest][] = [
      ['01 0013 0013', { kind: 'read-bits', table: 'coil', address: 0x13, count: 0x13 }],
      ['02 00C4 0016', { kind: 'read-bits', table: 'discrete', address: 0xc4, count: 0x16 }],
      ['03 006B 0003', { kind: 'read', table: 'holding', address: 0x6b, count: 3 }],
      ['04 0008 0001', { kind: 'read', table: 'input', address: 8, count: 1 }],
      ['05 00AC FF00', { kind: 'write-coil', address: 0xac, value: true }],
      ['06 0001 0003', { kind: 'write', address: 1, values: [3], single: true }],
      ['10 0001 0002 04 000A 0102', { kind: 'write', address: 1, values: [10, 0x102] }],
    ];
    for (const [bytes, request] of table) {
      const decoded = decodeRequest(hex(bytes));
      assert.deepEqual(decoded.kind === 'known' ? decoded.request : decoded, request);
      assert.equal(requestLength(hex(bytes)), hex(bytes).length);
    }
  });

  it('agrees with the encoder of modbus-serial on every request', () => {
    const codec = createPduCodec();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 247 }), anyRequest, (unit, request) => {
        const adu = codec.encode(unit, request);
        assert.ok(crcHolds(adu));
        assert.equal(adu[0], unit);
        const decoded = decodeRequest(unwrapPdu(adu));
        assert.ok(decoded.kind === 'known', describeRequest(request));
        assert.deepEqual({ ...decoded.request }, { ...request });
      }),
      { seed: 2 },
    );
  });

  it('agrees with the parser of modbus-serial on every reply of a server', () => {
    const codec = createPduCodec();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 247 }), anyRequest, (unit, request) => {
        const adu = codec.encode(unit, request);
        const reply = respondAdu(unit, adu, patterned);
        assert.ok(reply !== null);
        assert.deepEqual(checkReply(reply, replyShape(unit, request, adu)), {
          ok: true,
          exception: undefined,
        });
        const decoded = codec.decode(unit, request, reply);
        assert.deepEqual(decoded, { ok: true, registers: decodeReplyValues(reply, request) });
      }),
      { seed: 3 },
    );
  });

  it('refuses what the protocol does not allow, and never throws on foreign bytes', () => {
    const malformedOnes = [
      '',
      '03 0000 0000',
      '03 0000 007E',
      '03 FFFF 0002',
      '03 0000',
      '05 0000 1234',
    ];
    malformedOnes.push(
      '10 0000 0002 02 0001',
      '10 0000 0001 02 0001 00',
      '01 0000 07D1',
      '06 0000 00 00 00',
    );
    for (const bytes of malformedOnes)
      assert.equal(decodeRequest(hex(bytes)).kind, 'malformed', bytes);
    assert.deepEqual(decodeRequest(hex('08 0004 0000')), {
      kind: 'foreign',
      functionCode: 8,
      subFunction: 4,
    });
    assert.deepEqual(decodeRequest(hex('2B 0E 01 00')), {
      kind: 'foreign',
      functionCode: 43,
      subFunction: 14,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), (pdu) => {
        decodeRequest(pdu);
        respond(pdu, patterned);
      }),
      { seed: 4 },
    );
  });

  it('names why a request must not be sent', () => {
    const read = { kind: 'read', table: 'holding' } as const;
    const wrong: PduRequest[] = [
      { ...read, address: 0, count: 0 },
      { ...read, address: 0, count: 126 },
      { ...read, address: 65535, count: 2 },
      { ...read, address: -1, count: 1 },
      { ...read, address: 0, count: 1.5 },
      { kind: 'write', address: 0, values: [] },
      { kind: 'write', address: 0, values: [65536] },
      { kind: 'write', address: 0, values: [1, 2], single: true },
      { kind: 'write', address: 0, values: new Array<number>(124).fill(0) },
      { kind: 'read-bits', table: 'coil', address: 0, count: 2001 },
    ];
    for (const request of wrong) assert.equal(typeof malformed(request), 'string');
  });
});

describe('modbus server', () => {
  it('answers foreign function codes with exception 1 and broken quantities with 3', () => {
    assert.deepEqual([...respond(hex('11'), patterned)], [0x91, 1]);
    assert.deepEqual([...respond(hex('03 0000 00C8'), patterned)], [0x83, 3]);
    assert.deepEqual([...respond(hex('05 0000 1234'), patterned)], [0x85, 3]);
  });

  it('passes on the exception of its register map, and keeps silent for other units', () => {
    const empty: RegisterAccess = {
      readRegisters: () => ({ exception: 2 }),
      writeRegisters: () => ({ exception: 4 }),
    };
    assert.deepEqual([...respond(hex('03 0000 0001'), empty)], [0x83, 2]);
    assert.deepEqual([...respond(hex('06 0000 0001'), empty)], [0x86, 4]);
    assert.deepEqual([...respond(hex('01 0000 0001'), empty)], [0x81, 1]);
    assert.equal(respondAdu(2, wrapPdu(1, hex('03 0000 0001')), patterned), null);
    const damaged = wrapPdu(1, hex('06 0000 0001'));
    damaged[5] = 9;
    assert.equal(respondAdu(1, damaged, empty), null, 'a wrong CRC is never executed');
  });

  it('executes a broadcast write and answers nothing', () => {
    const written: number[] = [];
    const access: RegisterAccess = {
      ...patterned,
      writeRegisters: (_address, values) => {
        written.push(...values);
        return undefined;
      },
    };
    assert.equal(respondAdu(1, wrapPdu(0, hex('06 0000 0007')), access), null);
    assert.equal(respondAdu(1, wrapPdu(0, hex('03 0000 0001')), access), null);
    assert.deepEqual(written, [7]);
  });
});

describe('modbus reply check', () => {
  const codec = createPduCodec();
  const read: PduRequest = { kind: 'read', table: 'holding', address: 10, count: 2 };
  const shape = replyShape(1, read, codec.encode(1, read));
  const kindOf = (adu: Uint8Array): string => {
    const verdict = checkReply(adu, shape);
    return verdict.ok ? 'ok' : verdict.kind;
  };

  it('refuses each known lie of a reply by its own reason', () => {
    assert.equal(kindOf(wrapPdu(1, hex('03 04 0001 0002'))), 'ok');
    assert.equal(kindOf(wrapPdu(2, hex('03 04 0001 0002'))), 'invalid-reply', 'another unit');
    assert.equal(kindOf(wrapPdu(1, hex('04 04 0001 0002'))), 'invalid-reply', 'another function');
    assert.equal(kindOf(wrapPdu(1, hex('03 02 0001'))), 'invalid-reply', 'fewer registers');
    assert.equal(kindOf(wrapPdu(1, hex('03 04 0001'))), 'invalid-reply', 'byte count lies');
    assert.equal(kindOf(wrapPdu(1, hex('03 04 0001 0002 0003'))), 'invalid-reply', 'too long');
    assert.equal(kindOf(wrapPdu(1, hex('83 02'))), 'ok', 'an exception answers, too');
    assert.equal(kindOf(wrapPdu(1, hex('83 02 00'))), 'invalid-reply');
    assert.equal(kindOf(wrapPdu(1, hex('03 04 0001 0002')).subarray(0, 7)), 'truncated');
    const damaged = wrapPdu(1, hex('03 04 0001 0002'));
    damaged[4] = 99;
    assert.equal(kindOf(damaged), 'crc');
  });

  it('takes a write echo only when it repeats address and value or quantity', () => {
    const single: PduRequest = { kind: 'write', address: 7, values: [5], single: true };
    const singleShape = replyShape(1, single, codec.encode(1, single));
    assert.ok(checkReply(wrapPdu(1, hex('06 0007 0005')), singleShape).ok);
    assert.equal(checkReply(wrapPdu(1, hex('06 0007 270F')), singleShape).ok, false);
    const several: PduRequest = { kind: 'write', address: 7, values: [5, 6] };
    const severalShape = replyShape(1, several, codec.encode(1, several));
    assert.ok(checkReply(wrapPdu(1, hex('10 0007 0002')), severalShape).ok);
    assert.equal(checkReply(wrapPdu(1, hex('10 0007 0001')), severalShape).ok, false);
    assert.equal(checkReply(wrapPdu(1, hex('10 0008 0002')), severalShape).ok, false);
  });
});

describe('modbus TCP framing', () => {
  it('cuts any stream into the same frames, however it is chunked', () => {
    const frame = fc.record({
      transaction: word,
      unit: fc.nat(255),
      pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(
            frames.map((f) => encodeTcp(f.transaction, wrapPdu(f.unit, f.pdu))),
          );
          const decoder = new MbapDecoder();
          const seen: { transaction: number; adu: number[] }[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const cut = cuts[turn % cuts.length] ?? 1;
            const reception = decoder.feed(stream.subarray(at, at + cut));
            assert.equal(reception.kind, 'frames');
            for (const f of reception.frames)
              seen.push({ transaction: f.transaction, adu: [...f.adu] });
            at += cut;
          }
          assert.equal(decoder.pending, 0);
          assert.deepEqual(
            seen,
            frames.map((f) => ({ transaction: f.transaction, adu: [...wrapPdu(f.unit, f.pdu)] })),
          );
        },
      ),
      { seed: 5 },
    );
  });

  it('trusts nothing after a wrong protocol id or an impossible length', () => {
    for (const bad of [
      '0001 0001 0006 01 03 0000 0001',
      '0001 0000 0000 01',
      '0001 0000 00FF 01',
      '0001 0000 0001 01',
    ]) {
      const decoder = new MbapDecoder();
      assert.equal(decoder.feed(hex(bad)).kind, 'broken', bad);
      const after = decoder.feed(encodeTcp(1, wrapPdu(1, hex('83 02'))));
      assert.equal(after.kind, 'broken');
      assert.equal(after.frames.length, 0);
    }
  });
});
