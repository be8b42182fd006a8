import { later, type Clock, type Instant, type Timers } from '../../time';
import { Wire, type Transmission, type WireStatistics } from './wire';

/** A device on the segment: a server on frames. */
export interface SegmentDevice {
  readonly unit: number;
  /** Reply ADU to a request ADU, null for silence; `now` is when the request was complete. */
  respond(adu: Uint8Array, now: Instant): Uint8Array | null;
  /** From the end of the request to the begin of the reply, ms (default 5, never below t3.5). */
  readonly turnaround_ms?: number | (() => number);
}

/** One frame that a device puts on the wire, `after_ms` after the end of the request. */
export interface DeviceFrame {
  readonly bytes: Uint8Array;
  readonly after_ms: number;
}

/** Changes what the devices send, for fault cases: late, twice, damaged, nothing. */
export type Tamper = (
  reply: DeviceFrame | undefined,
  request: Uint8Array,
  now: Instant,
) => readonly DeviceFrame[];

export interface SegmentOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly baud: number;
  readonly devices: readonly SegmentDevice[];
  readonly seed: number;
  /** The adapter returns what it sends. */
  readonly echo?: boolean;
  /** Grid on which the adapter hands over bytes, ms: 16 for an FTDI by default, 0 for none. */
  readonly usbLatency_ms?: number;
  /** Bit errors per data bit, 0..1. */
  readonly bitErrorRate?: number;
}

const TURNAROUND_MS = 5;

/**
 * What byte mode and frame mode share: the wire, the devices, the faults. A device hears a request
 * that did not collide and did not start early; it answers its requests one after the other.
 */
export class SegmentCore {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly echo: boolean;
  readonly usbLatency_ms: number;
  /** Units that neither hear nor answer. */
  readonly silent = new Set<number>();
  tamper: Tamper | undefined;
  #plugged = true;
  #devices: readonly SegmentDevice[];
  #busyUntil = new Map<number, Instant>();
  #receiver: (transmission: Transmission) => void = () => undefined;
  #onPlug: (plugged: boolean) => void = () => undefined;

  constructor(options: SegmentOptions) {
    this.clock = options.clock;
    this.timers = options.timers;
    this.wire = new Wire(options.baud, options.seed, options.clock.now());
    this.wire.bitErrorRate = options.bitErrorRate ?? 0;
    this.echo = options.echo ?? false;
    this.usbLatency_ms = options.usbLatency_ms ?? 0;
    this.#devices = options.devices;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  set plugged(plugged: boolean) {
    if (plugged === this.#plugged) return;
    this.#plugged = plugged;
    if (!plugged) this.wire.cut(this.clock.now());
    this.#onPlug(plugged);
  }

  /** The one client: hears transmissions when they are put on the wire, and (un)plugging. */
  connect(
    receiver: (transmission: Transmission) => void,
    onPlug: (plugged: boolean) => void,
  ): void {
    this.#receiver = receiver;
    this.#onPlug = onPlug;
  }

  /** The client's frame starts at `start_at`; the devices take it from there. */
  request(bytes: Uint8Array, start_at: Instant): Transmission {
    const transmission = this.wire.transmit('client', 0, bytes, start_at);
    if (this.echo) this.#receiver(transmission);
    const heard_at = later(transmission.end_at, this.wire.silence_ms);
    this.timers.at(heard_at, () => this.#deliver(transmission));
    return transmission;
  }

  /** Puts bytes on the wire that nobody asked for. */
  inject(bytes: Uint8Array, start_at: Instant): void {
    this.#talk(0, bytes, start_at);
  }

  statistics(): WireStatistics {
    return this.wire.statistics(this.clock.now());
  }

  #deliver(request: Transmission): void {
    if (request.collided || request.early) return;
    for (const device of this.#devices) {
      if (!this.silent.has(device.unit)) this.#react(device, request);
    }
  }

  #react(device: SegmentDevice, request: Transmission): void {
    const { heard, end_at } = request;
    const reply = device.respond(heard, end_at);
    const { turnaround_ms } = device;
    const wanted_ms = typeof turnaround_ms === 'function' ? turnaround_ms() : turnaround_ms;
    const after_ms = Math.max(this.wire.silence_ms, wanted_ms ?? TURNAROUND_MS);
    const answer = reply === null ? undefined : { bytes: reply, after_ms };
    if (this.tamper === undefined) {
      if (answer !== undefined) this.#schedule(device.unit, answer, end_at);
    } else if (heard[0] === device.unit) {
      for (const frame of this.tamper(answer, heard, end_at)) {
        this.#schedule(device.unit, frame, end_at);
      }
    }
  }

  /** A device has one transmitter: a frame whose turn comes while another is sent waits for it. */
  #schedule(unit: number, frame: DeviceFrame, from: Instant): void {
    const wanted_at = later(from, frame.after_ms);
    const soon_ms = 2 * this.wire.silence_ms + TURNAROUND_MS;
    // Soon enough to be put on the wire at once: one timer less per transaction.
    if (frame.after_ms <= soon_ms) this.#transmit(unit, frame.bytes, wanted_at);
    else this.timers.at(wanted_at, () => this.#transmit(unit, frame.bytes, wanted_at));
  }

  #transmit(unit: number, bytes: Uint8Array, wanted_at: Instant): void {
    const busyUntil = this.#busyUntil.get(unit);
    const free_at = busyUntil === undefined ? wanted_at : later(busyUntil, this.wire.silence_ms);
    const start_at = free_at > wanted_at ? free_at : wanted_at;
    this.#busyUntil.set(unit, later(start_at, bytes.length * this.wire.character_ms));
    this.#talk(unit, bytes, start_at);
  }

  #talk(unit: number, bytes: Uint8Array, start_at: Instant): void {
    if (bytes.length === 0 || this.silent.has(unit)) return;
    this.#receiver(this.wire.transmit('device', unit, bytes, start_at));
  }
}
