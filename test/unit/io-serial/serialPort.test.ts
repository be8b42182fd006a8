import assert from 'node:assert/strict';
import type { BindingInterface } from '@serialport/bindings-interface';
import { SerialPortStream } from '@serialport/stream';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { SerialFramePort, type SerialError } from '../../../src/io/serial';
import {
  createBus,
  respondAdu,
  type Bus,
  type BusResult,
  type PduRequest,
} from '../../../src/modbus';
import { createSegment, type Segment } from '../../../src/sim/segment';
import { later } from '../../../src/time';
import { settle, VirtualTime } from '../modbus/virtualTime';

class Rig {
  readonly time = new VirtualTime();
  readonly written: number[] = [];
  readonly problems: SerialError[] = [];
  readonly words: string[] = [];
  readonly results: BusResult[] = [];
  readonly segment: Segment;
  readonly port: SerialFramePort;
  readonly bus: Bus;
  opens = 0;
  reads = 0;

  constructor(more: { echo?: boolean; usbLatency_ms?: number } = {}) {
    const { time } = this;
    const access = {
      readRegisters: (_table: string, address: number, count: number) =>
        Array.from({ length: count }, (_, i) => (address + i) & 0xffff),
      writeRegisters: (_address: number, values: readonly number[]) => {
        this.written.push(...values);
        return undefined;
      },
    };
    const device = { unit: 1, respond: (adu: Uint8Array) => respondAdu(1, adu, access) };
    this.segment = createSegment({
      clock: time,
      timers: time,
      baud: 19200,
      devices: [device],
      seed: 3,
      ...more,
    });
    this.port = new SerialFramePort({
      path: '/dev/segment',
      baudRate: 19200,
      binding: this.#counting(this.segment.binding),
      clock: time,
      timers: time,
      spin: false,
      latency_ms: more.usbLatency_ms ?? 0,
      onProblem: (error) => this.problems.push(error),
    });
    this.bus = createBus({
      port: this.port,
      codec: createPduCodec(),
      judge: () => ({ allow: true }),
      devices: [{ id: 'd', unit: 1 }],
      clock: time,
      timers: time,
    });
  }

  ask(request: PduRequest, ttl_ms = 500): void {
    this.bus.submit({
      device: 'd',
      request,
      priority: 1,
      deadline: later(this.time.now(), ttl_ms),
      onDone: (result) => {
        this.results.push(result);
        this.words.push(`${request.kind} ${result.ok ? 'ok' : result.reason}`);
      },
    });
  }

  run(ms: number): Promise<void> {
    return this.time.runUntilAsync(later(this.time.now(), ms));
  }

  #counting(binding: BindingInterface): BindingInterface {
    return {
      list: () => binding.list(),
      open: async (options) => {
        this.opens += 1;
        const port = await binding.open(options);
        const read = port.read.bind(port);
        port.read = (buffer, offset, length) => {
          this.reads += 1;
          return read(buffer, offset, length);
        };
        return port;
      },
    };
  }
}

const read = (count: number): PduRequest => ({
  kind: 'read',
  table: 'holding',
  address: 10,
  count,
});
const write = (value: number): PduRequest => ({ kind: 'write', address: 1, values: [value] });

