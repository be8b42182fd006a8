import type { Instant } from '../time';
import type { PduRequest } from './pdu';

/**
 * The frame of every bus here is an RTU ADU: unit, PDU, CRC. A TCP port strips the CRC on the way
 * out and adds it on the way in, so that engine, codec, monitor and supervisor see one form.
 */

/**
 * What came back when the reply was parsed: 16-bit registers (bits as 0/1), or an exception.
 * Without an exception code the parser refused what our validation accepted: never a value.
 */
export type DecodedReply =
  | { readonly ok: true; readonly registers: readonly number[] }
  | { readonly ok: false; readonly exception?: number; readonly text: string };

/** Port: the one encoder and parser of the client side (modbus-serial behind io/modbusSerial). */
export interface PduCodec {
  /** RTU ADU including CRC. Throws only for a request that `malformed` refuses. */
  encode(unit: number, request: PduRequest): Uint8Array;
  /** `reply`: an RTU ADU that `checkReply` accepted for this very request. */
  decode(unit: number, request: PduRequest, reply: Uint8Array): DecodedReply;
}

/** Why a frame could not be sent or was not answered acceptably. */
export type FrameFaultKind =
  'timeout' | 'crc' | 'truncated' | 'invalid-reply' | 'expired' | 'disconnected' | 'not-ready';

export interface FrameFault {
  readonly kind: FrameFaultKind;
  readonly text: string;
  /** What was received instead, for the record; bounded by one ADU. */
  readonly bytes?: Uint8Array;
  /**
   * Whether what came was the reply, damaged or cut: then no late reply is to be feared beyond the
   * transaction's own timeout.
   */
  readonly consumed?: boolean;
}

/** One request on its way to the wire. */
export interface OutgoingFrame {
  /** Chosen by the engine, never reused while the port is attached. */
  readonly id: number;
  readonly unit: number;
  readonly request: PduRequest;
  readonly adu: Uint8Array;
  /** The first byte must not leave at or after this instant. */
  readonly deadline: Instant;
  /** Silence this device wants before a request, beyond t3.5; ms. */
  readonly extraGap_ms: number;
}

/** What a port tells the engine. Each call carries the instant at which it became true. */
export interface FramePortEvents {
  onOpen(now: Instant): void;
  /** Everything under way is lost. Nothing queued in the port survives this. */
  onClose(reason: string, now: Instant): void;
  /** The last byte of the request leaves the wire at `ends_at` (may lie in the future). */
  onSent(id: number, ends_at: Instant, now: Instant): void;
  /** A reply that passed `checkReply`. `adu` is the receiver's to keep. */
  onReply(id: number, adu: Uint8Array, at: Instant): void;
  /** The transaction is over without a reply; the port itself never times out. */
  onFault(id: number, fault: FrameFault, now: Instant): void;
  /** Bytes that belong to no transaction: late, duplicate, foreign or noise. */
  onStray(bytes: Uint8Array, now: Instant): void;
  /** The line is quiet again after an abandoned or faulty transaction. */
  onReady(now: Instant): void;
}

/** Wire arithmetic of a port; zeros on TCP. */
export interface WireTimes {
  /** Time of one character on the wire, ms. */
  readonly char_ms: number;
  /** Silence between frames, ms. */
  readonly gap_ms: number;
  /** Added by the adapter to each reception at worst, ms (16 for an FTDI by default). */
  readonly latency_ms: number;
}

/** Port: carries whole frames. Implemented by io/serial, io/tcp and sim/segment (frame mode). */
export interface FramePort {
  readonly isOpen: boolean;
  /** Whether a new request may be handed over now (the line is quiet, a slot is free). */
  readonly isReady: boolean;
  /** Transactions that may be under way at once: 1 on RTU, up to 16 on TCP. */
  readonly window: number;
  /** Whether replies carry a transaction id (TCP). Without one, shape and time must tell. */
  readonly correlates: boolean;
  readonly wire: WireTimes;
  /** Called once, before `open`. */
  attach(events: FramePortEvents): void;
  /** Starts opening and keeps reopening after a loss until `close`. */
  open(): void;
  /**
   * Only while open and ready. The outcome arrives later as exactly one `onReply` or `onFault`, or
   * never, until `abandon`. `onSent` comes before it, possibly inside this call.
   */
  send(frame: OutgoingFrame): void;
  /**
   * The engine gave up on `id`; what still arrives for it is stray. `onReady` follows. Returns what
   * was received instead of the reply, undefined when there was silence.
   */
  abandon(id: number, now: Instant): FrameFault | undefined;
  /** Ends for good; pending operations are dropped without events. */
  close(): void;
}
