import {
  decodeReplyValues,
  functionCodeOf,
  replyShape,
  type PduRequest,
} from '../../../src/modbus';
import { createPduCodec } from '../../../src/io/modbusSerial';
import type { Segment } from '../../../src/sim/segment';
import { later, type Instant } from '../../../src/time';
import type { SteppedTime } from './steppedTime';

export interface NaiveAnswer {
  readonly registers: readonly number[];
  readonly sent_at: Instant;
  readonly received_at: Instant;
}

/**
 * The negative control: a client that frames by the expected length alone and checks nothing, as
 * clients in the field do. If it reports no wrong value in a case, the case proves nothing.
 */
export class NaiveClient {
  readonly #time: SteppedTime;
  readonly #segment: Segment;
  readonly #codec = createPduCodec();
  #held: number[] = [];
  #port: Awaited<ReturnType<Segment['binding']['open']>> | undefined;

  constructor(segment: Segment, time: SteppedTime) {
    this.#segment = segment;
    this.#time = time;
  }

  async open(): Promise<void> {
    const port = await this.#segment.binding.open({ path: '/dev/naive', baudRate: 19200 });
    this.#port = port;
    const next = (): void => {
      port.read(Buffer.alloc(512), 0, 512).then(
        ({ buffer, bytesRead }) => {
          this.#held.push(...buffer.subarray(0, bytesRead));
          next();
        },
        () => undefined,
      );
    };
    next();
  }

  /** Asks, waits, and takes the first bytes of the right length for the answer. */
  async ask(unit: number, request: PduRequest): Promise<NaiveAnswer | undefined> {
    const adu = this.#codec.encode(unit, request);
    const { length } = replyShape(unit, request, adu);
    const sent_at = this.#time.now();
    await this.#port?.write(Buffer.from(adu)).catch(() => undefined);
    const end = later(sent_at, 150);
    while (this.#held.length < length && this.#time.now() < end) {
      await this.#time.runUntil(later(this.#time.now(), 2));
    }
    if (this.#held.length < length) return undefined;
    const reply = Uint8Array.from(this.#held.splice(0, length));
    if (((reply[1] ?? 0) & 0x7f) !== functionCodeOf(request)) return undefined;
    const registers = decodeReplyValues(reply, request);
    return { registers, sent_at, received_at: this.#time.now() };
  }

  async close(): Promise<void> {
    await this.#port?.close();
  }
}
