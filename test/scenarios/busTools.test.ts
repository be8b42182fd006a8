/**
 * Bus tools beside a gateway of separate processes (the built bundle) on a pseudo terminal: what a
 * technician sees, and what is left of the line when the tool is killed.
 */
import { strict as assert } from 'node:assert';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { snapshotOf } from '../../firmware/cli/live';
import { parseProfile, profileById } from '../../src/device';
import { systemClock } from '../../src/io/clock';
import { parseYaml } from '../../src/io/yaml';
import { wrapPdu } from '../../src/modbus';
import { createSimMeter } from '../../src/sim/devices';
import { builtBundle, until } from './gateway';
import { serveOnPort } from './serialServer';

const ROOT = path.join(__dirname, '..', '..');
const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('bus tools beside a real gateway on a pseudo terminal', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(path.join(tmpdir(), 'hf-bus-'));
  const at = (name: string): string => path.join(folder, name);
  const port = at('ttyA');
  const socket = at('state/console.sock');
  const children: ChildProcess[] = [];
  let log = '';
  let closeDevice: () => Promise<void> = () => Promise.resolve();

  function start(program: string, ...args: string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  }
  const holdfast = (...words: string[]): ChildProcess =>
    start(process.execPath, builtBundle(), ...words);
  async function ended(child: ChildProcess): Promise<Ended> {
    const texts = { out: '', err: '' };
    child.stdout?.on('data', (d: Buffer) => (texts.out += d.toString()));
    child.stderr?.on('data', (d: Buffer) => (texts.err += d.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, ...texts };
  }
  const tool = (...words: string[]): Promise<Ended> =>
    ended(holdfast('bus', ...words, '--socket', socket));
  const speed = (): string => execFileSync('stty', ['-F', port, 'speed']).toString().trim();
  const health = async () => (await snapshotOf(socket))?.line ?? '';

  function siteText(): string {
    const parsed = parseYaml(readFileSync(path.join(ROOT, 'firmware/sites/demo.yaml'), 'utf8'));
    assert(parsed.ok && typeof parsed.value === 'object' && parsed.value !== null);
    const entries = new Map<string, unknown>(Object.entries(parsed.value));
    for (const key of ['bess', 'pv', 'uplinks']) entries.delete(key);
    entries.set('buses', [{ id: 'rs485-0', kind: 'rtu', port, baud: 19200 }]);
    entries.set('ocpp', { listen: '127.0.0.1:0' });
    // No station is there: only what is known not to draw more lets the line be energised.
    const stations = entries.get('stations');
    assert(Array.isArray(stations));
    const measured = stations.map((s: object) => ({ ...s, pre_boot_A: 8 }));
    entries.set('stations', measured);
    return JSON.stringify(Object.fromEntries(entries), null, 1);
  }

  async function serveMeter(): Promise<void> {
    const data = profileById('eastron-sdm630');
    const parsed = data === undefined ? undefined : parseProfile(data);
    assert(parsed?.ok === true);
    const truth = { power_W: [1000, 2000, 3000], voltage_V: [230, 231, 229] } as const;
    const options = { now: () => systemClock.now(), random: Math.random, unit: 10 };
    const meter = createSimMeter(parsed.profile, () => truth, options);
    const timer = setInterval(() => meter.step(systemClock.now(), 200), 200);
    const close = await serveOnPort(at('ttyB'), (adu) => meter.answer(adu));
    closeDevice = async () => {
      clearInterval(timer);
      await close();
    };
  }

  before(async function () {
    if (!hasSocat) this.skip();
    start('socat', `pty,link=${port},raw,echo=0`, `pty,link=${at('ttyB')},raw,echo=0`);
    await until('the terminals', 5000, () => existsSync(port) && existsSync(at('ttyB')));
    await serveMeter();
    writeFileSync(at('site.yaml'), siteText());
    const signing = ['sign', at('site.yaml'), '--key', at('owner.key'), '--new-key'];
    const signed = await ended(holdfast(...signing));
    assert.equal(signed.code, 0, signed.err);
    const trust = ['--trust', at('owner.key.pub'), '--state', at('state')];
    const gateway = holdfast('run', '--site', at('site.yaml'), ...trust);
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on('data', (d: Buffer) => (log += d.toString()));
    let line = '';
    await until('the line is fed', 30_000, () => {
      void health().then((text) => (line = text));
      return line.startsWith('energised');
    });
  });
  after(async () => {
    for (const child of children.reverse()) if (child.exitCode === null) child.kill('SIGTERM');
    await closeDevice();
    rmSync(folder, { recursive: true, force: true });
  });

  it('read, doctor, scan and sniff work through it; its port is not opened twice', async () => {
    const read = await tool('read', '10', 'input', '0', '2', '--type', 'float32', '--port', port);
    assert.equal(read.code, 0, read.err + log);
    assert(Math.abs(Number(read.out) - 230) < 5, read.out);
    assert.match(read.err, /through the gateway: bus rs485-0/);
    const [doctor, other] = [
      await tool('doctor', '10'),
      await tool('scan', '--units', '10', '--json'),
    ];
    assert.match(doctor.out, /20 of 20 requests answered/, doctor.err);
    assert.match(other.out, /"unit":10,"answer":"answers/, other.err);
    const sniff = await tool('sniff', '--for', '2');
    assert.match(sniff.out, /request unit 10: read input .*\n.*reply unit 10/, sniff.err);
    assert.doesNotMatch(log, /rs485-0 closed/);
  });

  it('another baud rate: refused, then lent in service, and restored when the tool is killed', async () => {
    const refused = await tool('scan', '--units', '1-9', '--baud', '9600');
    assert.equal(refused.code, 2);
    assert.match(refused.err, /need mode service, the site is in/);
    const draft = ['draft', '--site', 'demo', '--who', 'ann', '--reason', 'new meter'];
    for (const words of [
      ['service', ...draft, '--out', at('visit.json')],
      ['sign', at('visit.json'), '--purpose', 'service-grant', '--key', at('owner.key')],
      ['service', 'open', '--grant', at('visit.json'), '--socket', socket],
    ]) {
      const said = await ended(holdfast(...words));
      assert.equal(said.code, 0, `${words.join(' ')}: ${said.err}`);
    }
    assert.equal(speed(), '19200');
    const scan = holdfast('bus', 'scan', '--baud', '9600', '--parity', 'none', '--socket', socket);
    let told = '';
    scan.stderr?.on('data', (d: Buffer) => (told += d.toString()));
    await until('the line is lent', 15_000, () => told.includes('gateway: lent'));
    await until('the port is at 9600', 3000, () => speed() === '9600');
    scan.kill('SIGKILL');
    await until('it is restored', 3000, () => log.includes('restored to its own settings'));
    await until('the port is at 19200', 5000, () => speed() === '19200');
    const opens = (): number => log.split('bus rs485-0 open').length - 1;
    await until('polling goes on', 5000, () => opens() >= 2);
    const read = await tool('read', '10', 'input', '0', '2', '--type', 'float32');
    assert.equal(read.code, 0, read.err);
    const now = await snapshotOf(socket);
    assert.equal(now?.mode, 'service');
    assert.match(now.line, /^energised/, 'no false trip');
    assert.match(log, /human rs485-0: restored to its own settings: the console was closed/);
    const closed = await ended(holdfast('service', 'close', '--socket', socket));
    assert.equal(closed.code, 0, closed.err);
    await until('service is left through static', 5000, () => log.includes('service -> static'));
    assert.doesNotMatch(log.slice(log.indexOf('line fed')), /line open/);
  });

  it('without a gateway the tool opens the port itself, and sniff hears what others say', async () => {
    const gateway = children.find((c) => c.spawnargs.includes('run'));
    const gone = new Promise((resolve) => gateway?.once('exit', resolve));
    gateway?.kill('SIGTERM');
    await gone;
    const own = ['--port', port, '--baud', '19200', '--parity', 'none'];
    const read = await tool('read', '10', 'input', '0', '2', '--type', 'float32', ...own);
    assert.equal(read.code, 0, read.err);
    assert.doesNotMatch(read.err, /gateway/);
    const sniffing = tool('sniff', '--for', '1', ...own);
    const request = Buffer.from(wrapPdu(10, Uint8Array.of(4, 0, 0, 0, 2)));
    const says = setInterval(() => writeFileSync(at('ttyB'), request), 200);
    const heard = await sniffing;
    clearInterval(says);
    assert.match(heard.out, /request unit 10: read input 0\+2/, heard.err);
  });
});
