import { realpath } from 'node:fs/promises';
import type { BindingInterface } from '@serialport/bindings-interface';
import { SerialPortStream } from '@serialport/stream';
import {
  character_ms,
  Reconnection,
  replyShape,
  RtuLink,
  silence_ms,
  type EchoMode,
  type FrameFault,
  type FramePort,
  type FramePortEvents,
  type OutgoingFrame,
  type WireTimes,
} from '../../modbus';
import { later, type Clock, type Instant, type Timers } from '../../time';
import { HoldBack, holdBackBinding } from './holdBack';
import { preciseAt } from './preciseTimer';
import { openError, SerialError } from './serialError';

export interface SerialPortOptions {
  readonly path: string;
  readonly baudRate: number;
  /** Default 'even', as the serial line guide wants (V1.02, 2.5.1). */
  readonly parity?: 'none' | 'even' | 'odd';
  /** Default 1 with parity, 2 without (always 11 bits per character). */
  readonly stopBits?: 1 | 2;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Default: the operating system's ports, loaded when the port is opened first. */
  readonly binding?: BindingInterface;
  /** Default 'detect'. */
  readonly echo?: EchoMode;
  /** Whether bytes take their wire time to arrive. Default: unless `path` is a pseudo terminal. */
  readonly paced?: boolean;
  /** Worst reception delay of the adapter, ms (16 for an FTDI by default). Default 0. */
  readonly latency_ms?: number;
  /** False when `clock` stands still while the program runs (simulated time). Default true. */
  readonly spin?: boolean;
  /** Longest wait between openings on which nothing valid was read, ms (default 60 s). */
  readonly retryMax_ms?: number;
  /** Told once per distinct problem until a valid reply was read. */
  readonly onProblem?: (error: SerialError, now: Instant) => void;
}

/**
 * A transaction shorter than this is started on the instant, at the price of spinning for up to
 * 1.2 ms; in a longer one a late timer costs less than 2 % of the line.
 */
const PRECISE_BELOW_MS = 50;
/** A held read begins this much early, since timers are late; the last bytes are waited for, ms. */
const EARLY_MS = 1.5;
/** In a transaction longer than this it begins on time: a late read costs less than waking up. */
const PATIENT_FROM_MS = 100;
/** Beyond t3.5, how long no read is begun after a reply, ms. */
const NEXT_REQUEST_MS = 3;
/** A read passes through timers and threads: on a busy machine the rest of a reply waits, ms. */
const PATIENCE_MS = 60;
/** A timer this late means that the program stood still, ms; reads then get this long first. */
const STALL_MS = 10;
const AFTER_STALL_MS = 20;
/** Read buffer of a stream: some frames; a new one is allocated when it is used up. */
const READ_POOL_BYTES = 8192;

/** Modbus RTU on a serial port or anything else that has a serialport binding. */
export class SerialFramePort implements FramePort {
  readonly window = 1;
  readonly correlates = false;
  readonly wire: WireTimes;
  readonly #options: SerialPortOptions;
  readonly #holdBack: HoldBack;
  #events: FramePortEvents | undefined;
  #link: RtuLink | undefined;
  #stream: SerialPortStream | undefined;
  #isOpen = false;
  #closed = false;
  readonly #reconnection: Reconnection;
  #early_ms = EARLY_MS;
  #ring_at: Instant | undefined;
  #cancelSend: (() => void) | undefined;
  #cancelReopen: (() => void) | undefined;
  #cancelRing: (() => void) | undefined;
  #held: OutgoingFrame | undefined;

