import { MAX_RTU_ADU_BYTES } from './pdu';
import { candidateLength, checkReply, EXCEPTION_ADU_BYTES, type ReplyShape } from './replyCheck';
import type { FrameFault } from './framePort';

/**
 * Finds the reply in the bytes of a line. It is fed whatever arrived; a frame counts only when
 * unit, function code, byte count or write echo, exact length and CRC all fit, wherever it starts:
 * a glitch byte before it (a driver being enabled) or another unit's late frame is skipped. It
 * never gives a verdict of failure while the bytes may still become the reply, and takes nothing
 * from inside a frame that may still be arriving; `atSilence` settles both once the line is quiet.
 */

/** Room for a stray frame, an echo and the reply; beyond it the oldest bytes are dropped. */
export const RECEIVER_CAPACITY_BYTES = 3 * MAX_RTU_ADU_BYTES;

export type Reception =
  /** At least `missing` more bytes are needed before anything can be decided. */
  | { readonly kind: 'more'; readonly missing: number }
  /** The bytes `before` and `rest` (after it) belong to something else. */
  | {
      readonly kind: 'frame';
      readonly adu: Uint8Array;
      readonly before: Uint8Array;
      readonly rest: Uint8Array;
    };

const NO_BYTES = new Uint8Array(0);

export class RtuReceiver {
  #buffer = new Uint8Array(RECEIVER_CAPACITY_BYTES);
  #length = 0;
  #expected: ReplyShape | undefined;
  #echo: Uint8Array | undefined;
  #sawEcho = false;

  /** Whether a complete echo stood before what the last `feed` found. */
  get sawEcho(): boolean {
    return this.#sawEcho;
  }

  /** Bytes held that were not yet recognised. */
  get pending(): number {
    return this.#length;
  }

  /** Starts a transaction; `echo` is our own ADU when the adapter returns what it sends. */
  expect(expected: ReplyShape, echo: Uint8Array | undefined): void {
    this.#expected = expected;
    this.#echo = echo;
    this.#sawEcho = false;
    this.#length = 0;
  }

  /** Takes out what is held; the transaction goes on. */
  drain(): Uint8Array {
    const held = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return held;
  }

  feed(bytes: Uint8Array): Reception {
    this.#append(bytes);
    const expected = this.#expected;
    if (expected === undefined) return { kind: 'more', missing: 1 };
    if (!this.#stripEcho()) return { kind: 'more', missing: 1 };
    return this.#scan(expected, false);
  }

  /** The line is quiet: a frame behind a false beginning, or what is wrong with the bytes held. */
  atSilence(): Reception | { readonly kind: 'fault'; readonly fault: FrameFault } {
    const expected = this.#expected;
    if (expected === undefined || this.#length === 0) {
      return { kind: 'fault', fault: { kind: 'truncated', text: 'nothing was received' } };
    }
    const found = this.#scan(expected, true);
    if (found.kind === 'frame') return found;
    const bytes = this.#buffer.slice(0, this.#length);
    const verdict = checkReply(bytes, expected);
    // A cut frame that begins like the reply was the reply: no other one is to be feared.
    const begun = bytes.length >= 3 && candidateLength(bytes, 0, 3, expected) !== undefined;
    const consumed = begun || bytes.length >= expected.length;
    return verdict.ok
      ? { kind: 'fault', fault: { kind: 'invalid-reply', text: 'unclear', bytes, consumed } }
      : { kind: 'fault', fault: { kind: verdict.kind, text: verdict.text, bytes, consumed } };
  }

  /** `settled`: nothing more arrives, so an incomplete candidate hides no later one. */
  #scan(expected: ReplyShape, settled: boolean): Reception {
    for (let start = 0; start < this.#length; start += 1) {
      const length = candidateLength(this.#buffer, start, this.#length, expected);
      if (length === undefined) continue;
      const end = start + length;
      if (end > this.#length) {
        if (!settled) return { kind: 'more', missing: end - this.#length };
      } else if (checkReply(this.#buffer.subarray(start, end), expected).ok) {
        return this.#take(start, end);
      }
    }
    return { kind: 'more', missing: EXCEPTION_ADU_BYTES };
  }

  #append(bytes: Uint8Array): void {
    let chunk = bytes;
    if (chunk.length > RECEIVER_CAPACITY_BYTES) {
      chunk = chunk.subarray(chunk.length - RECEIVER_CAPACITY_BYTES);
    }
    const over = this.#length + chunk.length - RECEIVER_CAPACITY_BYTES;
    if (over > 0) {
      this.#buffer.copyWithin(0, over, this.#length);
      this.#length -= over;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** Removes a complete echo; false while one may still be arriving. */
  #stripEcho(): boolean {
    const echo = this.#echo;
    if (echo === undefined) return true;
    const known = Math.min(echo.length, this.#length);
    for (let i = 0; i < known; i += 1) {
      if (this.#buffer[i] !== echo[i]) {
        // A damaged echo is skipped like any other stray bytes.
        this.#echo = undefined;
        return true;
      }
    }
    if (known < echo.length) return false;
    this.#buffer.copyWithin(0, echo.length, this.#length);
    this.#length -= echo.length;
    this.#echo = undefined;
    this.#sawEcho = true;
    return true;
  }

  #take(start: number, end: number): Reception {
    const adu = this.#buffer.slice(start, end);
    const before = start === 0 ? NO_BYTES : this.#buffer.slice(0, start);
    const rest = end === this.#length ? NO_BYTES : this.#buffer.slice(end, this.#length);
    this.#length = 0;
    return { kind: 'frame', adu, before, rest };
  }
}
