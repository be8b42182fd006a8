import { later, type Instant } from '../time';
import { crcHolds } from './crc16';
import type { FrameFault, FramePortEvents, OutgoingFrame, WireTimes } from './framePort';
import { MAX_RTU_ADU_BYTES } from './pdu';
import { replyShape, type ReplyShape } from './replyCheck';
import { RtuReceiver } from './rtuReceiver';

/**
 * The client's end of an RTU line, without the line: says when a request may start, turns received
 * bytes into a validated reply, and keeps the line closed until it is quiet after anything odd.
 *
 * Cases while a request is under way: reply complete (onReply) · bytes stop too early or with a
 * wrong CRC (onFault after the quiet time) · a sound frame that does not answer the request (stray;
 * the reply may still come) · a sound reply sooner than the wire can carry it (stray: it was under
 * way before we asked) · silence (nothing: the engine times out and abandons). Without a request
 * every byte is stray, and the line is closed until `quiet_ms` after the last one.
 */

/** Silence after which an incomplete frame is over and a disturbed line is quiet again, ms. */
export const QUIET_MS = 20;
/** Bytes before a reply that pass for a glitch of a driver being enabled. */
const GLITCH_BYTES = 4;
/** A reply may seem faster than the wire by this share, for baud rate tolerance. */
const WIRE_TOLERANCE = 0.97;

/**
 * `strip`: the adapter returns what it sends; `none`: it does not; `detect`: found out with the
 * first read, until which requests whose reply equals them (FC5, FC6) are not ready to be sent.
 */
export type EchoMode = 'strip' | 'none' | 'detect';

export interface RtuLinkOptions {
  readonly wire: WireTimes;
  readonly echo: EchoMode;
  /** Whether bytes take wire time to arrive: false on a pty, where a reply may come at once. */
  readonly paced: boolean;
  /** How long the rest of a reply may lie unread because the machine is busy, ms (default 0). */
  readonly patience_ms?: number;
}

interface Exchange {
  readonly frame: OutgoingFrame;
  readonly shape: ReplyShape;
  readonly ends_at: Instant;
  /** A sound frame that did not answer, if one came. */
  foreign: FrameFault | undefined;
}

export class RtuLink {
  readonly #wire: WireTimes;
  /** See RtuLinkOptions; may be set when it is known which port is used. */
  paced: boolean;
  readonly #patience_ms: number;
  readonly #events: FramePortEvents;
  readonly #receiver = new RtuReceiver();
  readonly #echoMode: EchoMode;
  #echo: EchoMode;
  #exchange: Exchange | undefined;
  #stray = new Uint8Array(MAX_RTU_ADU_BYTES);
  #strayLength = 0;
  #lastByte_at: Instant | undefined;
  #quietAt: Instant | undefined;

  constructor(options: RtuLinkOptions, events: FramePortEvents) {
    this.#wire = options.wire;
    this.paced = options.paced;
    this.#patience_ms = options.patience_ms ?? 0;
    this.#echoMode = options.echo;
    this.#echo = options.echo;
    this.#events = events;
  }

  /** Whether a request may be handed over: nothing under way, the line not disturbed. */
  get isReady(): boolean {
    return this.#exchange === undefined && this.#quietAt === undefined;
  }

  /** Whether an exchange waits for bytes. */
  get isWaiting(): boolean {
    return this.#exchange !== undefined;
  }

  /** Bytes of the reply that is waited for, 0 without one. */
  get expectedBytes(): number {
    return this.#exchange?.shape.length ?? 0;
  }

  get #quiet_ms(): number {
    return Math.max(this.#wire.gap_ms, QUIET_MS) + this.#wire.latency_ms;
  }

