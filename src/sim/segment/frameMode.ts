import { instant, later, type Instant } from '../../time';
import {
  RtuLink,
  type EchoMode,
  type FrameFault,
  type FramePort,
  type FramePortEvents,
  type OutgoingFrame,
  type WireTimes,
} from '../../modbus';
import type { SegmentCore } from './segment';
import type { Transmission } from './wire';

/** Time after which a replugged adapter is opened again, ms. */
const REOPEN_MS = 250;

/**
 * The segment as a frame port: whole frames on the same wire arithmetic, no bytes, no stream. For
 * the virtual composition, where it costs two timers per transaction.
 */
export class FrameModePort implements FramePort {
  readonly window = 1;
  readonly correlates = false;
  readonly wire: WireTimes;
  readonly #core: SegmentCore;
  readonly #echo: EchoMode;
  #events: FramePortEvents | undefined;
  #link: RtuLink | undefined;
  #open = false;
  #closed = false;
  #wake_at: Instant | undefined;

  constructor(core: SegmentCore, echo: EchoMode) {
    this.#core = core;
    this.#echo = echo;
    this.wire = {
      char_ms: core.wire.character_ms,
      gap_ms: core.wire.silence_ms,
      latency_ms: core.usbLatency_ms,
    };
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isReady(): boolean {
    return this.#open && this.#link?.isReady === true;
  }

  attach(events: FramePortEvents): void {
    this.#events = events;
    this.#link = new RtuLink({ wire: this.wire, echo: this.#echo, paced: true }, events);
    this.#core.connect(
      (transmission) => this.#onTransmission(transmission),
      (plugged) => this.#onPlug(plugged),
    );
  }

  open(): void {
    this.#reopenAt(this.#core.clock.now());
  }

  send(frame: OutgoingFrame): void {
    const link = this.#attached();
    const now = this.#core.clock.now();
    const start_at = link.earliestStart(now, frame.extraGap_ms);
    const late: FrameFault | undefined =
      start_at >= frame.deadline ? { kind: 'expired', text: 'deadline passed' } : undefined;
    const fault = late ?? link.refuses(frame);
    if (fault !== undefined) {
      this.#core.timers.at(now, () =>
        this.#events?.onFault(frame.id, fault, this.#core.clock.now()),
      );
      return;
    }
    this.#core.request(frame.adu, start_at);
    link.begin(frame, start_at);
  }

  abandon(id: number, now: Instant): FrameFault | undefined {
    const fault = this.#attached().abandon(id, now);
    this.#arm();
    return fault;
  }

  close(): void {
    this.#closed = true;
    this.#open = false;
    this.#link?.reset();
  }

  #onTransmission(transmission: Transmission): void {
    const { wire, usbLatency_ms, timers } = this.#core;
    const at = wire.byteEnd_at(transmission, transmission.sent.length - 1, usbLatency_ms);
    timers.at(at, () => {
      if (!this.#open) return;
      this.#link?.received(transmission.heard, at);
      this.#arm();
    });
  }

  #onPlug(plugged: boolean): void {
    const now = this.#core.clock.now();
    if (plugged) this.#reopenAt(later(now, REOPEN_MS));
    else if (this.#open) {
      this.#open = false;
      this.#link?.reset();
      this.#events?.onClose('the adapter was unplugged', now);
    }
  }

  #reopenAt(at: Instant): void {
    this.#core.timers.at(at, () => {
      if (this.#closed || this.#open || !this.#core.plugged) return;
      this.#open = true;
      this.#events?.onOpen(this.#core.clock.now());
    });
  }

  #arm(): void {
    const wake_at = this.#link?.wakeAt();
    if (wake_at === undefined || (this.#wake_at !== undefined && this.#wake_at <= wake_at)) return;
    this.#wake_at = wake_at;
    this.#core.timers.at(wake_at, () => {
      this.#wake_at = undefined;
      if (!this.#open) return;
      this.#link?.tick(instant(Math.max(wake_at, this.#core.clock.now())));
      this.#arm();
    });
  }

  #attached(): RtuLink {
    if (this.#link === undefined) throw new Error('attach comes before everything else');
    return this.#link;
  }
}
