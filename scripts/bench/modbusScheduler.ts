/** What the scheduler costs and guarantees, on the virtual segment and on loopback TCP. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createPduCodec } from '../../src/io/modbusSerial';
import { TcpFramePort } from '../../src/io/tcp';
import {
  createBus,
  encodeTcp,
  MbapDecoder,
  readCycle_ms,
  respondAdu,
  type Bus,
  type RegisterAccess,
} from '../../src/modbus';
import { createSegment, SeededRandom, type Segment } from '../../src/sim/segment';
import { VirtualTime } from '../../src/sim/time';
import { instant, later, type Clock, type Timers } from '../../src/time';
import type { CampaignCase, CampaignContext, CaseFinding } from '../campaign';

const BAUD = 19200;
const allow = () => ({ allow: true }) as const;
const access: RegisterAccess = {
  readRegisters: (_table, address, count) =>
    Array.from({ length: count }, (_, i) => (7 * (address + i) + 3) & 0xffff),
  writeRegisters: () => undefined,
};

interface VirtualBus {
  readonly time: VirtualTime;
  readonly segment: Segment;
  readonly bus: Bus;
  readonly ids: readonly string[];
}

function virtualBus(units: number, seed: number): VirtualBus {
  const time = new VirtualTime();
  const random = new SeededRandom(seed);
  const devices = Array.from({ length: units }, (_, i) => ({
    unit: i + 1,
    respond: (adu: Uint8Array) => respondAdu(i + 1, adu, access),
    turnaround_ms: () => 3 + 12 * random.next(),
  }));
  const segment = createSegment({ clock: time, timers: time, baud: BAUD, devices, seed });
  const bus = createBus({
    port: segment.framePort(),
    codec: createPduCodec(),
    judge: allow,
    devices: devices.map(({ unit }) => ({ id: `d${unit}`, unit })),
    clock: time,
    timers: time,
  });
  time.runUntil(later(time.now(), 100));
  return { time, segment, bus, ids: devices.map(({ unit }) => `d${unit}`) };
}

/** Polls every device again as soon as it answered, or a second after it failed; counts answers. */
function saturate({ bus, time }: VirtualBus, ids: readonly string[]): Map<string, number> {
  const answers = new Map<string, number>();
  const poll = (device: string): void =>
    bus.submit({
      device,
      request: { kind: 'read', table: 'holding', address: 0, count: 40 },
      priority: 3,
      deadline: later(time.now(), 5000),
      onDone: (result) => {
        if (result.ok) answers.set(device, (answers.get(device) ?? 0) + 1);
        // The cycle of the site asks again each second, whether the device is alive or not.
        if (result.ok) poll(device);
        else time.at(later(time.now(), 1000), () => poll(device));
      },
    });
  for (const device of ids) poll(device);
  return answers;
}

const sum = (answers: ReadonlyMap<string, number>, except: string): number =>
  [...answers].reduce((total, [device, count]) => total + (device === except ? 0 : count), 0);

/** Answers of nine devices in 5 minutes: with the tenth dead, against the tenth not there. */
function deadDevice(seed: number): CaseFinding {
  const MINUTES_MS = 5 * 60_000;
  const before = virtualBus(10, seed);
  const answers = saturate(before, before.ids);
  before.time.runUntil(later(before.time.now(), 60_000));
  const dead = 'd10';
  const counted = sum(answers, dead);
  before.segment.silent.add(10);
  before.time.runUntil(later(before.time.now(), MINUTES_MS));
  const withDead = sum(answers, dead) - counted;

  const reference = virtualBus(9, seed);
  const referenceAnswers = saturate(reference, reference.ids);
  reference.time.runUntil(later(reference.time.now(), MINUTES_MS));
  const without = sum(referenceAnswers, dead);
  const health = before.bus.statistics().devices.find(({ device }) => device === dead);
  return {
    measured: {
      cost_fraction: 1 - withDead / without,
      answers_with_dead: withDead,
      answers_without: without,
      probes: health?.failed.timeout ?? 0,
      t35_violations: before.segment.statistics().t35_violations,
    },
    bars: [
      { name: 'cost_fraction', op: '<', value: 0.05 },
      { name: 't35_violations', op: '==', value: 0 },
    ],
  };
}

