import assert from 'node:assert/strict';
import { diagnose } from '../../../firmware/cli/busDoctor';
import { readByProfile, readRaw, valuesOf } from '../../../firmware/cli/busRead';
import { scanUnits } from '../../../firmware/cli/busScan';
import type { BusSession } from '../../../firmware/cli/busSession';
import { Sniffer } from '../../../firmware/cli/busSniff';
import { createPduCodec } from '../../../src/io/modbusSerial';
import {
  type BusResult,
  checkReply,
  crcHolds,
  type PduRequest,
  type ReadRequest,
  replyShape,
  wrapPdu,
} from '../../../src/modbus';
import { SeededRandom } from '../../../src/sim/segment';
import { instant, later } from '../../../src/time';

const NOW = instant(1000);
const FRAMES = 100_000;

/** Random bytes, often with the beginning or the check sum of a real frame. */
class Hostile {
  readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  below(n: number): number {
    return Math.floor(this.random.next() * n);
  }

  frame(): Uint8Array {
    const pdu = Uint8Array.from({ length: this.below(24) + 1 }, () => this.below(256));
    if (this.below(2) === 0) pdu[0] = [1, 2, 3, 4, 5, 6, 16, 0x83, 0x84, 0x90][this.below(10)] ?? 3;
    if (this.below(3) === 0 && pdu.length > 1) pdu[1] = pdu.length - 2;
    return this.below(4) === 0 ? pdu : wrapPdu(this.below(4), pdu);
  }
}

/** A session in which every reply is hostile; only what our own validation passes is a value. */
class HostileSession implements BusSession {
  private readonly hostile: Hostile;
  private readonly codec = createPduCodec();
  passed = 0;

  constructor(seed: number) {
    this.hostile = new Hostile(seed);
  }

  ask(unit: number, request: ReadRequest): Promise<BusResult> {
    const asked: PduRequest = request;
    const shape = replyShape(unit, asked, this.codec.encode(unit, asked));
    const frame = this.reply(unit, request);
    const verdict = checkReply(frame, shape);
    const bad = { ok: false, reason: 'invalid-reply', sent: true } as const;
    if (!verdict.ok) return Promise.resolve({ ...bad, text: verdict.text });
    const decoded = this.codec.decode(unit, asked, frame);
    if (!decoded.ok) return Promise.resolve({ ...bad, text: decoded.text });
    this.passed += 1;
    assert.equal(decoded.registers.length, request.count);
    const { registers } = decoded;
    const times = { received_at: NOW, sent_at: NOW, roundTrip_ms: 1 };
    return Promise.resolve({ ok: true, registers, frame, ...times });
  }

  /** Well formed with hostile content every other time: then the decoders behind it are met. */
  private reply(unit: number, { table, count }: ReadRequest): Uint8Array {
    const { hostile } = this;
    if (hostile.below(2) === 0) return hostile.frame();
    const likely = [0, 0xffff, 0x8000, 0x7fff, 0x5375, 0x6e53, 1, 65, 66, 124];
    const data = Array.from({ length: count }, () => {
      const word = hostile.below(2) === 0 ? hostile.below(65_536) : likely[hostile.below(10)];
      return [(word ?? 0) >> 8, (word ?? 0) & 0xff];
    }).flat();
    return wrapPdu(unit, Uint8Array.from([table === 'holding' ? 3 : 4, 2 * count, ...data]));
  }

  strayBytes(): number {
    return this.hostile.below(1000);
  }

  isOpen(): boolean {
    return true;
  }

  close(): void {
    this.passed = 0;
  }
}

describe('bus tools against hostile replies', function () {
  this.timeout(30_000);

  it('the sniffer cuts 100,000 random frames without a crash and loses no byte', () => {
    const hostile = new Hostile(7);
    const sniffer = new Sniffer();
    let fed = 0;
    let shown = 0;
    let at_ms = 0;
    for (let i = 0; i < FRAMES; i += 1) {
      const bytes = hostile.frame();
      fed += bytes.length;
      at_ms += hostile.below(3) === 0 ? 40 : 1;
      for (const frame of sniffer.feed(bytes, at_ms)) {
        shown += frame.bytes.length;
        assert(frame.kind === 'noise' || crcHolds(frame.bytes), 'a frame has a good check sum');
        assert(frame.text.length > 0 && frame.text.length < 2000);
      }
    }
    for (const frame of sniffer.end(at_ms)) shown += frame.bytes.length;
    assert.equal(shown, fed);
  });

  it('read decodes any registers as any type without a crash', async () => {
    const session = new HostileSession(8);
    const types = ['int16', 'uint16', 'int32', 'uint32', 'float32', 'int64', 'uint64'] as const;
    for (let i = 0; i < 20_000; i += 1) {
      const count = 1 + (i % 8);
      const request: ReadRequest = { kind: 'read', table: 'input', address: i, count };
      const read = await readRaw(session, 1 + (i % 3), request);
      if ('why' in read) continue;
      for (const type of types)
        assert(valuesOf(read.registers, type, i % 2 === 0 ? 'hi-lo' : 'lo-hi').length <= count);
    }
    assert(session.passed > 1000, 'values got through to the decoders');
    for (const id of ['eastron-sdm630', 'sunspec-bess-704', 'huawei-sun2000-luna', 'solax-gen4']) {
      for (let i = 0; i < 100; i += 1) {
        const read = await readByProfile(session, 1, id, () => NOW);
        assert(read !== undefined);
        for (const value of Object.values(read.points))
          assert(typeof value === 'string' || !Number.isNaN(value), `${id}: NaN is no value`);
      }
    }
  });

  it('scan follows no endless SunSpec chain and names no device for sure by chance', async () => {
    const session = new HostileSession(9);
    const units = Array.from({ length: 40 }, (_, i) => i + 1);
    const found = await scanUnits(
      session,
      units,
      () => 0,
      () => undefined,
    );
    assert(found.length > 0);
    assert(found.every((f) => f.profiles.every((p) => p.sure === 'plausible')));
  });

  it('doctor says something about any results', () => {
    const hostile = new Hostile(10);
    const reasons = [
      'timeout',
      'crc',
      'truncated',
      'invalid-reply',
      'exception',
      'denied',
    ] as const;
    for (let i = 0; i < 20_000; i += 1) {
      const results = Array.from({ length: hostile.below(20) }, (): BusResult => {
        const reason = reasons[hostile.below(reasons.length)] ?? 'crc';
        if (hostile.below(2) === 0) return { ok: false, reason, text: 'x', sent: true };
        const roundTrip_ms = hostile.below(100);
        const at = { received_at: later(NOW, 1), sent_at: NOW };
        return { ok: true, registers: [], frame: new Uint8Array(), roundTrip_ms, ...at };
      });
      const diagnosis = diagnose(results, hostile.below(50), 10);
      assert.equal(diagnosis.healthy, diagnosis.findings.length === 0);
      assert(diagnosis.answered <= diagnosis.tries);
    }
  });
});
