import assert from 'node:assert/strict';

import { diagnose, examine } from '../../../firmware/cli/busDoctor';
import { bus, linesOf, unitsOf } from '../../../firmware/cli/bus';
import { readByProfile, readRaw, valuesOf } from '../../../firmware/cli/busRead';
import { scanUnits } from '../../../firmware/cli/busScan';
import { opened, openSession, readOnly, type BusSession } from '../../../firmware/cli/busSession';
import { Sniffer } from '../../../firmware/cli/busSniff';
import { parseProfile, profileById, type DeviceProfile } from '../../../src/device';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { SerialFramePort } from '../../../src/io/serial';
import { wrapPdu } from '../../../src/modbus';
import { createSimBess, createSimMeter } from '../../../src/sim/devices';
import { createSegment, SeededRandom, type Segment } from '../../../src/sim/segment';
import { VirtualTime } from '../modbus/virtualTime';
import { later } from '../../../src/time';

function profile(id: string): DeviceProfile {
  const data = profileById(id);
  assert(data !== undefined);
  const result = parseProfile(data);
  assert(result.ok);
  return result.profile;
}

/** A meter as unit 3 and a battery as unit 5 on one emulated pair of wires. */
class Rig {
  readonly time = new VirtualTime();
  readonly segment: Segment;
  readonly session: BusSession;
  readonly parts;

  constructor(echo = false) {
    const { time } = this;
    const random = new SeededRandom(4);
    const options = { now: () => time.now(), random: () => random.next() };
    const truth = { power_W: [1000, 2000, 3000], voltage_V: [230, 231, 229] } as const;
    const meter = createSimMeter(profile('eastron-sdm630'), () => truth, { ...options, unit: 3 });
    const bess = createSimBess(profile('sunspec-bess-124'), { ...options, unit: 5 });
    meter.step(time.now(), 100);
    const devices = [meter, bess].map((device) => ({
      unit: device.unit,
      respond: (adu: Uint8Array) => device.answer(adu),
    }));
    this.segment = createSegment({
      clock: time,
      timers: time,
      baud: 19200,
      devices,
      seed: 1,
      echo,
    });
    const port = new SerialFramePort({
      path: '/dev/segment',
      baudRate: 19200,
      binding: this.segment.binding,
      clock: time,
      timers: time,
      spin: false,
    });
    this.parts = { port, codec: createPduCodec(), clock: time, timers: time };
    this.session = openSession(this.parts);
  }

  /** Moves simulated time until the work is done. */
  async until<T>(work: (session: BusSession) => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    const going = opened(this.session, this.parts)
      .then(() => work(this.session))
      .then((value) => (result = { value }));
    while (result === undefined) await this.time.runUntilAsync(later(this.time.now(), 200));
    this.session.close();
    return (await going).value;
  }
}