/** 1,000 safety writes at random instants on a saturated bus with blocks at their cap. */
function safetyWrite(seed: number): CaseFinding {
  const rig = virtualBus(8, seed);
  const { time, segment, bus } = rig;
  saturate(rig, rig.ids);
  const random = new SeededRandom(seed + 1);
  const replyEnds: number[] = [];
  segment.observe((t) => {
    if (t.talker === 'device') replyEnds.push(t.end_at);
  });
  let waitedTransactions = 0;
  let waited_ms = 0;
  let failed = 0;
  for (let i = 0; i < 1000; i += 1) {
    time.runUntil(later(time.now(), 50 + 200 * random.next()));
    const asked_at = time.now();
    bus.submit({
      device: `d${1 + random.integer(8)}`,
      request: { kind: 'write', address: 1, values: [i] },
      priority: 0,
      deadline: later(asked_at, 1000),
      onDone: (result) => {
        if (!result.ok) {
          failed += 1;
          return;
        }
        waited_ms = Math.max(waited_ms, result.sent_at - asked_at);
        const waitedFor = replyEnds.filter((end) => end > asked_at && end <= result.sent_at);
        waitedTransactions = Math.max(waitedTransactions, waitedFor.length);
      },
    });
    replyEnds.splice(0, Math.max(0, replyEnds.length - 64));
    time.runUntil(later(time.now(), 500));
  }
  const transaction_ms = readCycle_ms(BAUD, 40) + 15;
  return {
    measured: {
      waited_transactions: waitedTransactions,
      waited_max_ms: waited_ms,
      longest_transaction_ms: transaction_ms,
      failed,
    },
    bars: [
      { name: 'waited_transactions', op: '<=', value: 1 },
      { name: 'waited_max_ms', op: '<=', value: transaction_ms },
      { name: 'failed', op: '==', value: 0 },
    ],
  };
}

const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };
const timers: Timers = {
  at: (at, fn) => {
    const handle = setTimeout(fn, Math.max(0, at - clock.now()));
    return () => clearTimeout(handle);
  },
};

/** 600 requests at once to a server that answers out of order and repeats itself. */
async function tcpConcurrent(seed: number): Promise<CaseFinding> {
  const REQUESTS = 600;
  const random = new SeededRandom(seed);
  const answer = (socket: Socket, transaction: number, adu: Uint8Array): void => {
    const reply = respondAdu(1, adu, access);
    if (reply === null) return;
    const frame = encodeTcp(transaction, reply);
    setTimeout(() => socket.write(frame), random.integer(6));
    if (random.next() < 0.1) setTimeout(() => socket.write(frame), 8 + random.integer(20));
  };
  const server = createServer((socket) => {
    const decoder = new MbapDecoder();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const { transaction, adu } of decoder.feed(chunk).frames)
        answer(socket, transaction, adu);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const started = performance.now();
  const bus = await new Promise<Bus>((resolve) => {
    const made = createBus({
      port: new TcpFramePort({ host: '127.0.0.1', port, window: 16, clock, timers }),
      codec: createPduCodec(),
      judge: allow,
      devices: [{ id: 'd', unit: 1 }],
      clock,
      timers,
      onLink: () => setImmediate(() => resolve(made)),
    });
  });
  const read = (address: number): Promise<'right' | 'wrong' | 'failed'> =>
    new Promise((resolve) => {
      bus.submit({
        device: 'd',
        request: { kind: 'read', table: 'holding', address, count: 5 },
        priority: 2,
        deadline: later(clock.now(), 30_000),
        onDone: (result) => {
          if (!result.ok) resolve('failed');
          else
            resolve(
              result.registers.every((v, i) => v === ((7 * (address + i) + 3) & 0xffff))
                ? 'right'
                : 'wrong',
            );
        },
      });
    });
  const words = await Promise.all(Array.from({ length: REQUESTS }, (_, i) => read(i)));
  const elapsed_ms = performance.now() - started;
  bus.stop();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const count = (word: string): number => words.filter((other) => other === word).length;
  return {
    measured: {
      right: count('right'),
      wrong_values: count('wrong'),
      failed: count('failed'),
      elapsed_ms,
    },
    bars: [
      { name: 'wrong_values', op: '==', value: 0 },
      { name: 'right', op: '==', value: REQUESTS },
    ],
  };
}

/** The cases that need no line process. */
export function schedulerCases({ seed }: CampaignContext): CampaignCase[] {
  return [
    {
      id: 'dead-device',
      params: { devices: 10, baud: BAUD, minutes: 5 },
      run: () => Promise.resolve(deadDevice(seed)),
    },
    {
      id: 'safety-write',
      params: { devices: 8, baud: BAUD, writes: 1000 },
      run: () => Promise.resolve(safetyWrite(seed)),
    },
    { id: 'tcp-concurrent', params: { requests: 600, window: 16 }, run: () => tcpConcurrent(seed) },
  ];
}
