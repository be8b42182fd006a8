import type {
  BindingInterface,
  BindingPortInterface,
  OpenOptions,
} from '@serialport/bindings-interface';
import type { Instant } from '../../time';
import type { SegmentCore } from './segment';
import type { Transmission } from './wire';

const LINE_DEFAULTS = {
  dataBits: 8,
  lock: true,
  stopBits: 1,
  parity: 'even',
  rtscts: false,
  xon: false,
  xoff: false,
  xany: false,
  hupcl: true,
} as const;

interface PendingRead {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly resolve: (result: { buffer: Buffer; bytesRead: number }) => void;
  readonly reject: (error: Error) => void;
}

interface Arrival {
  readonly transmission: Transmission;
  next: number;
}

/** The error a binding gives when the port was closed on purpose; the stream then stays quiet. */
class CanceledError extends Error {
  readonly canceled = true;
}

/**
 * The segment as a serialport binding: bytes become readable at their own end times. Unplugged is a
 * state: what is pending and whatever starts later rejects.
 */
export class SegmentPortBinding implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  isOpen = true;
  readonly #core: SegmentCore;
  #arrivals: Arrival[] = [];
  #pending: PendingRead | undefined;
  #cancelTimer: () => void = () => undefined;
  #sentUntil: Instant | undefined;

  constructor(core: SegmentCore, options: OpenOptions) {
    this.#core = core;
    this.openOptions = { ...LINE_DEFAULTS, ...options };
    core.connect(
      (transmission) => {
        this.#arrivals.push({ transmission, next: 0 });
        this.#serve();
      },
      (plugged) => {
        if (!plugged) this.#abort(new Error('ENXIO: the adapter was unplugged'));
      },
    );
  }

  close(): Promise<void> {
    this.isOpen = false;
    this.#abort(new CanceledError('the port was closed'));
    this.#arrivals = [];
    return Promise.resolve();
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }> {
    const closed = this.#closed();
    if (closed !== undefined) return Promise.reject(closed);
    return new Promise((resolve, reject) => {
      this.#pending = { buffer, offset, length, resolve, reject };
      this.#serve();
    });
  }

  write(buffer: Buffer): Promise<void> {
    const closed = this.#closed();
    if (closed !== undefined) return Promise.reject(closed);
    const now = this.#core.clock.now();
    const start_at = this.#sentUntil !== undefined && this.#sentUntil > now ? this.#sentUntil : now;
    this.#sentUntil = this.#core.request(Uint8Array.from(buffer), start_at).end_at;
    return Promise.resolve();
  }

  update(): Promise<void> {
    return Promise.resolve();
  }

  set(): Promise<void> {
    return Promise.resolve();
  }

  get(): Promise<{ cts: boolean; dsr: boolean; dcd: boolean }> {
    return Promise.resolve({ cts: false, dsr: false, dcd: false });
  }

  getBaudRate(): Promise<{ baudRate: number }> {
    return Promise.resolve({ baudRate: this.openOptions.baudRate });
  }

  flush(): Promise<void> {
    this.#take(this.#core.clock.now(), Infinity);
    return Promise.resolve();
  }

  drain(): Promise<void> {
    const { timers, clock } = this.#core;
    const until = this.#sentUntil;
    if (until === undefined || until <= clock.now()) return Promise.resolve();
    return new Promise((resolve) => timers.at(until, resolve));
  }

  #closed(): Error | undefined {
    if (!this.isOpen) return new CanceledError('the port is closed');
    return this.#core.plugged ? undefined : new Error('ENXIO: the adapter is unplugged');
  }

  #abort(error: Error): void {
    this.#cancelTimer();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }

  /** Hands the pending read what has arrived, or waits for the next byte's end time. */
  #serve(): void {
    this.#cancelTimer();
    const pending = this.#pending;
    if (pending === undefined) return;
    const { clock, timers, wire, usbLatency_ms } = this.#core;
    const bytes = this.#take(clock.now(), pending.length);
    if (bytes.length > 0) {
      this.#pending = undefined;
      pending.buffer.set(bytes, pending.offset);
      pending.resolve({ buffer: pending.buffer, bytesRead: bytes.length });
      return;
    }
    const [first] = this.#arrivals;
    if (first === undefined) return;
    const at = wire.byteEnd_at(first.transmission, first.next, usbLatency_ms);
    this.#cancelTimer = timers.at(at, () => this.#serve());
  }

  #take(now: Instant, room: number): number[] {
    const { wire, usbLatency_ms } = this.#core;
    const bytes: number[] = [];
    for (const arrival of this.#arrivals) {
      const { transmission } = arrival;
      while (
        bytes.length < room &&
        arrival.next < transmission.heard.length &&
        wire.byteEnd_at(transmission, arrival.next, usbLatency_ms) <= now
      ) {
        bytes.push(transmission.heard[arrival.next] ?? 0);
        arrival.next += 1;
      }
    }
    this.#arrivals = this.#arrivals.filter(
      (arrival) => arrival.next < arrival.transmission.heard.length,
    );
    return bytes;
  }
}

/** A binding whose every path leads to this segment. */
export type SegmentBinding = BindingInterface<SegmentPortBinding>;

/** `open` rejects while the adapter is unplugged. */
export function createBinding(core: SegmentCore): SegmentBinding {
  return {
    list: () => Promise.resolve([]),
    open: (options) =>
      core.plugged
        ? Promise.resolve(new SegmentPortBinding(core, options))
        : Promise.reject(
            new Error(`ENOENT: no such file or directory, cannot open ${options.path}`),
          ),
  };
}
