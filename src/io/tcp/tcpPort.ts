import { connect, type Socket } from 'node:net';
import {
  checkReply,
  encodeTcp,
  MbapDecoder,
  Reconnection,
  replyShape,
  type FrameFault,
  type FramePort,
  type FramePortEvents,
  type OutgoingFrame,
  type ReplyShape,
  type TcpFrame,
} from '../../modbus';
import { later, type Clock, type Instant, type Timers } from '../../time';

export interface TcpPortOptions {
  readonly host: string;
  /** Default 502. */
  readonly port?: number;
  /** Requests under way at once, 1..16 (default 1). */
  readonly window?: number;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Jitter for reconnection, 0..1 (default 1): many gateways must not return at one instant. */
  readonly jitter?: () => number;
  /** Longest wait between connections on which nothing valid was read, ms (default 60 s). */
  readonly retryMax_ms?: number;
  /** Told once per distinct problem until a valid reply was read. */
  readonly onProblem?: (text: string, now: Instant) => void;
}

const TCP_WINDOW_MAX = 16;
const CONNECT_TIMEOUT_MS = 3000;
const KEEPALIVE_MS = 10_000;
/** A transaction id is not used again within this time: longer than any late reply, ms. */
const LATE_WINDOW_MS = 60_000;
/** Unsent bytes at which the connection counts as dead: far more than a full window. */
const UNSENT_MAX_BYTES = 16 * 1024;
/** Ids kept in their late window; beyond it the connection is renewed rather than trusted. */
const ABANDONED_MAX = 1024;

interface Pending {
  readonly id: number;
  readonly shape: ReplyShape;
}

/** Modbus TCP over one connection, with its own strict framing. */
export class TcpFramePort implements FramePort {
  readonly window: number;
  readonly correlates = true;
  readonly wire = { char_ms: 0, gap_ms: 0, latency_ms: 0 };
  readonly #options: TcpPortOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #abandoned = new Map<number, Instant>();
  #events: FramePortEvents | undefined;
  #socket: Socket | undefined;
  #decoder = new MbapDecoder();
  #isOpen = false;
  #closed = false;
  #nextTransaction = 0;
  readonly #reconnection: Reconnection;
  #cancelReconnect: () => void = () => undefined;

