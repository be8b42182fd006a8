import { instant, later, type Clock, type Instant, type Timers } from '../../time';
import {
  checkReply,
  replyShape,
  type FrameFault,
  type FramePort,
  type FramePortEvents,
  type OutgoingFrame,
} from '../../modbus';

export interface MemoryTcpOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly devices: readonly {
    readonly unit: number;
    respond(adu: Uint8Array, now: Instant): Uint8Array | null;
  }[];
  /** Time from request to reply, ms (default 5). */
  readonly latency_ms?: number;
  /** Requests under way at once, 1..16 (default 1). */
  readonly window?: number;
}

/** Modbus TCP in memory for the virtual composition: replies carry their transaction. */
export class MemoryTcpPort implements FramePort {
  readonly correlates = true;
  readonly window: number;
  readonly wire = { char_ms: 0, gap_ms: 0, latency_ms: 0 };
  /** Units that do not answer. */
  readonly silent = new Set<number>();
  readonly #options: MemoryTcpOptions;
  #events: FramePortEvents | undefined;
  #connected = true;
  #open = false;
  #closed = false;
  #underWay = new Set<number>();

  constructor(options: MemoryTcpOptions) {
    this.#options = options;
    this.window = options.window ?? 1;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isReady(): boolean {
    return this.#open && this.#underWay.size < this.window;
  }

  /** Whether the network path exists. */
  get connected(): boolean {
    return this.#connected;
  }

  set connected(connected: boolean) {
    this.#connected = connected;
    if (connected) this.open();
    else if (this.#open) {
      this.#open = false;
      this.#underWay.clear();
      this.#events?.onClose('the connection was lost', this.#options.clock.now());
    }
  }

  attach(events: FramePortEvents): void {
    this.#events = events;
  }

  open(): void {
    const { clock, timers } = this.#options;
    timers.at(clock.now(), () => {
      if (this.#closed || this.#open || !this.#connected) return;
      this.#open = true;
      this.#events?.onOpen(clock.now());
    });
  }

  send(frame: OutgoingFrame): void {
    const { clock, timers, devices, latency_ms } = this.#options;
    const now = clock.now();
    this.#underWay.add(frame.id);
    this.#events?.onSent(frame.id, now, now);
    timers.at(later(now, latency_ms ?? 5), () => {
      const device = devices.find((known) => known.unit === frame.unit);
      const at = instant(Math.max(now, clock.now()));
      if (device === undefined || this.silent.has(frame.unit) || !this.#connected) return;
      const reply = device.respond(frame.adu, at);
      if (reply === null || !this.#underWay.delete(frame.id)) return;
      const verdict = checkReply(reply, replyShape(frame.unit, frame.request, frame.adu));
      if (verdict.ok) this.#events?.onReply(frame.id, reply, at);
      else this.#events?.onFault(frame.id, { kind: verdict.kind, text: verdict.text }, at);
    });
  }

  abandon(id: number): FrameFault | undefined {
    this.#underWay.delete(id);
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.#open = false;
    this.#underWay.clear();
  }
}

/** A frame port to devices in memory. */
export const createMemoryTcp = (options: MemoryTcpOptions): MemoryTcpPort =>
  new MemoryTcpPort(options);