  constructor(options: SerialPortOptions) {
    this.#options = options;
    this.#reconnection = new Reconnection(options);
    this.#holdBack = new HoldBack(options.clock, options.timers);
    this.wire = {
      char_ms: character_ms(options.baudRate),
      gap_ms: silence_ms(options.baudRate),
      latency_ms: options.latency_ms ?? 0,
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isReady(): boolean {
    return this.#isOpen && this.#held === undefined && this.#link?.isReady === true;
  }

  attach(events: FramePortEvents): void {
    const { echo, paced, spin } = this.#options;
    this.#events = events;
    const patience_ms = spin === false ? 0 : PATIENCE_MS;
    const rules = { wire: this.wire, echo: echo ?? 'detect', paced: paced ?? true, patience_ms };
    this.#link = new RtuLink(rules, {
      onOpen: (now) => events.onOpen(now),
      onClose: (reason, now) => events.onClose(reason, now),
      onSent: (id, ends_at, now) => events.onSent(id, ends_at, now),
      onReply: (id, adu, at) => {
        this.#reconnection.proved();
        events.onReply(id, adu, at);
      },
      onFault: (id, fault, now) => events.onFault(id, fault, now),
      onStray: (bytes, now) => events.onStray(bytes, now),
      onReady: (now) => events.onReady(now),
    });
  }

