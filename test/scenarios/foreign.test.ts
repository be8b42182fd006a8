/**
 * Real foreign software next to our own: a Modbus RTU server of Debian's pymodbus driven by our bus
 * on a pty, and Debian's mbpoll reading one of our simulated devices. Skipped with a word where the
 * programs are not installed.
 */
import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeMeter, parseProfile, profileById } from '../../src/device';
import { systemClock, systemTimers } from '../../src/io/clock';
import { createPduCodec } from '../../src/io/modbusSerial';
import { SerialFramePort } from '../../src/io/serial';
import { type BusResult, createBus } from '../../src/modbus';
import { createSimMeter } from '../../src/sim/devices';
import { later } from '../../src/time';
import { until } from './gateway';
import { serveOnPort } from './serialServer';

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;
const debianPython = '/usr/bin/python3';
const hasPymodbus = (): boolean =>
  existsSync(debianPython) &&
  spawnSync(debianPython, ['-c', 'import pymodbus, serial_asyncio']).status === 0;

/** A meter as pymodbus serves it: float32, high word first, at the SDM630's addresses. */
const SERVER = `
import struct, sys
from pymodbus.server import StartSerialServer
from pymodbus.transaction import ModbusRtuFramer
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext, ModbusServerContext
def words(x):
    b = struct.pack('>f', x)
    return [int.from_bytes(b[0:2], 'big'), int.from_bytes(b[2:4], 'big')]
regs = [0] * 400
def put(address, x):
    regs[address:address + 2] = words(x)
for i, v in enumerate((231.5, 229.25, 230.0)): put(2 * i, v)
for i, a in enumerate((10.0, 20.5, 30.25)): put(6 + 2 * i, a)
for i, w in enumerate((2300.0, 4600.5, 6900.25)): put(12 + 2 * i, w)
put(0x34, 13800.75); put(0x48, 1234.5); put(0x4A, 6.25); put(0x38, 14000.0); put(0x46, 50.0)
block = ModbusSequentialDataBlock(0, regs)
slave = ModbusSlaveContext(ir=block, hr=block, zero_mode=True)
context = ModbusServerContext(slaves={10: slave}, single=False)
print('ready', flush=True)
StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[1], baudrate=19200, bytesize=8, parity='N', stopbits=1)
`;

describe('foreign software', function () {
  this.timeout(30_000);
  let folder = '';
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-pty-'));
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function ptyPair(): Promise<readonly [string, string]> {
    const a = path.join(folder, 'a');
    const b = path.join(folder, 'b');
    const args = [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`];
    children.push(spawn('socat', args, { stdio: 'ignore' }));
    await until('socat made its ptys', 5000, () => existsSync(a) && existsSync(b));
    return [a, b];
  }

  it('our bus reads a meter served by pymodbus over RTU', async function () {
    if (!has('socat') || !hasPymodbus()) {
      process.stdout.write('skipped: socat, python3-pymodbus or python3-serial-asyncio missing\n');
      return this.skip();
    }
    const [ours, theirs] = await ptyPair();
    const script = path.join(folder, 'server.py');
    writeFileSync(script, SERVER);
    const server = spawn(debianPython, [script, theirs], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(server);
    let said = '';
    server.stdout.on('data', (d: Buffer) => (said += d.toString()));
    server.stderr.on('data', (d: Buffer) => (said += d.toString()));
    await until('pymodbus is ready', 15_000, () => said.includes('ready'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const data = profileById('eastron-sdm630');
    const parsed = data === undefined ? undefined : parseProfile(data);
    assert.ok(parsed?.ok === true);
    const { profile } = parsed;
    const port = new SerialFramePort({
      path: ours,
      baudRate: 19200,
      parity: 'none',
      clock: systemClock,
      timers: systemTimers,
      paced: false,
    });
    const bus = createBus({
      port,
      codec: createPduCodec(),
      devices: [{ id: 'meter', unit: 10 }],
      clock: systemClock,
      timers: systemTimers,
      judge: () => ({ allow: true }),
    });
    await until('our port is open', 5000, () => bus.statistics().open);
    try {
      const image = [];
      for (const { request } of profile.reads) {
        const result = await new Promise<BusResult>((resolve) => {
          const deadline = later(systemClock.now(), 8000);
          bus.submit({ device: 'meter', request, priority: 2, deadline, onDone: resolve });
        });
        assert.ok(result.ok, result.ok ? '' : result.text);
        image.push({ table: request.table, address: request.address, values: result.registers });
      }
      const reading = decodeMeter(profile, image, systemClock.now());
      assert.ok(reading.quality === 'good', JSON.stringify(reading));
      assert.deepEqual(reading.value.current, [10, 20.5, 30.25]);
      assert.deepEqual(reading.value.power, [2300, 4600.5, 6900.25]);
    } finally {
      bus.stop();
    }
  });

  it('mbpoll reads one of our simulated devices over RTU', async function () {
    if (!has('socat') || !has('mbpoll')) {
      process.stdout.write('skipped: socat or mbpoll missing\n');
      return this.skip();
    }
    const [ours, theirs] = await ptyPair();
    const data = profileById('eastron-sdm630');
    const parsed = data === undefined ? undefined : parseProfile(data);
    assert.ok(parsed?.ok === true);
    const truth = {
      power_W: [2300, 4600, 6900],
      voltage_V: [230, 230, 230],
      current_A: [10, 20, 30],
    } as const;
    const meter = createSimMeter(parsed.profile, () => truth, {
      now: () => systemClock.now(),
      random: () => 0.5,
      unit: 10,
      lag_ms: 0,
      noise: 0,
    });
    for (let i = 0; i < 20; i += 1) meter.step(later(systemClock.now(), i * 100), 100);
    const stop = await serveOnPort(ours, (adu) => meter.answer(adu));
    try {
      const args = ['-m', 'rtu', '-b', '19200', '-P', 'none', '-a', '10', '-t', '3:float', '-B'];
      const more = ['-0', '-r', '12', '-c', '3', '-1', theirs];
      const out = await run('mbpoll', [...args, ...more]);
      const values = [...out.matchAll(/\[\d+\]:\s+([\d.]+)/g)].map((m) => Number(m[1]));
      assert.deepEqual(values, [2300, 4600, 6900], out);
    } finally {
      await stop();
    }
  });
});

/** Runs a program beside the event loop, which must go on serving meanwhile. */
function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (d: Buffer) => (out += d.toString()));
    child.stderr.on('data', (d: Buffer) => (out += d.toString()));
    child.once('exit', () => resolve(out));
  });
}
