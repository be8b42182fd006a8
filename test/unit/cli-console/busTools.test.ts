import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bus } from '../../../firmware/cli/bus';
import { openGateway } from '../../../firmware/cli/busGateway';
import { connectIpc } from '../../../src/io/ipc';
import { signDetached } from '../../../src/io/keys';
import { captured } from '../cli/capture';
import { ConsoleRig } from './rig';

/** Simulated time five times as fast as real time: a console beats each 2.5 s of it. */
const STEP_s = 0.1;

describe('bus tools through a running gateway', function () {
  this.timeout(20_000);
  let rig: ConsoleRig;
  before(async () => {
    rig = new ConsoleRig(STEP_s);
    await rig.open();
  });
  after(() => rig.close());
  afterEach(() => {
    assert.deepEqual(rig.run.rig.sim.judge.report().violations, []);
  });

  const tool = (...words: string[]) => captured(() => bus([...words, '--socket', rig.socket]));
  const line = () => {
    const found = rig.run.rig.buses.get('rs485-0');
    assert.ok(found !== undefined);
    return found;
  };

  async function serve(): Promise<void> {
    const file = path.join(rig.folder, 'visit.json');
    const bytes = Buffer.from(
      JSON.stringify({
        site: 'demo',
        who: 'ann',
        role: 'field-tech',
        actions: ['bus-write'],
        hours: 1,
        reason: 'scan',
        sequence: Math.round(rig.run.time.wall_ms()),
        notAfter: new Date(rig.run.time.wall_ms() + 60_000).toISOString(),
      }),
    );
    writeFileSync(file, bytes);
    const signature = JSON.stringify(signDetached(bytes, 'service-grant', 'demo', rig.owner));
    const opened = await rig.service.open({ documentBase64: bytes.toString('base64'), signature });
    assert.ok(opened.ok, opened.text);
    rig.advance(3);
    assert.equal(rig.run.rig.runtime.mode(), 'service');
  }

  /** A console that says what a well-behaved one would not; `heard` are its answers. */
  async function rude(
    open: object,
    ...then: { kind: string; body: unknown }[]
  ): Promise<{ heard: string[]; close: () => void }> {
    const heard: string[] = [];
    const client = connectIpc({
      path: rig.socket,
      hello: { kind: 'bus-open', body: open },
      onMessage: ({ kind, body }) => void heard.push(`${kind} ${JSON.stringify(body)}`),
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const message of then) client.send(message);
    await new Promise((resolve) => setTimeout(resolve, 250));
    return { heard, close: () => client.close() };
  }

  it('a console that listens asks and sets nothing, and its end disturbs nobody', async () => {
    await serve();
    const set = { kind: 'bus-set', body: { baud: 9600, parity: 'odd' } };
    const read = {
      kind: 'bus-read',
      body: { id: 1, unit: 10, address: 0, count: 2, table: 'input' },
    };
    const works = await rude({ what: 'scan' });
    let ends = 0;
    const bus_ = line();
    const before = bus_.endVisits.bind(bus_);
    bus_.endVisits = () => void (ends += 1);
    try {
      const listens = await rude({ what: 'sniff' }, set, read);
      assert.equal(listens.heard.filter((h) => /^bus-refused.*only listens/.test(h)).length, 2);
      assert.ok(!listens.heard.some((h) => h.includes('to-static')), listens.heard.join());
      listens.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(ends, 0);
    } finally {
      bus_.endVisits = before;
      works.close();
      rig.service.close('ann');
      rig.advance(60);
    }
  });

  it('a connection has one use of one line: a second opening is refused', async () => {
    const again = { kind: 'bus-open', body: { what: 'sniff' } };
    const twice = await rude({ what: 'scan' }, again);
    twice.close();
    assert.match(twice.heard.join('\n'), /bus-opened[^]*bus-refused.*already open/);
  });

  it('read: registers and a whole profile, without a port and beside the control loop', async () => {
    const raw = await tool('read', '10', 'input', '0', '2', '--type', 'float32');
    assert.equal(raw.code, 0, raw.err);
    assert.ok(Math.abs(Number(raw.out) - 230) < 10, raw.out);
    assert.match(raw.err, /through the gateway: bus rs485-0/);
    const whole = await tool('read', '10', '--profile', 'eastron-sdm630', '--port', 'emulated');
    assert.equal(whole.code, 0, whole.err);
    assert.match(whole.out, /V_L1 2\d\d/);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
    assert.ok(rig.audit.some((a) => a.kind === 'human' && a.text === 'read by the console'));
  });

  it('doctor: a healthy and a silent unit', async () => {
    const healthy = await tool('doctor', '10');
    assert.match(healthy.out, /20 of 20 requests answered/, healthy.err);
    const silent = await tool('doctor', '99');
    assert.match(silent.out, /0 of 20.*\n.*no answer at all/s);
  });

  it('scan: finds the devices of the site in mode normal and says how long it takes', async () => {
    const found = await tool('scan', '--units', '9-10', '--json');
    assert.equal(found.code, 0, found.err);
    const said = JSON.parse(found.out) as { found: { unit: number; baud: number }[] };
    assert.deepEqual(
      said.found.map((one) => [one.unit, one.baud]),
      [[10, 19200]],
    );
    assert.match(found.err, /2 unit ids, at most 2 s/);
    assert.match(found.err, /s left/);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
  });

  it('sniff: the frames of the control loop, decoded, with the silence between them', async () => {
    const heard = await tool('sniff', '--for', '1');
    assert.equal(heard.code, 0, heard.err);
    assert.match(heard.out, /request unit 10: read input/);
    assert.match(heard.out, /reply unit 10:/);
    const gaps = [...heard.out.matchAll(/\+(\d+\.\d) ms/g)].map((m) => Number(m[1]));
    assert.ok(gaps.length > 3 && gaps.every((g) => g >= 1.9), gaps.join(' '));
    const other = await tool('sniff', '--baud', '9600');
    assert.match(other.err, /line is at 19200 baud, parity none; sniff hears it only there/);
  });

  it('other baud rates are refused outside service, with the way in', async () => {
    const refused = await tool('scan', '--units', '1-3', '--baud', '9600');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /refuses 9600 baud.*need mode service.*holdfast service open/);
    assert.equal(line().statistics().open, true);
  });

  it('a bus that the gateway does not have, and a port that is not its own', async () => {
    assert.match((await tool('read', '1', '--bus', 'x')).err, /no bus "x"; known: rs485-0/);
    const own = await tool('scan', '--port', '/dev/does-not-exist', '--units', '1');
    assert.match(own.err, /does-not-exist/);
    assert.doesNotMatch(own.err, /gateway/);
  });

  it('a second tool on the same line waits for the first to finish', async () => {
    const opening = await openGateway(rig.socket, { what: 'read' }, () => undefined);
    assert(opening.kind === 'open');
    const second = await tool('read', '10', 'input', '0', '2');
    assert.match(second.err, /another console uses rs485-0/);
    opening.gateway.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await tool('read', '10', 'input', '0', '2')).code, 0);
  });

  it('in service a scan at another baud rate has the line to itself and gives it back', async () => {
    await serve();
    rig.advance(70);
    const scan = await tool('scan', '--units', '1-3', '--baud', '9600,19200', '--parity', 'none');
    assert.match(scan.err, /gateway: lent: at 9600 none/);
    assert.match(scan.err, /nobody answered/);
    rig.advance(10);
    assert.equal(line().statistics().open, true);
    assert.equal(rig.run.rig.runtime.mode(), 'service');
    const texts = rig.audit.map((a) => a.text).join('\n');
    assert.match(texts, /lent to ann at 9600 none; polling stopped\nrestored to its own settings/);
    assert.match(rig.run.rig.runtime.snapshot()?.line ?? '', /^energised/);
  });

  it('a console that dies gives the line back: closed socket at once, silence after 3 s', async () => {
    const opening = await openGateway(rig.socket, { what: 'scan' }, () => undefined);
    assert(opening.kind === 'open');
    const { gateway } = opening;
    assert.equal(await gateway.set({ baud: 9600, parity: 'none' }), undefined);
    assert.equal(line().statistics().open, false);
    gateway.lost();
    await new Promise((resolve) => setTimeout(resolve, 100));
    rig.advance(5);
    assert.equal(line().statistics().open, true);
    // A console that is stopped keeps its socket and says nothing.
    const phases: string[] = [];
    const hung = connectIpc({
      path: rig.socket,
      hello: { kind: 'bus-open', body: { what: 'scan' } },
      onMessage: ({ kind, body }) => {
        if (kind === 'bus-opened')
          hung.send({ kind: 'bus-set', body: { baud: 9600, parity: 'odd' } });
        if (kind === 'bus-phase') phases.push(JSON.stringify(body));
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    hung.close();
    assert.match(phases.join(), /"lent".*"ended".*console is silent/);
    rig.advance(5);
    assert.equal(line().statistics().open, true);
    rig.service.close('ann');
    rig.advance(60);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
  });
});