  /** Throws RangeError for a window outside 1..16. */
  constructor(options: TcpPortOptions) {
    const window = options.window ?? 1;
    if (!Number.isInteger(window) || window < 1 || window > TCP_WINDOW_MAX) {
      throw new RangeError(`window ${window} is outside 1..${TCP_WINDOW_MAX}`);
    }
    this.#options = options;
    this.#reconnection = new Reconnection(options);
    this.window = window;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isReady(): boolean {
    return this.#isOpen && this.#pending.size < this.window;
  }

  attach(events: FramePortEvents): void {
    this.#events = events;
  }

  open(): void {
    if (this.#closed || this.#socket !== undefined) return;
    const { host, port, clock, timers } = this.#options;
    const socket = connect({ host, port: port ?? 502, noDelay: true });
    this.#socket = socket;
    this.#decoder = new MbapDecoder();
    const cancel = timers.at(later(clock.now(), CONNECT_TIMEOUT_MS), () => {
      if (!this.#isOpen) socket.destroy(new Error('no connection within 3 s'));
    });
    socket.once('connect', () => {
      cancel();
      if (this.#socket !== socket) return;
      socket.setKeepAlive(true, KEEPALIVE_MS);
      this.#isOpen = true;
      this.#reconnection.opened();
      this.#events?.onOpen(clock.now());
    });
    socket.on('data', (chunk: Buffer) => this.#onData(socket, chunk));
    socket.on('error', (error) => this.#onLost(socket, error.message));
    socket.on('close', () => {
      cancel();
      this.#onLost(socket, 'closed by the device');
    });
  }

  send(frame: OutgoingFrame): void {
    const now = this.#options.clock.now();
    const fault = this.#reasonNotToSend(frame, now);
    if (fault !== undefined) {
      setImmediate(() => this.#events?.onFault(frame.id, fault, this.#options.clock.now()));
      return;
    }
    const transaction = this.#takeTransaction(now);
    const shape = replyShape(frame.unit, frame.request, frame.adu);
    this.#pending.set(transaction, { id: frame.id, shape });
    this.#socket?.write(encodeTcp(transaction, frame.adu));
    this.#events?.onSent(frame.id, now, now);
  }

  abandon(id: number, now: Instant): FrameFault | undefined {
    for (const [transaction, pending] of this.#pending) {
      if (pending.id !== id) continue;
      this.#pending.delete(transaction);
      this.#abandoned.set(transaction, later(now, LATE_WINDOW_MS));
    }
    if (this.#abandoned.size > ABANDONED_MAX) this.#socket?.destroy(new Error('nothing answers'));
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancelReconnect();
    this.#isOpen = false;
    this.#pending.clear();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #reasonNotToSend(frame: OutgoingFrame, now: Instant): FrameFault | undefined {
    const socket = this.#socket;
    if (!this.#isOpen || socket === undefined || socket.destroyed) {
      return { kind: 'disconnected', text: 'not connected' };
    }
    if (now >= frame.deadline) return { kind: 'expired', text: 'not sent before its deadline' };
    if (socket.writableLength > UNSENT_MAX_BYTES) {
      // A write must not wait in a buffer and surface later.
      socket.destroy(new Error('the device accepts no data'));
      return { kind: 'disconnected', text: 'the device accepts no data' };
    }
    return undefined;
  }

  #takeTransaction(now: Instant): number {
    for (const [transaction, until] of this.#abandoned) {
      if (now < until) break;
      this.#abandoned.delete(transaction);
    }
    do this.#nextTransaction = (this.#nextTransaction + 1) & 0xffff;
    while (this.#pending.has(this.#nextTransaction) || this.#abandoned.has(this.#nextTransaction));
    return this.#nextTransaction;
  }

  #onData(socket: Socket, chunk: Buffer): void {
    if (this.#socket !== socket) return;
    const reception = this.#decoder.feed(chunk);
    for (const frame of reception.frames) this.#onFrame(frame);
    if (reception.kind === 'broken') socket.destroy(new Error(`not Modbus TCP: ${reception.text}`));
  }

  #onFrame(frame: TcpFrame): void {
    const now = this.#options.clock.now();
    const pending = this.#pending.get(frame.transaction);
    if (pending === undefined) {
      this.#abandoned.delete(frame.transaction);
      this.#events?.onStray(frame.adu, now);
      return;
    }
    this.#pending.delete(frame.transaction);
    const verdict = checkReply(frame.adu, pending.shape);
    if (verdict.ok) {
      this.#reconnection.proved();
      this.#events?.onReply(pending.id, frame.adu, now);
    } else {
      const { kind, text } = verdict;
      this.#events?.onFault(pending.id, { kind, text, bytes: frame.adu, consumed: true }, now);
    }
  }

  #onLost(socket: Socket, why: string): void {
    if (this.#socket !== socket) return;
    const { clock, timers, host, onProblem } = this.#options;
    const now = clock.now();
    const wasOpen = this.#isOpen;
    this.#socket = undefined;
    this.#isOpen = false;
    this.#pending.clear();
    this.#abandoned.clear();
    socket.destroy();
    if (this.#closed) return;
    const text = `${host}:${this.#options.port ?? 502}: ${why}`;
    if (this.#reconnection.isNews(text)) onProblem?.(text, now);
    if (wasOpen) this.#events?.onClose(text, now);
    const again_at = later(now, this.#reconnection.wait_ms());
    this.#cancelReconnect = timers.at(again_at, () => this.open());
  }
}
