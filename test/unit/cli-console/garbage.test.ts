import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import fc from 'fast-check';
import { log } from '../../../firmware/processes/log';
import { connectIpc } from '../../../src/io/ipc';
import { ConsoleRig } from './rig';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Names that the console knows, so that bodies reach the code behind them. */
const KINDS = [
  ...['why', 'mode', 'drill', 'drill-state', 'drill-abort', 'drill-duties', 'snapshot'],
  ...['service-open', 'service-close', 'service-state', 'bus-open', 'bus-read', 'bus-set'],
  ...['bus-beat', 'bus-sniff', 'bus-close', 'bus-nothing', '__proto__', 'constructor', ''],
];

describe('garbage at the console', function () {
  this.timeout(20_000);
  let rig: ConsoleRig;
  const bugs: string[] = [];
  const bug = (error: unknown): void => void bugs.push(String(error));
  const others = process.listeners('uncaughtException');
  before(async () => {
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', bug);
    process.on('unhandledRejection', bug);
    rig = new ConsoleRig();
    await rig.open();
  });
  after(async () => {
    process.off('uncaughtException', bug);
    process.off('unhandledRejection', bug);
    for (const listener of others) process.on('uncaughtException', listener);
    await rig.close();
  });

  async function answersTo(...messages: { kind: string; body: unknown }[]): Promise<string[]> {
    const heard: string[] = [];
    const client = connectIpc({
      path: rig.socket,
      hello: { kind: 'service-state', body: null },
      ratePerSecond: 1000,
      onMessage: ({ body }) => void heard.push(JSON.stringify(body)),
    });
    await wait(50);
    for (const message of messages) client.send(message);
    await wait(150);
    client.close();
    return heard;
  }

  it('a question that is no text is answered, not a bug of the process', async () => {
    const [, ...heard] = await answersTo(
      { kind: 'why', body: { toString: 1, valueOf: 1 } },
      { kind: 'why', body: '__proto__' },
      { kind: 'snapshot', body: null },
    );
    assert.equal(heard.length, 3, heard.join());
    assert.match(heard[0] ?? '', /no station/);
    assert.deepEqual(bugs, []);
  });

  it('no body of any known question is a bug, loosens the mode or keeps a bus', async () => {
    const messages = fc.sample(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        body: fc.oneof(
          fc.jsonValue(),
          fc.record(
            {
              wish: fc.constantFrom('acknowledge-stop', 'leave-static', 'release', 'x'),
              who: fc.string(),
              what: fc.constantFrom('sniff', 'scan', 'read'),
              unit: fc.oneof(fc.double(), fc.integer()),
              baud: fc.oneof(fc.constant(9600), fc.double()),
              parity: fc.constantFrom('odd', 'none', 'x'),
              table: fc.constantFrom('input', 'coil', '__proto__'),
              address: fc.integer(),
              count: fc.integer({ max: 3000 }),
              document: fc.base64String(),
              signature: fc.json(),
            },
            { requiredKeys: [] },
          ),
        ),
      }),
      { numRuns: 600, seed: 20261122 },
    );
    for (let at = 0; at < messages.length; at += 60)
      await answersTo(...messages.slice(at, at + 60));
    assert.deepEqual(bugs, []);
    rig.advance(60);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
    assert.deepEqual(rig.run.rig.sim.judge.report().violations, []);
    for (const bus of rig.run.rig.buses.values()) assert.equal(bus.statistics().open, true);
  });

  it('half frames, wrong lengths, floods and many peers leave the console answering', async () => {
    const frames = [
      Buffer.from([0, 0]),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0, 0, 0, 2, 0x7b]),
      Buffer.concat([Buffer.from([0, 0, 0x20, 0]), Buffer.alloc(0x2000, '[')]),
    ];
    const sockets = Array.from({ length: 40 }, (_, i) => {
      const socket = connect(rig.socket);
      socket.on('error', () => undefined);
      socket.write(frames[i % frames.length] ?? '');
      return socket;
    });
    const flood = { kind: 'snapshot', body: null };
    await answersTo(...Array.from({ length: 500 }, () => flood));
    for (const socket of sockets) socket.destroy();
    const heard = await answersTo({ kind: 'snapshot', body: null });
    assert.equal(heard.length, 2);
    assert.deepEqual(bugs, []);
  });

  it('a line of the log stays one line, whatever a peer writes into it', () => {
    const written: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      log('site', 'human mode: by ann\n2026-01-01T00:00:00.000Z site: \u001b[2Jforged');
    } finally {
      process.stderr.write = write;
    }
    assert.match(written.join(''), /^[^\p{Cc}]*\n$/u);
  });
});
