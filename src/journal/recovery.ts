import {
  type ChainPosition,
  frameCrc,
  GENESIS,
  type Hash,
  HEADER_BYTES,
  MAGIC,
  RECORD_MAX_BYTES,
} from './record';

/**
 * `clean`: ends at a record border. `torn`: the last write did not finish (power loss).
 * `corrupt`: bytes in the middle do not check; records after them are not trusted.
 */
export type TailState = 'clean' | 'torn' | 'corrupt';

export interface Recovered {
  readonly payloads: readonly Uint8Array[];
  readonly position: ChainPosition;
  readonly tail: TailState;
  /** Length of the trusted prefix, bytes; the store truncates to it before it appends. */
  readonly trustedBytes: number;
  /** Where and why trust ended, for people. */
  readonly text: string;
}

/**
 * Reads one segment that starts at chain position `from`. Never throws: whatever the bytes, the
 * longest verifiable prefix comes back with the reason why it ended. Pure.
 *
 * Torn or corrupt? A cut-off frame at the end, a last frame with a wrong CRC and nothing after it,
 * or
 * a tail of zeros (blocks allocated but never written) is a torn write. Everything else that does
 * not
 * verify is corruption.
 */
export function recover(bytes: Uint8Array, hash: Hash, from: ChainPosition = GENESIS): Recovered {
  const payloads: Uint8Array[] = [];
  let position = from;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = (tail: TailState, text: string): Recovered => ({
    payloads,
    position,
    tail,
    trustedBytes: at,
    text,
  });
  while (at < bytes.length) {
    const rest = bytes.length - at;
    if (bytes.subarray(at).every((b) => b === 0)) return end('torn', `zeros from byte ${at}`);
    if (rest < HEADER_BYTES) return end(looksTorn(bytes, at), `${rest} bytes of a header at ${at}`);
    if (view.getUint32(at) !== MAGIC) return end('corrupt', `no record starts at byte ${at}`);
    const length = view.getUint32(at + 4);
    if (length > RECORD_MAX_BYTES) return end('corrupt', `impossible length at byte ${at}`);
    const frameEnd = at + HEADER_BYTES + length;
    if (frameEnd > bytes.length) {
      const whole = laterRecord(bytes, at + 1);
      if (whole === undefined) return end('torn', `record at byte ${at} is cut off`);
      return end('corrupt', `length of the record at byte ${at} is wrong: one starts at ${whole}`);
    }
    const frame = bytes.subarray(at, frameEnd);
    if (frameCrc(frame) !== view.getUint32(at + 48)) {
      const last = frameEnd === bytes.length || bytes.subarray(frameEnd).every((b) => b === 0);
      return end(last ? 'torn' : 'corrupt', `checksum of the record at byte ${at} is wrong`);
    }
    const sequence = Number(view.getBigUint64(at + 8));
    if (sequence !== position.sequence + 1) {
      return end('corrupt', `record ${sequence} follows ${position.sequence} at byte ${at}`);
    }
    if (!equal(frame.subarray(16, 48), position.hash)) {
      return end('corrupt', `record ${sequence} does not continue the chain`);
    }
    payloads.push(frame.slice(HEADER_BYTES));
    position = { sequence, hash: hash(frame) };
    at = frameEnd;
  }
  return end('clean', 'ends at a record border');
}

/** Where a record that checks starts at or after `from`; a torn write has nothing behind it. */
function laterRecord(bytes: Uint8Array, from: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + HEADER_BYTES <= bytes.length; at += 1) {
    if (view.getUint32(at) !== MAGIC) continue;
    const end = at + HEADER_BYTES + view.getUint32(at + 4);
    if (end > bytes.length) continue;
    if (frameCrc(bytes.subarray(at, end)) === view.getUint32(at + 48)) return at;
  }
  return undefined;
}

/** A short rest is a torn header only if it begins like one. */
function looksTorn(bytes: Uint8Array, at: number): TailState {
  const magic = [0x48, 0x46, 0x4a, 0x31];
  const begins = magic.every((b, i) => at + i >= bytes.length || bytes[at + i] === b);
  return begins ? 'torn' : 'corrupt';
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
