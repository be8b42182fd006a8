import { unwrapPdu, wrapPdu } from './crc16';
import { MAX_PDU_BYTES } from './pdu';

/** Modbus TCP framing. MODBUS Messaging on TCP/IP Implementation Guide V1.0b, clause 3.1.3. */

export const MBAP_HEADER_BYTES = 7;

export interface TcpFrame {
  readonly transaction: number;
  /** The same content as an RTU ADU, CRC computed here. */
  readonly adu: Uint8Array;
}

/** TCP ADU of an RTU ADU: header instead of the unit byte, no CRC. Pure. */
export function encodeTcp(transaction: number, rtuAdu: Uint8Array): Uint8Array {
  const pdu = unwrapPdu(rtuAdu);
  const frame = new Uint8Array(MBAP_HEADER_BYTES + pdu.length);
  frame[0] = transaction >>> 8;
  frame[1] = transaction & 0xff;
  frame[4] = (pdu.length + 1) >>> 8;
  frame[5] = (pdu.length + 1) & 0xff;
  frame[6] = rtuAdu[0] ?? 0;
  frame.set(pdu, MBAP_HEADER_BYTES);
  return frame;
}

export type TcpReception =
  | { readonly kind: 'frames'; readonly frames: readonly TcpFrame[] }
  /** The stream can no longer be trusted: the connection must be closed. */
  | { readonly kind: 'broken'; readonly frames: readonly TcpFrame[]; readonly text: string };

/**
 * Cuts a TCP byte stream into frames, strictly: a wrong protocol id or an impossible length ends
 * it, since nothing after it can be framed. Holds at most one incomplete frame.
 */
export class MbapDecoder {
  #held = new Uint8Array(0);
  #broken: string | undefined;

  /** Bytes of an incomplete frame. */
  get pending(): number {
    return this.#held.length;
  }

  feed(bytes: Uint8Array): TcpReception {
    const frames: TcpFrame[] = [];
    let data = bytes;
    if (this.#held.length > 0) {
      data = new Uint8Array(this.#held.length + bytes.length);
      data.set(this.#held);
      data.set(bytes, this.#held.length);
    }
    let at = 0;
    while (this.#broken === undefined && data.length - at >= MBAP_HEADER_BYTES) {
      const protocol = ((data[at + 2] ?? 0) << 8) | (data[at + 3] ?? 0);
      const length = ((data[at + 4] ?? 0) << 8) | (data[at + 5] ?? 0);
      if (protocol !== 0) this.#broken = `protocol id ${protocol} instead of 0`;
      else if (length < 2 || length > MAX_PDU_BYTES + 1) this.#broken = `length ${length}`;
      else if (data.length - at < 6 + length) break;
      else {
        const transaction = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
        const pdu = data.subarray(at + MBAP_HEADER_BYTES, at + 6 + length);
        frames.push({ transaction, adu: wrapPdu(data[at + 6] ?? 0, pdu) });
        at += 6 + length;
      }
    }
    this.#held = this.#broken === undefined ? data.slice(at) : new Uint8Array(0);
    return this.#broken === undefined
      ? { kind: 'frames', frames }
      : { kind: 'broken', frames, text: this.#broken };
  }
}
