import {
  wrapPdu,
  type BusDevice,
  type BusRequest,
  type BusResult,
  type FrameFault,
  type FramePort,
  type FramePortEvents,
  type OutgoingFrame,
  type PduRequest,
  type ReadRequest,
} from '../../../src/modbus';
import { instant, type Instant } from '../../../src/time';

/** A port that records what it is given; the test says what comes back. */
export class ScriptedPort implements FramePort {
  isOpen = true;
  ready = true;
  window = 1;
  correlates = false;
  wire = { char_ms: 0.5, gap_ms: 2, latency_ms: 0 };
  readonly sent: OutgoingFrame[] = [];
  readonly abandoned: number[] = [];
  events: FramePortEvents | undefined;
  #underWay = 0;

  get isReady(): boolean {
    return this.ready && this.#underWay < this.window;
  }

  attach(events: FramePortEvents): void {
    this.events = events;
  }

  open(): void {
    this.isOpen = true;
  }

  send(frame: OutgoingFrame): void {
    this.sent.push(frame);
    this.#underWay += 1;
  }

  abandon(id: number): FrameFault | undefined {
    this.abandoned.push(id);
    this.#underWay -= 1;
    return undefined;
  }

  close(): void {
    this.isOpen = false;
  }

  get last(): OutgoingFrame {
    const frame = this.sent.at(-1);
    if (frame === undefined) throw new Error('nothing was sent');
    return frame;
  }

  /** Whether anything is under way; the answers below end it. */
  done(): void {
    this.#underWay -= 1;
  }
}

/** A sound reply to what was sent: `value` in each register, the echo of a write. */
export function replyTo(frame: OutgoingFrame, value = 0): Uint8Array {
  const { request, unit, adu } = frame;
  if (request.kind !== 'read') return wrapPdu(unit, adu.slice(1, 6));
  const pdu = [adu[1] ?? 0, 2 * request.count];
  for (let i = 0; i < request.count; i += 1) pdu.push(value >> 8, value & 0xff);
  return wrapPdu(unit, Uint8Array.from(pdu));
}

export const read = (address = 0, count = 2): ReadRequest => ({
  kind: 'read',
  table: 'holding',
  address,
  count,
});
export const write = (...values: number[]): PduRequest => ({ kind: 'write', address: 100, values });

export const device = (id: string, unit: number, more: Partial<BusDevice> = {}): BusDevice => ({
  id,
  unit,
  ...more,
});

/** Results in the order in which they were reported. */
export class Results {
  readonly all: { readonly name: string; readonly result: BusResult }[] = [];

  request(
    name: string,
    request: PduRequest,
    more: Partial<Omit<BusRequest, 'request' | 'onDone'>> = {},
  ): BusRequest {
    return {
      device: 'a',
      priority: 2,
      deadline: instant(1e9),
      ...more,
      request,
      onDone: (result) => this.all.push({ name, result }),
    };
  }

  /** "name ok" or "name reason", in order. */
  get words(): string[] {
    return this.all.map(({ name, result }) => `${name} ${result.ok ? 'ok' : result.reason}`);
  }
}

export const at = (ms: number): Instant => instant(ms);
