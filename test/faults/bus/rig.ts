import { createPduCodec } from '../../../src/io/modbusSerial';
import { SerialFramePort } from '../../../src/io/serial';
import { createBus, type Bus, type BusPriority, type PduRequest } from '../../../src/modbus';
import { createSegment, SeededRandom, type Segment } from '../../../src/sim/segment';
import { later, type Instant } from '../../../src/time';
import { NaiveClient } from './naiveClient';
import { SteppedTime } from './steppedTime';
import { WitnessDevice } from './witness';

/** One fault, applied to the segment while the workload runs. Unit 1 is the one at fault. */
export interface BusFault {
  readonly id: string;
  readonly apply: (rig: FaultRig) => void;
  readonly echo?: boolean;
  readonly usbLatency_ms?: number;
  /** Where unit 1 alone is at fault: least share of the others' requests that must succeed. */
  readonly othersLeast?: number;
  /** Whether devices speak when nobody asked, so that no client can keep its silence from them. */
  readonly outOfTurn?: boolean;
  /** Whether a client without validation must report wrong values here. */
  readonly deceivesNaive: boolean;
}

export interface FaultCounts {
  readonly requests: number;
  readonly answered: number;
  readonly wrong_values: number;
  readonly stale_writes: number;
  readonly hangs: number;
  readonly reported_twice: number;
  readonly others_ok_fraction: number;
  readonly recovered: number;
  readonly t35_violations: number;
}

const BAUD = 19200;
const UNITS = [1, 2, 3] as const;
/** After its deadline a request may still end its running transaction. */
const REPORT_SLACK_MS = 2500;
/** Longest backoff of a device that came back, and one poll. */
const RECOVERY_MS = 62_000;

interface Submitted {
  readonly device: WitnessDevice;
  readonly request: PduRequest;
  readonly deadline: Instant;
  reports: number;
}

export class FaultRig {
  readonly time = new SteppedTime();
  readonly random: SeededRandom;
  readonly segment: Segment;
  readonly devices: readonly WitnessDevice[] = UNITS.map((unit) => new WitnessDevice(unit));
  readonly findings: string[] = [];
  /** Whether the fault lasts; `apply` stops its own timers when it does not. */
  faulty = true;
  readonly #submitted: Submitted[] = [];
  #tag = 0;
  #wrong = 0;
  #answered = 0;
  #othersAsked = 0;
  #othersOk = 0;

  constructor(fault: BusFault, seed: number) {
    this.random = new SeededRandom(seed);
    this.segment = createSegment({
      clock: this.time,
      timers: this.time,
      baud: BAUD,
      seed: seed + 1,
      echo: fault.echo ?? false,
      usbLatency_ms: fault.usbLatency_ms ?? 0,
      devices: this.devices.map((device) => ({
        unit: device.unit,
        respond: (adu: Uint8Array, now: Instant) => device.respond(adu, now),
        turnaround_ms: () => 3 + 9 * this.random.next(),
      })),
    });
  }

  /** Runs our client under the fault for `seconds`, then without it until it must have recovered. */
  async run(fault: BusFault, seconds: number): Promise<FaultCounts> {
    const { time } = this;
    const port = new SerialFramePort({
      path: '/dev/segment',
      baudRate: BAUD,
      binding: this.segment.binding,
      clock: time,
      timers: time,
      spin: false,
      latency_ms: fault.usbLatency_ms ?? 0,
    });
    const bus = createBus({
      port,
      codec: createPduCodec(),
      judge: () => ({ allow: true }),
      devices: UNITS.map((unit) => ({ id: `d${unit}`, unit })),
      clock: time,
      timers: time,
    });
    await time.runUntil(later(time.now(), 100));
    fault.apply(this);
    const end = later(time.now(), seconds * 1000);
    while (time.now() < end) {
      this.#submit(bus);
      await time.runUntil(later(time.now(), this.random.integer(160)));
    }
    await time.runUntil(later(time.now(), REPORT_SLACK_MS + 2000));
    const counts = this.#count();
    const recovered = await this.#recovers(bus);
    bus.stop();
    return { ...counts, recovered };
  }

