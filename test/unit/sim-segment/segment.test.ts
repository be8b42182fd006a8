import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { createBus, respondAdu, silence_ms, type BusResult } from '../../../src/modbus';
import {
  createMemoryTcp,
  createSegment,
  type Segment,
  type Transmission,
} from '../../../src/sim/segment';
import { instant, later } from '../../../src/time';
import { settle, VirtualTime } from '../modbus/virtualTime';

const codec = createPduCodec();
const access = {
  readRegisters: (_table: string, address: number, count: number) =>
    Array.from({ length: count }, (_, i) => address + i),
  writeRegisters: () => undefined,
};
const device = (unit: number, turnaround_ms?: number) => ({
  unit,
  respond: (adu: Uint8Array) => respondAdu(unit, adu, access),
  ...(turnaround_ms === undefined ? {} : { turnaround_ms }),
});
const ask = (unit: number, count: number): Uint8Array =>
  codec.encode(unit, { kind: 'read', table: 'holding', address: 0, count });

function build(
  time: VirtualTime,
  more: Partial<Parameters<typeof createSegment>[0]> = {},
): Segment {
  return createSegment({
    clock: time,
    timers: time,
    baud: 19200,
    seed: 1,
    devices: [device(1), device(2, 12)],
    ...more,
  });
}

const times = (t: Transmission): string =>
  `${t.talker} ${t.unit} ${t.start_at.toFixed(6)} ${t.end_at.toFixed(6)} ${t.collided ? 'x' : '-'}`;

function readAll(segment: Segment, time: VirtualTime): { bytes: number[]; ends: number[] } {
  const seen = { bytes: [] as number[], ends: [] as number[] };
  void segment.binding.open({ path: '/dev/x', baudRate: 19200 }).then((port) => {
    const next = (): void => {
      port.read(Buffer.alloc(256), 0, 256).then(
        ({ buffer, bytesRead }) => {
          seen.bytes.push(...buffer.subarray(0, bytesRead));
          seen.ends.push(time.now());
          next();
        },
        () => undefined,
      );
    };
    next();
  });
  return seen;
}

