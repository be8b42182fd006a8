import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { TcpFramePort } from '../../../src/io/tcp';
import {
  createBus,
  encodeTcp,
  MbapDecoder,
  respondAdu,
  type Bus,
  type BusResult,
  type TcpFrame,
} from '../../../src/modbus';
import { instant, later, type Clock, type Timers } from '../../../src/time';

/** Injected time runs faster than the sockets, so that time-outs of a second cost little here. */
const SPEED = 10;
const clock: Clock = {
  now: () => instant(performance.now() * SPEED),
  wall_ms: () => performance.timeOrigin + performance.now(),
};
const timers: Timers = {
  at: (at, fn) => {
    const handle = setTimeout(fn, Math.max(0, (at - clock.now()) / SPEED));
    return () => clearTimeout(handle);
  },
};
const access = {
  readRegisters: (_table: string, address: number, count: number) =>
    Array.from({ length: count }, (_, i) => (address * 3 + i) & 0xffff),
  writeRegisters: () => undefined,
};

type Answer = (frame: TcpFrame, socket: Socket) => void;
const honest: Answer = ({ transaction, adu }, socket) => {
  const reply = respondAdu(1, adu, access);
  if (reply !== null) socket.write(encodeTcp(transaction, reply));
};

class Rig {
  server: Server | undefined;
  bus: Bus | undefined;
  readonly problems: string[] = [];
  connections = 0;

  async start(answer: Answer, window: number): Promise<void> {
    const server = createServer((socket) => {
      this.connections += 1;
      const decoder = new MbapDecoder();
      socket.on('data', (chunk) => {
        for (const frame of decoder.feed(chunk).frames) answer(frame, socket);
      });
      socket.on('error', () => undefined);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => {
      this.bus = createBus({
        port: new TcpFramePort({
          host: '127.0.0.1',
          port,
          window,
          clock,
          timers,
          jitter: () => 0,
          onProblem: (text) => this.problems.push(text),
        }),
        codec: createPduCodec(),
        judge: () => ({ allow: true }),
        devices: [{ id: 'd', unit: 1, turnaround_ms: 50 }],
        clock,
        timers,
        onLink: (open) => {
          if (open) resolve();
        },
      });
    });
  }

  read(address: number): Promise<BusResult> {
    return new Promise((resolve) => {
      this.bus?.submit({
        device: 'd',
        request: { kind: 'read', table: 'holding', address, count: 2 },
        priority: 2,
        deadline: later(clock.now(), 200_000),
        onDone: resolve,
      });
    });
  }

  async stop(): Promise<void> {
    this.bus?.stop();
    const { server } = this;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}

const word = (result: BusResult): string => (result.ok ? 'ok' : result.reason);

describe('tcp frame port', () => {
  const rig = { current: new Rig() };
  beforeEach(() => {
    rig.current = new Rig();
  });
  afterEach(() => rig.current.stop());

  it('answers 600 concurrent requests without one wrong value, in any order of replies', async () => {
    const held: (() => void)[] = [];
    await rig.current.start((frame, socket) => {
      held.push(() => honest(frame, socket));
      // Replies leave in reverse order, half a window at a time.
      if (held.length >= 8) while (held.length > 0) held.pop()?.();
      else setImmediate(() => held.pop()?.());
    }, 16);
    const results = await Promise.all(Array.from({ length: 600 }, (_, i) => rig.current.read(i)));
    results.forEach((result, i) => {
      assert.ok(result.ok, word(result));
      assert.deepEqual(result.registers, [3 * i, 3 * i + 1]);
    });
  });

  it('ignores duplicate and unsolicited replies', async () => {
    await rig.current.start((frame, socket) => {
      socket.write(encodeTcp(40_000, frame.adu));
      honest(frame, socket);
      honest(frame, socket);
    }, 1);
    for (let i = 0; i < 20; i += 1) {
      const result = await rig.current.read(i);
      assert.deepEqual(result.ok ? result.registers : result.reason, [3 * i, 3 * i + 1]);
    }
  });

  it('refuses a reply of another unit, function or length as invalid', async () => {
    const lies = [
      (adu: Uint8Array) => Uint8Array.of(2, ...adu.slice(1)),
      (adu: Uint8Array) => Uint8Array.of(1, 4, ...adu.slice(2)),
      (adu: Uint8Array) => adu.slice(0, -4),
    ];
    let turn = 0;
    await rig.current.start(({ transaction, adu }, socket) => {
      const reply = respondAdu(1, adu, access) ?? adu;
      socket.write(encodeTcp(transaction, lies[turn % 3]?.(reply) ?? reply));
    }, 1);
    for (turn = 0; turn < 3; turn += 1) {
      assert.equal(word(await rig.current.read(5)), 'invalid-reply');
    }
  });

  it('gives up a connection whose framing is broken, and connects again', async () => {
    let broken = true;
    await rig.current.start((frame, socket) => {
      if (broken) socket.write(Buffer.from('000100990006010302000100', 'hex'));
      else honest(frame, socket);
    }, 1);
    assert.equal(word(await rig.current.read(1)), 'disconnected');
    assert.match(rig.current.problems.join(), /protocol id 153/);
    broken = false;
    while (rig.current.connections < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    let result = await rig.current.read(1);
    while (!result.ok && result.reason === 'disconnected') {
      await new Promise((resolve) => setTimeout(resolve, 5));
      result = await rig.current.read(1);
    }
    assert.ok(result.ok);
  });

  it('returns ever more rarely to a device of garbage, and at once after a valid answer', async () => {
    let broken = true;
    const at: number[] = [];
    const garbage = (frame: TcpFrame, socket: Socket): void => {
      if (!broken) return honest(frame, socket);
      at.push(clock.now());
      socket.write(Buffer.from('HTTP/1.1 400 Bad Request'));
    };
    await rig.current.start(garbage, 1);
    const askUntil = async (done: (result: BusResult) => boolean): Promise<void> => {
      while (!done(await rig.current.read(1))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await askUntil(() => at.length === 3);
    const [first = 0, second = 0, third = 0] = at;
    // Half of 2 s and of 4 s: the jitter here is 0. An engine that polls asks soon after it opens.
    assert.ok(second - first >= 1000, `${second - first} ms`);
    assert.ok(third - second >= 2000, `${third - second} ms`);
    assert.equal(rig.current.problems.length, 1, rig.current.problems.join());
    broken = false;
    await askUntil((result) => result.ok);
    broken = true;
    at.length = 0;
    await askUntil(() => at.length === 2);
    const [lost = 0, back = 0] = at;
    assert.ok(back - lost >= 125, 'the wait of one that was good comes first');
    assert.equal(rig.current.problems.length, 2, 'after a valid reply it is news again');
  });

  it('never takes a late reply for the next request', async () => {
    let first = true;
    await rig.current.start((frame, socket) => {
      if (!first) return honest(frame, socket);
      first = false;
      setTimeout(() => honest(frame, socket), 130);
      return undefined;
    }, 1);
    const result = await rig.current.read(7);
    assert.deepEqual(result.ok ? result.registers : result.reason, [21, 22], 'the repetition');
    for (let i = 0; i < 40; i += 1) {
      const next = await rig.current.read(i);
      assert.deepEqual(next.ok ? next.registers : next.reason, [3 * i, 3 * i + 1]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it('refuses a window that no device is promised', () => {
    assert.throws(() => new TcpFramePort({ host: 'x', window: 17, clock, timers }), RangeError);
    assert.throws(() => new TcpFramePort({ host: 'x', window: 0, clock, timers }), RangeError);
  });
});