describe('serial frame port', () => {
  it('reads and writes over a stream without a t3.5 violation', async () => {
    const rig = new Rig();
    await rig.run(100);
    for (let i = 0; i < 20; i += 1) {
      rig.ask(read(1 + 6 * i));
      rig.ask(write(i));
      await rig.run(300);
    }
    assert.equal(rig.words.filter((word) => word.endsWith(' ok')).length, 40);
    assert.deepEqual(
      rig.written,
      Array.from({ length: 20 }, (_, i) => i),
    );
    const { t35_violations, collisions } = rig.segment.statistics();
    assert.deepEqual([t35_violations, collisions], [0, 0]);
    rig.bus.stop();
  });

  it('takes a reply of 125 registers in a handful of reads', async () => {
    const rig = new Rig();
    await rig.run(100);
    rig.reads = 0;
    for (let i = 0; i < 10; i += 1) {
      rig.ask(read(125));
      await rig.run(300);
    }
    assert.equal(rig.words.filter((word) => word === 'read ok').length, 10);
    assert.ok(rig.reads <= 70, `${rig.reads} reads for 10 replies of 255 bytes`);
    rig.bus.stop();
  });

  it('never delivers a write after the port came back, as a bare stream does', async () => {
    const rig = new Rig();
    await rig.run(100);
    rig.ask(write(50));
    await rig.run(100);
    rig.segment.plugged = false;
    rig.ask(write(60), 60_000);
    await rig.run(2000);
    rig.ask(write(70), 60_000);
    await rig.run(2000);
    rig.segment.plugged = true;
    await rig.run(10_000);
    assert.deepEqual(rig.written, [50]);
    assert.deepEqual(rig.words, ['write ok', 'write disconnected', 'write disconnected']);
    rig.ask(read(2));
    await rig.run(500);
    assert.equal(rig.words.at(-1), 'read ok', 'and the bus goes on');
    rig.bus.stop();

    // The hazard itself: what is written while closed goes out when the stream is opened again.
    const bare = new Rig();
    bare.bus.stop();
    const stream = new SerialPortStream({
      binding: bare.segment.binding,
      path: '/dev/x',
      baudRate: 19200,
      autoOpen: false,
    });
    stream.write(Buffer.from(createPduCodec().encode(1, write(80))));
    stream.open();
    await bare.run(200);
    assert.deepEqual(bare.written, [80]);
    stream.close();
  });

  it('opens a fresh stream after a loss, and says once what is wrong', async () => {
    const rig = new Rig();
    await rig.run(100);
    const before = rig.opens;
    rig.segment.plugged = false;
    await rig.run(20_000);
    assert.deepEqual(
      rig.problems.map((problem) => problem.code),
      ['port-lost', 'port-missing'],
    );
    const tries = rig.opens - before;
    assert.ok(tries >= 5 && tries <= 9, `${tries} tries in 20 s: 0.25 s to 5 s apart`);
    rig.segment.plugged = true;
    await rig.run(5100);
    rig.ask(read(1));
    await rig.run(300);
    assert.deepEqual(rig.words, ['read ok']);
    rig.bus.stop();
  });

  it('opens ever more rarely a port that opens and fails again and nothing valid is read', async () => {
    const rig = new Rig();
    const before = rig.opens;
    for (let i = 0; i < 120; i += 1) {
      await rig.run(500);
      rig.segment.plugged = false;
      await rig.run(1);
      rig.segment.plugged = true;
    }
    const tries = rig.opens - before;
    assert.ok(tries >= 4 && tries <= 8, `${tries} openings in 60 s: 2, 4, 8, 16, 32 s apart`);
    assert.equal(rig.problems.length, 1);
    await rig.run(60_000);
    rig.ask(read(1));
    await rig.run(300);
    assert.deepEqual(rig.words, ['read ok']);
    const good = rig.opens;
    rig.segment.plugged = false;
    await rig.run(1);
    rig.segment.plugged = true;
    await rig.run(300);
    assert.equal(rig.opens, good + 1, 'after a valid reply it is opened again at once');
    rig.bus.stop();
  });

  it('does not send a frame whose deadline passed while it waited for silence', async () => {
    const rig = new Rig();
    await rig.run(100);
    rig.ask(read(1));
    rig.ask(write(9), 3);
    await rig.run(500);
    assert.deepEqual(rig.written, []);
    assert.deepEqual(rig.words.sort(), ['read ok', 'write expired']);
    rig.bus.stop();
  });

  it('waits for a line that somebody else is using', async () => {
    const rig = new Rig();
    await rig.run(100);
    for (let i = 0; i < 10; i += 1) {
      rig.segment.inject(new Uint8Array(10).fill(i), later(rig.time.now(), i * 10));
    }
    await rig.run(30);
    rig.ask(read(1));
    await rig.run(500);
    assert.deepEqual(rig.words, ['read ok']);
    assert.equal(rig.segment.statistics().collisions, 0);
    rig.bus.stop();
  });

  it('works through an echoing adapter and a 16 ms USB latency', async () => {
    for (const more of [{ echo: true }, { usbLatency_ms: 16 }, { echo: true, usbLatency_ms: 16 }]) {
      const rig = new Rig(more);
      await rig.run(100);
      rig.ask(read(20));
      await rig.run(500);
      rig.ask({ kind: 'write', address: 1, values: [7], single: true });
      await rig.run(500);
      rig.segment.silent.add(1);
      rig.ask({ kind: 'write', address: 1, values: [8], single: true });
      await rig.run(1000);
      assert.deepEqual(rig.words, ['read ok', 'write ok', 'write timeout'], JSON.stringify(more));
      assert.deepEqual(rig.written, [7]);
      rig.bus.stop();
    }
  });

  it('lets no callback run after it was stopped', async () => {
    const rig = new Rig();
    await rig.run(100);
    rig.ask(read(50));
    rig.bus.stop();
    const reported = rig.words.length;
    await rig.run(5000);
    assert.deepEqual(rig.words.slice(reported), []);
    assert.deepEqual(rig.words, ['read disconnected']);
  });
});

describe('serial port errors', () => {
  const problemOf = async (binding: BindingInterface | undefined): Promise<SerialError> => {
    const time = new VirtualTime();
    const problems: SerialError[] = [];
    const port = new SerialFramePort({
      path: '/dev/holdfast-there-is-no-such-port',
      baudRate: 19200,
      clock: time,
      timers: time,
      spin: false,
      onProblem: (error) => problems.push(error),
      ...(binding === undefined ? {} : { binding }),
    });
    const nothing = (): void => undefined;
    port.attach({
      onOpen: nothing,
      onClose: nothing,
      onSent: nothing,
      onReply: nothing,
      onFault: nothing,
      onStray: nothing,
      onReady: nothing,
    });
    port.open();
    while (problems.length === 0) await settle();
    port.close();
    const [problem] = problems;
    assert.ok(problem !== undefined);
    return problem;
  };
  const failing = (text: string): BindingInterface => ({
    list: () => Promise.resolve([]),
    open: () => Promise.reject(new Error(text)),
  });

  it('names a port that does not exist, with the real binding', async () => {
    const problem = await problemOf(undefined);
    assert.equal(problem.code, 'port-missing');
    assert.match(problem.message, /holdfast-there-is-no-such-port.*no such port.*by-path/);
  });

  it('tells a taken port from a forbidden one, each with its fix', async () => {
    const taken = await problemOf(
      failing('Error: Resource temporarily unavailable Cannot lock port'),
    );
    assert.equal(taken.code, 'port-taken');
    assert.match(taken.fix, /fuser/);
    const denied = await problemOf(failing('Error: Permission denied, cannot open /dev/ttyS0'));
    assert.equal(denied.code, 'port-denied');
    assert.equal((await problemOf(failing('Error: Invalid argument'))).code, 'port-failed');
  });
});
