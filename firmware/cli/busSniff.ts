import {
  crcHolds,
  decodeReplyValues,
  decodeRequest,
  describe,
  type PduRequest,
  quantityOf,
  requestLength,
  unwrapPdu,
} from '../../src/modbus';

/** One frame on the line, or bytes that belong to none. */
export interface SniffedFrame {
  readonly at_ms: number;
  /** Since the end of what was heard before, ms; undefined for the first. */
  readonly gap_ms: number | undefined;
  readonly kind: 'request' | 'reply' | 'exception' | 'noise';
  readonly unit?: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

const MAX_ADU = 256;
/** A cut frame is given up after this silence. */
const QUIET_ms = 30;

/** Lengths that a frame beginning here could have, by what it says of itself. Pure. */
function lengths(bytes: Uint8Array, pending: boolean): number[] {
  const functionCode = bytes[1] ?? 0;
  if (functionCode >= 0x80) return [5];
  const isRead = functionCode >= 1 && functionCode <= 4;
  const reply = isRead ? 5 + (bytes[2] ?? 0) : 8;
  const inner = requestLength(bytes.subarray(1));
  const request = inner === undefined ? 8 : inner + 3;
  return pending ? [reply, request] : [request, reply];
}

/** Cuts what is heard on a line into requests and replies. It only listens. */
export class Sniffer {
  private held = new Uint8Array(0);
  private last_ms: number | undefined;
  private pending: { readonly unit: number; readonly request: PduRequest } | undefined;

  /** Bytes that were complete at `at_ms`; gives the frames that are complete with them. */
  feed(bytes: Uint8Array, at_ms: number): SniffedFrame[] {
    const frames: SniffedFrame[] = [];
    const gap_ms = this.last_ms === undefined ? undefined : at_ms - this.last_ms;
    if (this.held.length > 0 && (gap_ms ?? 0) > QUIET_ms) frames.push(this.noise(at_ms, gap_ms));
    this.held = Uint8Array.from([...this.held, ...bytes]);
    this.last_ms = at_ms;
    for (;;) {
      const frame = this.take(at_ms, frames.length === 0 ? gap_ms : 0);
      if (frame === undefined) return frames;
      frames.push(frame);
    }
  }

  /** What is left when nothing more comes. */
  end(at_ms: number): SniffedFrame[] {
    return this.held.length === 0 ? [] : [this.noise(at_ms, undefined)];
  }

  private noise(at_ms: number, gap_ms: number | undefined): SniffedFrame {
    const bytes = this.held;
    this.held = new Uint8Array(0);
    const text = `${bytes.length} bytes that are no frame`;
    return { at_ms, gap_ms, kind: 'noise', text, bytes };
  }

  private take(at_ms: number, gap_ms: number | undefined): SniffedFrame | undefined {
    for (let start = 0; start + 4 <= this.held.length; start += 1) {
      const rest = this.held.subarray(start);
      const fit = lengths(rest, this.pending?.unit === rest[0]).find(
        (length) => length <= Math.min(rest.length, MAX_ADU) && crcHolds(rest, 0, length),
      );
      if (fit === undefined) continue;
      if (start > 0) {
        const bytes = this.held.slice(0, start);
        this.held = this.held.slice(start);
        return { at_ms, gap_ms, kind: 'noise', text: `${start} bytes that are no frame`, bytes };
      }
      const adu = this.held.slice(0, fit);
      this.held = this.held.slice(fit);
      return this.frame(adu, at_ms, gap_ms);
    }
    if (this.held.length > MAX_ADU) return this.noise(at_ms, gap_ms);
    return undefined;
  }

  private frame(adu: Uint8Array, at_ms: number, gap_ms: number | undefined): SniffedFrame {
    const unit = adu[0] ?? 0;
    const functionCode = adu[1] ?? 0;
    const pending = this.pending?.unit === unit ? this.pending.request : undefined;
    const seen = { at_ms, gap_ms, unit, bytes: adu };
    if (functionCode >= 0x80) {
      this.pending = undefined;
      return { ...seen, kind: 'exception', text: `exception ${adu[2] ?? 0}` };
    }
    if (pending !== undefined && isReplyTo(pending, adu)) {
      this.pending = undefined;
      const values = decodeReplyValues(adu, pending);
      const text = values.length > 0 ? values.join(' ') : 'written';
      return { ...seen, kind: 'reply', text };
    }
    const decoded = decodeRequest(unwrapPdu(adu));
    if (decoded.kind === 'known') {
      this.pending = { unit, request: decoded.request };
      return { ...seen, kind: 'request', text: describe(decoded.request) };
    }
    return { ...seen, kind: 'reply', text: `function ${functionCode}, ${adu.length} bytes` };
  }
}

/** Whether these bytes can be the reply to that request. Pure. */
function isReplyTo(request: PduRequest, adu: Uint8Array): boolean {
  const functionCode = adu[1] ?? 0;
  if (request.kind === 'read')
    return (
      functionCode === (request.table === 'holding' ? 3 : 4) &&
      adu.length === 5 + 2 * quantityOf(request)
    );
  if (request.kind === 'read-bits')
    return functionCode <= 2 && adu.length === 5 + Math.ceil(quantityOf(request) / 8);
  return functionCode >= 5 && adu.length === 8;
}