  /** The same fault met by a client without validation: how many wrong values it reports. */
  async runNaive(fault: BusFault, seconds: number): Promise<number> {
    const { time } = this;
    const client = new NaiveClient(this.segment, time);
    await client.open();
    fault.apply(this);
    const end = later(time.now(), seconds * 1000);
    let wrong = 0;
    while (time.now() < end) {
      const device = this.#pickDevice();
      const request = this.#pickRequest();
      const answer = await client.ask(device.unit, request);
      await time.runUntil(later(time.now(), 5 + this.random.integer(60)));
      if (answer === undefined) continue;
      const result = { ...answer, ok: true, frame: new Uint8Array(0), roundTrip_ms: 0 } as const;
      if (device.contradicts(request, result) !== undefined) wrong += 1;
    }
    await client.close();
    return wrong;
  }

  #pickDevice(): WitnessDevice {
    // Half of the traffic goes to the faulty one.
    const index = this.random.next() < 0.5 ? 0 : 1 + this.random.integer(2);
    const device = this.devices[index];
    if (device === undefined) throw new Error('three devices');
    return device;
  }

  #pickRequest(): PduRequest {
    const address = this.random.integer(50);
    if (this.random.next() < 0.25) {
      this.#tag += 1;
      const single = this.random.next() < 0.4;
      const values = single ? [this.#tag] : [this.#tag, this.random.integer(65_536)];
      return single
        ? { kind: 'write', address, values, single }
        : { kind: 'write', address, values };
    }
    const counts = [2, 4, 4, 4, 10, 30];
    const count = counts[this.random.integer(counts.length)] ?? 4;
    return { kind: 'read', table: this.random.next() < 0.8 ? 'holding' : 'input', address, count };
  }

  #submit(bus: Bus): void {
    const device = this.#pickDevice();
    const request = this.#pickRequest();
    const levels: readonly BusPriority[] = [0, 1, 2, 2, 3, 4];
    const deadline = later(this.time.now(), 200 + this.random.integer(1500));
    const entry: Submitted = { device, request, deadline, reports: 0 };
    this.#submitted.push(entry);
    if (device.unit !== 1) this.#othersAsked += 1;
    bus.submit({
      device: `d${device.unit}`,
      request,
      priority: levels[this.random.integer(levels.length)] ?? 2,
      deadline,
      onDone: (result) => {
        entry.reports += 1;
        if (!result.ok) return;
        this.#answered += 1;
        if (device.unit !== 1) this.#othersOk += 1;
        const lie = device.contradicts(request, result);
        if (lie === undefined) return;
        this.#wrong += 1;
        this.findings.push(`unit ${device.unit}: ${lie}`);
      },
    });
  }

  #count(): Omit<FaultCounts, 'recovered'> {
    let stale = 0;
    for (const { device, request, deadline } of this.#submitted) {
      if (request.kind !== 'write') continue;
      const executed_at = device.executed.get(request.values[0] ?? -1);
      // It must have begun before its deadline; its own bytes then take up to 10 ms.
      if (executed_at !== undefined && executed_at > deadline + 10) {
        stale += 1;
        this.findings.push(`a write of deadline ${deadline} was executed at ${executed_at}`);
      }
    }
    return {
      requests: this.#submitted.length,
      answered: this.#answered,
      wrong_values: this.#wrong,
      stale_writes: stale,
      hangs: this.#submitted.filter(({ reports }) => reports === 0).length,
      reported_twice: this.#submitted.filter(({ reports }) => reports > 1).length,
      others_ok_fraction: this.#othersAsked === 0 ? 1 : this.#othersOk / this.#othersAsked,
      t35_violations: this.segment.statistics().t35_violations,
    };
  }

  /** With the fault gone, every device must answer within the longest backoff. */
  async #recovers(bus: Bus): Promise<number> {
    const { segment, time } = this;
    this.faulty = false;
    segment.tamper = undefined;
    segment.bitErrorRate = 0;
    segment.silent.clear();
    segment.observe(() => undefined);
    segment.plugged = true;
    const back = new Set<number>();
    const end = later(time.now(), RECOVERY_MS);
    while (time.now() < end && back.size < UNITS.length) {
      for (const unit of UNITS) {
        bus.submit({
          device: `d${unit}`,
          request: { kind: 'read', table: 'holding', address: 0, count: 3 },
          priority: 2,
          deadline: later(time.now(), 900),
          onDone: (result) => {
            if (result.ok) back.add(unit);
          },
        });
      }
      await time.runUntil(later(time.now(), 1000));
    }
    return back.size === UNITS.length ? 1 : 0;
  }
}