  /**
   * First instant at which a request may start: t3.5 after the last byte on the line, and when a
   * disturbed line is quiet again.
   */
  earliestStart(now: Instant, extraGap_ms: number): Instant {
    let start_at = this.#quietAt !== undefined && this.#quietAt > now ? this.#quietAt : now;
    if (this.#lastByte_at === undefined) return start_at;
    const free_at = later(this.#lastByte_at, this.#wire.gap_ms + extraGap_ms);
    if (free_at > start_at) start_at = free_at;
    return start_at;
  }

  /** Why this frame must not be sent now; undefined when it may. */
  refuses(frame: OutgoingFrame): FrameFault | undefined {
    if (this.#echo !== 'detect' || !isAmbiguous(frame.adu)) return undefined;
    const text = 'an echo could pass for the reply; read something first';
    return { kind: 'not-ready', text };
  }

  /** The request starts on the wire at `start_at`. */
  begin(frame: OutgoingFrame, start_at: Instant): void {
    this.#reportStray(start_at);
    this.#quietAt = undefined;
    const ends_at = later(start_at, frame.adu.length * this.#wire.char_ms);
    const shape = replyShape(frame.unit, frame.request, frame.adu);
    this.#receiver.expect(shape, this.#echo === 'none' ? undefined : frame.adu);
    this.#exchange = { frame, shape, ends_at, foreign: undefined };
    this.#lastByte_at = ends_at;
    this.#events.onSent(frame.id, ends_at, start_at);
  }

  /**
   * Bytes arrived; the last of them was complete at `at`. Returns how many more are needed before
   * anything can be decided, 1 when that is unknown.
   */
  received(bytes: Uint8Array, at: Instant): number {
    if (this.#lastByte_at === undefined || at > this.#lastByte_at) this.#lastByte_at = at;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#addStray(bytes);
      this.#quietAt = later(at, this.#quiet_ms);
      return 1;
    }
    const reception = this.#receiver.feed(bytes);
    if (reception.kind === 'more') {
      // What is missing is given its wire time, since reads may be held back for it, and patience.
      const isCut = this.#receiver.pending < exchange.shape.length;
      const wait_ms = reception.missing * this.#wire.char_ms + (isCut ? this.#patience_ms : 0);
      this.#quietAt = later(at, wait_ms + this.#quiet_ms);
      return reception.missing;
    }
    this.#onFrame(exchange, reception.adu, reception.before, reception.rest, at);
    return 1;
  }

  /** Time passed: closes incomplete frames, reports stray bytes, opens the line again. */
  tick(now: Instant): void {
    if (this.#quietAt === undefined || now < this.#quietAt) return;
    this.#quietAt = undefined;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#reportStray(now);
      this.#events.onReady(now);
      return;
    }
    if (this.#receiver.pending === 0) return;
    const settled = this.#receiver.atSilence();
    if (settled.kind === 'frame') {
      this.#onFrame(exchange, settled.adu, settled.before, settled.rest, now);
    } else if (settled.kind === 'fault') this.#onUnfit(exchange, settled.fault, now);
  }

  /** When `tick` is due; undefined when only bytes matter. */
  wakeAt(): Instant | undefined {
    return this.#quietAt;
  }

  /** The line was just opened or disturbed otherwise: it must be quiet before anything is sent. */
  disturb(now: Instant): void {
    this.#quietAt = later(now, this.#quiet_ms);
  }

  /** See FramePort.abandon. */
  abandon(id: number, now: Instant): FrameFault | undefined {
    const exchange = this.#exchange;
    if (exchange?.frame.id !== id) return undefined;
    this.#exchange = undefined;
    const settled = this.#receiver.pending === 0 ? undefined : this.#receiver.atSilence();
    this.#addStray(this.#receiver.drain());
    const from =
      this.#lastByte_at !== undefined && this.#lastByte_at > now ? this.#lastByte_at : now;
    this.#quietAt = later(from, this.#quiet_ms);
    if (exchange.foreign !== undefined) return exchange.foreign;
    if (settled === undefined) return undefined;
    return settled.kind === 'fault' ? settled.fault : { kind: 'truncated', text: 'too late' };
  }

  /** The line is gone: forgets everything. */
  reset(): void {
    this.#exchange = undefined;
    this.#echo = this.#echoMode;
    this.#receiver.drain();
    this.#strayLength = 0;
    this.#lastByte_at = undefined;
    this.#quietAt = undefined;
  }

  #onFrame(
    exchange: Exchange,
    adu: Uint8Array,
    before: Uint8Array,
    rest: Uint8Array,
    at: Instant,
  ): void {
    const wire_ms = adu.length * this.#wire.char_ms * WIRE_TOLERANCE;
    if (this.paced && at < exchange.ends_at + wire_ms) {
      // It was on the wire before our request ended, so it answers something else.
      exchange.foreign = { kind: 'invalid-reply', text: 'sooner than the wire allows', bytes: adu };
      this.#addStray(adu);
      this.#reportStray(at);
      if (rest.length > 0) this.received(rest, at);
      return;
    }
    this.#exchange = undefined;
    this.#quietAt = undefined;
    if (before.length > GLITCH_BYTES) {
      // More than a glitch: something else was on the line, perhaps over our own request.
      const text = `${before.length} bytes before the reply (an echo?)`;
      this.#addStray(before);
      this.#addStray(adu);
      this.#addStray(rest);
      this.#quietAt = later(at, this.#quiet_ms);
      const fault: FrameFault = { kind: 'invalid-reply', text, bytes: adu };
      this.#events.onFault(exchange.frame.id, fault, at);
      return;
    }
    if (this.#echo === 'detect' && exchange.frame.request.kind.startsWith('read')) {
      this.#echo = this.#receiver.sawEcho ? 'strip' : 'none';
    }
    if (before.length > 0) this.#events.onStray(before, at);
    if (rest.length > 0) {
      this.#addStray(rest);
      this.#quietAt = later(at, this.#quiet_ms);
    }
    this.#events.onReply(exchange.frame.id, adu, at);
  }

  /** Bytes that stopped without being the reply. */
  #onUnfit(exchange: Exchange, fault: FrameFault, now: Instant): void {
    const held = this.#receiver.drain();
    if (crcHolds(held) || held.length <= GLITCH_BYTES) {
      // Another frame, or a glitch before the reply: the reply may still come.
      exchange.foreign = fault;
      this.#addStray(held);
      this.#reportStray(now);
      return;
    }
    this.#exchange = undefined;
    this.#events.onFault(exchange.frame.id, fault, now);
  }

  #addStray(bytes: Uint8Array): void {
    const room = MAX_RTU_ADU_BYTES - this.#strayLength;
    this.#stray.set(bytes.length > room ? bytes.subarray(0, room) : bytes, this.#strayLength);
    this.#strayLength += Math.min(room, bytes.length);
  }

  #reportStray(now: Instant): void {
    if (this.#strayLength === 0) return;
    const bytes = this.#stray.slice(0, this.#strayLength);
    this.#strayLength = 0;
    this.#events.onStray(bytes, now);
  }
}

/** Whether the reply to this request has the same bytes as the request. */
const isAmbiguous = (adu: Uint8Array): boolean => adu[1] === 5 || adu[1] === 6;