describe('holdfast bus', () => {
  it('scan finds each unit, its SunSpec models and the profile that its name fits', async () => {
    const lines: string[] = [];
    const rig = new Rig();
    const found = await rig.until((session) =>
      scanUnits(
        session,
        [2, 3, 4, 5],
        () => rig.time.now(),
        (line) => lines.push(line),
      ),
    );
    assert.deepEqual(
      found.map(({ unit }) => unit),
      [3, 5],
    );
    const [meter, bess] = found;
    assert(bess !== undefined);
    assert(meter?.profiles.some(({ id, sure }) => id === 'eastron-sdm630' && sure === 'plausible'));
    assert.deepEqual(bess.sunspecModels, [1, 103, 120, 121, 123, 160, 124]);
    assert.deepEqual(bess.profiles[0], { id: 'sunspec-bess-124', sure: 'named' });
    assert(lines.some((line) => line.includes('left')));
  });

  it('read decodes a profile and raw registers', async () => {
    const read = await new Rig().until(async (session) => {
      const now = () => later(new VirtualTime().now(), 0);
      const known = await readByProfile(session, 3, 'eastron-sdm630', now);
      const unknown = await readByProfile(session, 3, 'nothing', now);
      const raw = await readRaw(session, 3, {
        kind: 'read',
        table: 'input',
        address: 0,
        count: 2,
      });
      return { known, unknown, raw };
    });
    assert.equal(read.unknown, undefined);
    assert.deepEqual(read.known?.failed, []);
    const volts = read.known.points['V_L1'];
    assert(typeof volts === 'number' && Math.abs(volts - 230) < 1);
    assert('registers' in read.raw);
    assert(Math.abs(Number(valuesOf(read.raw.registers, 'float32', 'hi-lo')[0]) - 230) < 1);
  });

  it('refuses every write', () => {
    assert.equal(readOnly({ kind: 'write', address: 1, values: [1] }).allow, false);
    assert.equal(readOnly({ kind: 'write-coil', address: 1, value: true }).allow, false);
    assert.equal(readOnly({ kind: 'read', table: 'holding', address: 1, count: 1 }).allow, true);
  });

  it('doctor: a healthy line, a silent unit and a noisy line are told apart', async () => {
    const healthy = await new Rig().until((session) => examine(session, 5, 10));
    assert.deepEqual(healthy.findings, []);
    const silent = await new Rig().until((session) => examine(session, 9, 10));
    assert.match(silent.findings.join(), /no answer at all.*polarity/);
    const noisy = new Rig();
    noisy.segment.bitErrorRate = 3e-3;
    const sick = await noisy.until((session) => examine(session, 5, 10));
    assert.equal(sick.healthy, false);
    assert.match(sick.findings.join(), /damaged|without an answer/);
  });

  it('doctor: slow answers point at the latency timer, echoes at the adapter', () => {
    const good = {
      ok: true,
      registers: [1],
      received_at: later(new VirtualTime().now(), 0),
      sent_at: later(new VirtualTime().now(), 0),
      frame: new Uint8Array(),
      roundTrip_ms: 40,
    } as const;
    assert.match(diagnose([good, good], 0, 10).findings.join(), /latency timer/);
    const echo = {
      ok: false,
      reason: 'invalid-reply',
      text: '8 bytes before the reply (an echo?)',
      sent: true,
    } as const;
    assert.match(diagnose([echo], 0, 10).findings.join(), /echoes/);
  });

  it('arguments: lists of lines and ranges of units; what is impossible is refused', async () => {
    const both = linesOf({ port: '/dev/x', baud: '9600,19200', parity: 'none,even' });
    assert.equal(both.length, 4);
    assert.deepEqual(unitsOf('3-5'), [3, 4, 5]);
    assert.deepEqual(unitsOf('7'), [7]);
    for (const text of ['0', '5-3', '1-300', 'x']) assert.throws(() => unitsOf(text));
    const port = { port: '/dev/x', baud: '19200', parity: 'even' };
    assert.throws(() => linesOf({ ...port, parity: 'mark' }));
    assert.throws(() => linesOf({ ...port, baud: '0' }));
    assert.equal(await bus(['write', '--port', '/dev/x']), 2);
    assert.equal(await bus(['scan']), 2);
  });
});

describe('sniffer', () => {
  const request = wrapPdu(3, Uint8Array.of(4, 0, 0, 0, 2));
  const reply = wrapPdu(3, Uint8Array.of(4, 4, 0x43, 0x66, 0x80, 0));

  it('tells request, reply, exception and noise apart and gives the gap between them', () => {
    const sniffer = new Sniffer();
    const frames = [
      ...sniffer.feed(request, 100),
      ...sniffer.feed(reply.slice(0, 4), 110),
      ...sniffer.feed(reply.slice(4), 112),
      ...sniffer.feed(request, 200),
      ...sniffer.feed(wrapPdu(3, Uint8Array.of(0x84, 2)), 210),
      ...sniffer.feed(Uint8Array.of(1, 2, 3), 300),
      ...sniffer.end(400),
    ];
    assert.deepEqual(
      frames.map(({ kind, text }) => `${kind}: ${text}`),
      [
        'request: read input 0+2',
        'reply: 17254 32768',
        'request: read input 0+2',
        'exception: exception 2',
        'noise: 3 bytes that are no frame',
      ],
    );
    assert.equal(frames[1]?.gap_ms, 2);
  });

  it('finds a frame behind noise, and a request and its reply in one piece', () => {
    const sniffer = new Sniffer();
    const frames = sniffer.feed(Uint8Array.from([0xff, ...request, ...reply]), 5);
    assert.deepEqual(
      frames.map(({ kind }) => kind),
      ['noise', 'request', 'reply'],
    );
  });
});
