import type { Instant } from '../time';
import { later } from '../time';
import type { FramePort, FramePortEvents, OutgoingFrame, WireTimes } from './framePort';

/** One frame on the line, as whoever listens is told of it. */
export interface TappedFrame {
  readonly kind: 'request' | 'reply' | 'stray' | 'fault';
  /** When its last byte was on the line. */
  readonly at: Instant;
  readonly bytes: Uint8Array;
}
export type Tap = (frame: TappedFrame) => void;

/**
 * A port that can be taken away and given back, and listened to. While it is away the engine sees a
 * closed port: everything that waits fails, nothing is kept for later. Only one inner port is ever
 * heard: events of one that was taken away are dropped.
 */
export class PortSwitch implements FramePort {
  readonly window: number;
  readonly correlates: boolean;
  #wire: WireTimes;
  #inner: FramePort | undefined;
  #events: FramePortEvents | undefined;
  readonly #taps = new Set<Tap>();
  /** Requests under way, kept only while somebody listens. */
  readonly #sent = new Map<number, Uint8Array>();

  constructor(inner: FramePort) {
    this.#inner = inner;
    this.window = inner.window;
    this.correlates = inner.correlates;
    this.#wire = inner.wire;
  }

  get isOpen(): boolean {
    return this.#inner?.isOpen === true;
  }

  get isReady(): boolean {
    return this.#inner?.isReady === true;
  }

  get wire(): WireTimes {
    return this.#inner?.wire ?? this.#wire;
  }

  attach(events: FramePortEvents): void {
    this.#events = events;
    if (this.#inner !== undefined) this.#inner.attach(this.#hearing(this.#inner));
  }

  open(): void {
    this.#inner?.open();
  }

  send(frame: OutgoingFrame): void {
    if (this.#taps.size > 0) this.#sent.set(frame.id, frame.adu);
    this.#inner?.send(frame);
  }

  abandon(id: number, now: Instant): ReturnType<FramePort['abandon']> {
    const fault = this.#inner?.abandon(id, now);
    if (fault?.bytes !== undefined) this.#tell('fault', now, fault.bytes);
    this.#sent.delete(id);
    return fault;
  }

  close(): void {
    this.#inner?.close();
    this.#taps.clear();
    this.#sent.clear();
  }

  /** Closes the inner port for good; false when it is away already. */
  take(reason: string, now: Instant): boolean {
    const inner = this.#inner;
    if (inner === undefined) return false;
    this.#wire = inner.wire;
    this.#inner = undefined;
    inner.close();
    this.#sent.clear();
    this.#events?.onClose(reason, now);
    return true;
  }

  /** Gives back a port that was not attached before, and opens it. */
  give(inner: FramePort): void {
    if (this.#inner !== undefined) throw new Error('the port is not away');
    this.#inner = inner;
    inner.attach(this.#hearing(inner));
    inner.open();
  }

  /** Listens to every frame until the result is called. */
  tap(tap: Tap): () => void {
    this.#taps.add(tap);
    return () => {
      this.#taps.delete(tap);
      if (this.#taps.size === 0) this.#sent.clear();
    };
  }

  #hearing(inner: FramePort): FramePortEvents {
    const hear = (act: (events: FramePortEvents) => void): void => {
      if (this.#inner === inner && this.#events !== undefined) act(this.#events);
    };
    return {
      onOpen: (now) => hear((e) => e.onOpen(now)),
      onClose: (reason, now) => hear((e) => e.onClose(reason, now)),
      onSent: (id, ends_at, now) => {
        const adu = this.#sent.get(id);
        if (adu !== undefined) this.#tell('request', ends_at, adu);
        hear((e) => e.onSent(id, ends_at, now));
      },
      onReply: (id, adu, at) => {
        this.#sent.delete(id);
        this.#tell('reply', at, adu);
        hear((e) => e.onReply(id, adu, at));
      },
      onFault: (id, fault, now) => {
        this.#sent.delete(id);
        if (fault.bytes !== undefined) this.#tell('fault', now, fault.bytes);
        hear((e) => e.onFault(id, fault, now));
      },
      onStray: (bytes, now) => {
        this.#tell('stray', now, bytes);
        hear((e) => e.onStray(bytes, now));
      },
      onReady: (now) => hear((e) => e.onReady(now)),
    };
  }

  #tell(kind: TappedFrame['kind'], at: Instant, bytes: Uint8Array): void {
    for (const tap of this.#taps) tap({ kind, at, bytes });
  }
}

/** When the first byte of a frame was on the line. Pure. */
export const startOf = (frame: TappedFrame, wire: WireTimes): Instant =>
  later(frame.at, -frame.bytes.length * wire.char_ms);
