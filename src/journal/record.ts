/**
 * One record on disk, all numbers big-endian:
 *
 *   magic 4 | length 4 | sequence 8 | previous hash 32 | crc 4 | payload length
 *
 * The CRC covers length, sequence, previous hash and payload, so that a torn write and an edit that
 * forgot the CRC both show. The chain hash of a record covers its whole frame.
 */
import { crc32 } from './crc32';

/** SHA-256 behind a port: this module imports nothing. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

export const MAGIC = 0x48464a31; // "HFJ1"
export const HEADER_BYTES = 52;
export const HASH_BYTES = 32;
/**
 * Larger payloads are a bug of the caller; the bound keeps recovery from trusting a torn length.
 */
export const RECORD_MAX_BYTES = 256 * 1024;

export interface ChainPosition {
  readonly sequence: number;
  readonly hash: Uint8Array;
}

/** Before the first record. */
export const GENESIS: ChainPosition = { sequence: 0, hash: new Uint8Array(HASH_BYTES) };

/** Bytes of the next record and the chain position after it. Throws RangeError above the bound. */
export function encodeRecord(
  previous: ChainPosition,
  payload: Uint8Array,
  hash: Hash,
): { readonly bytes: Uint8Array; readonly position: ChainPosition } {
  if (payload.length > RECORD_MAX_BYTES) throw new RangeError('journal payload above its bound');
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  const sequence = previous.sequence + 1;
  view.setUint32(0, MAGIC);
  view.setUint32(4, payload.length);
  view.setBigUint64(8, BigInt(sequence));
  bytes.set(previous.hash, 16);
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(48, frameCrc(bytes));
  return { bytes, position: { sequence, hash: hash(bytes) } };
}

/** CRC over everything but the magic and the CRC field itself. Pure. */
export function frameCrc(frame: Uint8Array): number {
  return crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(4, 48)));
}