  open(): void {
    if (this.#closed || this.#stream !== undefined) return;
    this.#openStream().catch((cause: unknown) => this.#onOpenFailed(cause));
  }

  send(frame: OutgoingFrame): void {
    const link = this.#attached();
    const { clock, timers } = this.#options;
    const start_at = link.earliestStart(clock.now(), frame.extraGap_ms);
    const bytes = frame.adu.length + replyShape(frame.unit, frame.request, frame.adu).length;
    const spin = (this.#options.spin ?? true) && bytes * this.wire.char_ms < PRECISE_BELOW_MS;
    this.#held = frame;
    this.#cancelSend = preciseAt(clock, timers, start_at, spin, () => this.#write(frame));
  }

  abandon(id: number, now: Instant): FrameFault | undefined {
    if (this.#held?.id === id) {
      this.#cancelSend?.();
      this.#held = undefined;
    }
    this.#holdBack.release();
    const fault = this.#attached().abandon(id, now);
    this.#arm();
    return fault;
  }

  close(): void {
    this.#closed = true;
    this.#isOpen = false;
    this.#cancelSend?.();
    this.#cancelReopen?.();
    this.#cancelRing?.();
    this.#held = undefined;
    this.#link?.reset();
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream?.isOpen === true) stream.close();
    this.#holdBack.release();
  }

  async #openStream(): Promise<void> {
    const { path, baudRate, parity, stopBits } = this.#options;
    const inner = this.#options.binding ?? (await loadSystemBinding());
    if (this.#options.binding === undefined && this.#link !== undefined) {
      this.#link.paced = this.#options.paced ?? !(await isPseudoTerminal(path));
    }
    if (this.#closed) return;
    const binding = holdBackBinding(inner, this.#holdBack);
    const stream = new SerialPortStream({
      binding,
      path,
      baudRate,
      parity: parity ?? 'even',
      stopBits: stopBits ?? (parity === 'none' ? 2 : 1),
      autoOpen: false,
      highWaterMark: READ_POOL_BYTES,
    });
    // Kept even after the stream is thrown away: an unheard 'error' would end the process.
    stream.on('error', (error) => this.#onLost(stream, error));
    stream.on('close', (error: Error | null) => this.#onLost(stream, error));
    stream.on('data', (chunk: Buffer) => this.#onData(stream, chunk));
    this.#stream = stream;
    await new Promise<void>((resolve, reject) => {
      stream.open((error) => (error === null ? resolve() : reject(error)));
    });
    // What was received before we asked belongs to nobody.
    await new Promise<void>((resolve) => stream.flush(() => resolve()));
    this.#onOpened(stream);
  }

  #onOpened(stream: SerialPortStream): void {
    if (this.#stream !== stream || this.#closed) {
      if (stream.isOpen) stream.close();
      return;
    }
    const now = this.#options.clock.now();
    this.#isOpen = true;
    this.#reconnection.opened();
    this.#link?.disturb(now);
    this.#arm();
    this.#events?.onOpen(now);
  }

  #onOpenFailed(cause: unknown): void {
    this.#stream = undefined;
    if (this.#closed) return;
    this.#tell(openError(this.#options.path, cause));
    this.#reopenLater();
  }

  /** The stream object is never opened again: it would send what was written while closed. */
  #onLost(stream: SerialPortStream, error: Error | null): void {
    if (this.#stream !== stream || !this.#isOpen) return;
    const { clock, path } = this.#options;
    this.#stream = undefined;
    this.#isOpen = false;
    this.#cancelSend?.();
    this.#held = undefined;
    this.#link?.reset();
    this.#holdBack.release();
    const why = error?.message ?? 'closed';
    this.#tell(
      new SerialError('port-lost', path, `the port was lost: ${why}`, 'plug it in', error),
    );
    this.#events?.onClose(`${path}: ${why}`, clock.now());
    this.#reopenLater();
  }

  #reopenLater(): void {
    const { clock, timers } = this.#options;
    const reopen_at = later(clock.now(), this.#reconnection.wait_ms());
    this.#cancelReopen = timers.at(reopen_at, () => this.open());
  }

  #tell(error: SerialError): void {
    if (!this.#reconnection.isNews(error.message)) return;
    this.#options.onProblem?.(error, this.#options.clock.now());
  }

  #write(frame: OutgoingFrame): void {
    if (this.#held !== frame) return;
    const link = this.#attached();
    const now = this.#options.clock.now();
    const fault = this.#reasonNotToWrite(link, frame, now);
    if (fault !== undefined) {
      this.#held = undefined;
      this.#events?.onFault(frame.id, fault, now);
      return;
    }
    if (link.earliestStart(now, frame.extraGap_ms) > now) {
      // Bytes arrived while we waited for the silence.
      this.send(frame);
      return;
    }
    this.#held = undefined;
    this.#stream?.write(Buffer.from(frame.adu));
    link.begin(frame, now);
    const bytes = frame.adu.length + link.expectedBytes;
    const total_ms = bytes * this.wire.char_ms + this.wire.gap_ms;
    this.#early_ms = total_ms < PATIENT_FROM_MS ? EARLY_MS : 0;
    this.#holdBack.hold(later(now, total_ms - this.#early_ms));
  }

  #reasonNotToWrite(link: RtuLink, frame: OutgoingFrame, now: Instant): FrameFault | undefined {
    if (this.#stream?.isOpen !== true)
      return { kind: 'disconnected', text: 'the port is not open' };
    if (now >= frame.deadline) return { kind: 'expired', text: 'not sent before its deadline' };
    return link.refuses(frame);
  }

  #onData(stream: SerialPortStream, chunk: Buffer): void {
    const link = this.#link;
    if (link === undefined || this.#stream !== stream) return;
    const now = this.#options.clock.now();
    if (!this.#isOpen) return;
    const missing = link.received(chunk, now);
    // After a reply the next read waits for the next request, which is usually about to be sent.
    const hold_ms = link.isWaiting
      ? missing * this.wire.char_ms - this.#early_ms
      : this.wire.gap_ms + NEXT_REQUEST_MS;
    this.#holdBack.hold(later(now, hold_ms));
    this.#arm();
  }

  /** Rings when the link wants a tick; a ring that comes early arms the next. */
  #arm(): void {
    const wake_at = this.#link?.wakeAt();
    if (wake_at === undefined || (this.#ring_at !== undefined && this.#ring_at <= wake_at)) return;
    this.#ringAt(wake_at, false);
  }

  #ringAt(wake_at: Instant, afterStall: boolean): void {
    const { clock, timers } = this.#options;
    this.#ring_at = wake_at;
    this.#cancelRing = timers.at(wake_at, () => {
      this.#ring_at = undefined;
      if (!this.#isOpen) return;
      const now = clock.now();
      if (now - wake_at > STALL_MS && !afterStall) {
        // The program stood still: bytes may lie unread, so the line is not yet known to be quiet.
        this.#ringAt(later(now, AFTER_STALL_MS), true);
        return;
      }
      this.#link?.tick(now);
      this.#arm();
    });
  }

  #attached(): RtuLink {
    if (this.#link === undefined) throw new Error('attach comes before everything else');
    return this.#link;
  }
}

/** A pseudo terminal has no wire: a reply may be there at once. */
async function isPseudoTerminal(path: string): Promise<boolean> {
  const target = await realpath(path).catch(() => path);
  return target.startsWith('/dev/pts/');
}

async function loadSystemBinding(): Promise<BindingInterface> {
  const { autoDetect } = await import('@serialport/bindings-cpp');
  return autoDetect();
}
