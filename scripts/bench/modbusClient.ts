/** A client for the Modbus bench: CLIENT PATH BAUD REGISTERS SECONDS -> one JSON line. */
import ModbusRTU from 'modbus-serial';
import { createPduCodec } from '../../src/io/modbusSerial';
import { SerialFramePort } from '../../src/io/serial';
import { createBus, type Bus, type BusResult } from '../../src/modbus';
import { instant, later, type Clock, type Timers } from '../../src/time';

const clock: Clock = { now: () => instant(performance.now()), wall_ms: () => Date.now() };
const timers: Timers = {
  at: (at, fn) => {
    const handle = setTimeout(fn, Math.max(0, at - clock.now()));
    return () => clearTimeout(handle);
  },
};

/**
 * A gateway runs for months: what Node spends on compiling the first reads is not measured. Both
 * clients that run on Node warm up alike, with short reads.
 */
const WARM_UP_READS = 60;
const WARM_UP_REGISTERS = 10;

/** Reads `count` registers from `address`; undefined when that failed. */
type Read = (address: number, count: number) => Promise<readonly number[] | undefined>;

async function openOurs(path: string, baudRate: number): Promise<[Read, () => void]> {
  const bus = await new Promise<Bus>((resolve) => {
    const made = createBus({
      port: new SerialFramePort({ path, baudRate, parity: 'none', clock, timers }),
      codec: createPduCodec(),
      judge: () => ({ allow: true }),
      devices: [{ id: 'd', unit: 1 }],
      clock,
      timers,
      onLink: (open) => {
        if (open) setImmediate(() => resolve(made));
      },
    });
  });
  const read: Read = (address, count) =>
    new Promise((resolve) => {
      bus.submit({
        device: 'd',
        request: { kind: 'read', table: 'holding', address, count },
        priority: 2,
        deadline: later(clock.now(), 5000),
        onDone: (result: BusResult) => resolve(result.ok ? result.registers : undefined),
      });
    });
  return [read, () => bus.stop()];
}

async function openBuffered(path: string, baudRate: number): Promise<[Read, () => void]> {
  const client = new ModbusRTU();
  await client.connectRTUBuffered(path, { baudRate, parity: 'none', stopBits: 2 });
  client.setID(1);
  client.setTimeout(2000);
  const read: Read = (address, count) =>
    client.readHoldingRegisters(address, count).then(
      ({ data }) => data,
      () => undefined,
    );
  return [read, () => client.close(() => undefined)];
}

async function main(): Promise<void> {
  const [name, path, baud, registers, seconds] = process.argv.slice(2);
  if (path === undefined) throw new Error('CLIENT PATH BAUD REGISTERS SECONDS');
  const count = Number(registers);
  const open = name === 'ours' ? openOurs : openBuffered;
  const [read, close] = await open(path, Number(baud));
  for (let i = 0; i < WARM_UP_READS; i += 1) await read(i, Math.min(count, WARM_UP_REGISTERS));
  let reads = 0;
  let failed = 0;
  let wrong = 0;
  const started_ms = performance.now();
  const cpu = process.cpuUsage();
  while (performance.now() - started_ms < Number(seconds) * 1000) {
    const address = reads % 1000;
    const values = await read(address, count);
    if (values === undefined) failed += 1;
    else {
      reads += 1;
      const right =
        values.length === count &&
        values.every((value, i) => value === ((7 * (address + i) + 3) & 0xffff));
      if (!right) wrong += 1;
    }
  }
  const used = process.cpuUsage(cpu);
  const elapsed_s = (performance.now() - started_ms) / 1000;
  const cpu_us = used.user + used.system;
  process.stdout.write(`${JSON.stringify({ reads, failed, wrong, cpu_us, elapsed_s })}\n`);
  close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : 'failed'}\n`);
  process.exitCode = 1;
});