describe('emulated segment', () => {
  it('gives equal end times in byte mode and in frame mode', async () => {
    const request = fc.record({
      unit: fc.constantFrom(1, 2, 3),
      count: fc.integer({ min: 1, max: 60 }),
      pause_ms: fc.double({ min: 3, max: 40, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), async (requests) => {
        const frames: string[] = [];
        const frameTime = new VirtualTime();
        const frameSegment = build(frameTime);
        frameSegment.observe((t) => frames.push(times(t)));
        const port = frameSegment.framePort();
        const starts: number[] = [];
        let done_at = 0;
        port.attach({
          onOpen: () => undefined,
          onClose: () => undefined,
          onSent: (_id, ends_at) => starts.push(ends_at - (8 * 11_000) / 19200),
          onReply: (_id, _adu, at) => (done_at = at),
          onFault: () => undefined,
          onStray: () => undefined,
          onReady: () => undefined,
        });
        port.open();
        for (const [id, { unit, count, pause_ms }] of requests.entries()) {
          frameTime.advance(pause_ms);
          const adu = ask(unit, count);
          const pdu = { kind: 'read', table: 'holding', address: 0, count } as const;
          port.send({ id, unit, request: pdu, adu, deadline: instant(1e9), extraGap_ms: 0 });
          frameTime.advance(200);
          port.abandon(id, frameTime.now());
        }
        assert.ok(done_at >= 0);
        const bytes: string[] = [];
        const byteTime = new VirtualTime();
        const byteSegment = build(byteTime);
        byteSegment.observe((t) => bytes.push(times(t)));
        const bytePort = await byteSegment.binding.open({ path: '/dev/x', baudRate: 19200 });
        for (const [i, { unit, count }] of requests.entries()) {
          byteTime.runUntil(instant(starts[i] ?? 0));
          await bytePort.write(Buffer.from(ask(unit, count)));
        }
        byteTime.advance(300);
        assert.deepEqual(bytes, frames);
      }),
      { seed: 9, numRuns: 40 },
    );
  });

  it('makes each byte readable at its own end time', async () => {
    const time = new VirtualTime();
    const segment = build(time);
    const seen = readAll(segment, time);
    await settle();
    segment.inject(Uint8Array.of(1, 2, 3), instant(10));
    await time.runUntilAsync(instant(50));
    const char_ms = 11_000 / 19200;
    assert.deepEqual(seen.bytes, [1, 2, 3]);
    assert.deepEqual(
      seen.ends.map((end) => end.toFixed(6)),
      [1, 2, 3].map((n) => (10 + n * char_ms).toFixed(6)),
    );
  });

  it('hands bytes over on the grid of a USB adapter', async () => {
    const time = new VirtualTime();
    const segment = build(time, { usbLatency_ms: 16 });
    const seen = readAll(segment, time);
    await settle();
    segment.inject(Uint8Array.of(1, 2, 3), instant(15));
    await time.runUntilAsync(instant(50));
    assert.deepEqual(seen.ends, [16, 32]);
    assert.deepEqual(seen.bytes, [1, 2, 3]);
  });

  it('counts a client frame that starts before t3.5 is over, and its device does not hear it', () => {
    const time = new VirtualTime();
    const segment = build(time);
    const talk: string[] = [];
    segment.observe((t) => talk.push(t.talker));
    void segment.binding.open({ path: '/dev/x', baudRate: 19200 }).then(async (port) => {
      await port.write(Buffer.from(ask(9, 1)));
      time.advance(8 * (11_000 / 19200) + silence_ms(19200) - 0.1);
      await port.write(Buffer.from(ask(1, 1)));
    });
    return settle().then(() => {
      time.advance(100);
      assert.equal(segment.statistics().t35_violations, 1);
      assert.deepEqual(talk, ['client', 'client']);
    });
  });

  it('damages both frames of a collision', () => {
    const time = new VirtualTime();
    const segment = build(time);
    const all: Transmission[] = [];
    segment.observe((t) => all.push(t));
    segment.inject(new Uint8Array(20).fill(7), instant(1));
    segment.inject(new Uint8Array(20).fill(8), instant(5));
    assert.equal(segment.statistics().collisions, 2);
    assert.ok(all.every((t) => t.collided && !t.heard.every((byte, i) => byte === t.sent[i])));
  });

  it('damages about as many frames as its bit error rate says, the same ones for the same seed', () => {
    const damaged = (seed: number): number[] => {
      const time = new VirtualTime();
      const segment = build(time, { seed, bitErrorRate: 1e-3 });
      const all: number[] = [];
      segment.observe((t) => all.push(t.heard === t.sent ? 0 : 1));
      for (let i = 0; i < 2000; i += 1) segment.inject(new Uint8Array(25), instant(i * 50));
      return all;
    };
    const first = damaged(5);
    const share = first.reduce((sum, x) => sum + x, 0) / first.length;
    assert.ok(Math.abs(share - (1 - 0.999 ** 200)) < 0.03, `${share}`);
    assert.deepEqual(first, damaged(5));
    assert.notDeepEqual(first, damaged(6));
  });

  it('rejects pending and later reads, writes and opens while it is unplugged', async () => {
    const time = new VirtualTime();
    const segment = build(time);
    const port = await segment.binding.open({ path: '/dev/x', baudRate: 19200 });
    const pending = port.read(Buffer.alloc(8), 0, 8);
    segment.plugged = false;
    await assert.rejects(pending, /unplugged/);
    await assert.rejects(port.read(Buffer.alloc(8), 0, 8), /unplugged/);
    await assert.rejects(port.write(Buffer.of(1)), /unplugged/);
    await assert.rejects(segment.binding.open({ path: '/dev/x', baudRate: 19200 }), /ENOENT/);
    segment.plugged = true;
    await segment.binding.open({ path: '/dev/x', baudRate: 19200 });
  });
});

describe('bus over the emulated segment', () => {
  function site(time: VirtualTime, segment: Segment) {
    const devices = [
      { id: 'd1', unit: 1 },
      { id: 'd2', unit: 2 },
    ];
    const port = segment.framePort();
    const judge = () => ({ allow: true }) as const;
    return createBus({ port, codec, judge, devices, clock: time, timers: time });
  }

  it('polls without violations and reports utilisation', () => {
    const time = new VirtualTime();
    const segment = build(time);
    const bus = site(time, segment);
    time.advance(10);
    let good = 0;
    for (let second = 0; second < 60; second += 1) {
      for (const device of ['d1', 'd2']) {
        bus.submit({
          device,
          request: { kind: 'read', table: 'holding', address: 5, count: 50 },
          priority: 2,
          deadline: later(time.now(), 900),
          onDone: (result) => {
            if (result.ok && result.registers[49] === 54) good += 1;
          },
        });
      }
      time.advance(1000);
    }
    assert.equal(good, 120);
    const { t35_violations, collisions, utilisation } = segment.statistics();
    assert.deepEqual([t35_violations, collisions], [0, 0]);
    assert.ok(utilisation > 0.1 && utilisation < 0.2, `${utilisation}`);
    bus.stop();
  });

  it('fails while unplugged and goes on by itself after', () => {
    const time = new VirtualTime();
    const segment = build(time);
    const bus = site(time, segment);
    const words: string[] = [];
    const poll = (): void =>
      bus.submit({
        device: 'd1',
        request: { kind: 'read', table: 'holding', address: 0, count: 1 },
        priority: 2,
        deadline: later(time.now(), 500),
        onDone: (result: BusResult) => words.push(result.ok ? 'ok' : result.reason),
      });
    for (const plugged of [true, false, true]) {
      segment.plugged = plugged;
      time.advance(1000);
      poll();
      time.advance(1000);
    }
    assert.deepEqual(words, ['ok', 'disconnected', 'ok']);
    bus.stop();
  });

  it('serves Modbus TCP in memory through the same engine', () => {
    const time = new VirtualTime();
    const port = createMemoryTcp({ clock: time, timers: time, devices: [device(1)], window: 4 });
    const judge = () => ({ allow: true }) as const;
    const bus = createBus({
      port,
      codec,
      judge,
      devices: [{ id: 'd', unit: 1 }],
      clock: time,
      timers: time,
    });
    time.advance(1);
    const values: number[] = [];
    const poll = (address: number): void =>
      bus.submit({
        device: 'd',
        request: { kind: 'read', table: 'holding', address, count: 1 },
        priority: 2,
        deadline: later(time.now(), 500),
        onDone: (result) => values.push(result.ok ? (result.registers[0] ?? -1) : -2),
      });
    for (let i = 0; i < 8; i += 1) poll(i);
    time.advance(20);
    port.connected = false;
    poll(100);
    time.advance(10);
    port.connected = true;
    time.advance(10);
    poll(200);
    time.advance(10);
    assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, -2, 200]);
    bus.stop();
  });
});
