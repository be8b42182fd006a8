import { crcHolds } from './crc16';
import { functionCodeOf, type PduRequest } from './pdu';

/** Bytes of an exception ADU: unit, function code with bit 7, code, CRC. */
export const EXCEPTION_ADU_BYTES = 5;

/** What a reply to one request must look like. */
export interface ReplyShape {
  readonly unit: number;
  readonly functionCode: number;
  /** Exact bytes of a normal reply, as an RTU ADU. */
  readonly length: number;
  /** Bytes of the ADU after unit and function code that are known beforehand. */
  readonly fixed: Uint8Array;
}

export type ReplyVerdict =
  | { readonly ok: true; readonly exception: number | undefined }
  | {
      readonly ok: false;
      readonly kind: 'crc' | 'truncated' | 'invalid-reply';
      readonly text: string;
    };

/** The shape of the reply to `request`, whose encoded form is `adu`. Pure. */
export function replyShape(unit: number, request: PduRequest, adu: Uint8Array): ReplyShape {
  const functionCode = functionCodeOf(request);
  switch (request.kind) {
    case 'read':
      return shape(unit, functionCode, 5 + 2 * request.count, Uint8Array.of(2 * request.count));
    case 'read-bits': {
      const bytes = Math.ceil(request.count / 8);
      return shape(unit, functionCode, 5 + bytes, Uint8Array.of(bytes));
    }
    case 'write':
    case 'write-coil':
      // FC5, 6 and 16 echo address and value or quantity (V1.1b3, 6.5, 6.6, 6.12).
      return shape(unit, functionCode, 8, adu.slice(2, 6));
  }
}

function shape(unit: number, functionCode: number, length: number, fixed: Uint8Array): ReplyShape {
  return { unit, functionCode, length, fixed };
}

/**
 * Length of the reply that may begin at `start`: undefined when what stands there cannot be one.
 * A beginning too short to tell counts as possible with the shorter of both lengths. Pure.
 */
export function candidateLength(
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: ReplyShape,
): number | undefined {
  if (start >= end || bytes[start] !== expected.unit) return undefined;
  if (start + 1 >= end) return EXCEPTION_ADU_BYTES;
  if (bytes[start + 1] === (expected.functionCode | 0x80)) return EXCEPTION_ADU_BYTES;
  if (bytes[start + 1] !== expected.functionCode) return undefined;
  for (let i = 0; i < expected.fixed.length && start + 2 + i < end; i += 1) {
    if (bytes[start + 2 + i] !== expected.fixed[i]) return undefined;
  }
  return expected.length;
}

/** Whether an ADU answers the request of this shape; the bytes are the whole frame. Pure. */
export function checkReply(adu: Uint8Array, expected: ReplyShape): ReplyVerdict {
  if (adu.length < EXCEPTION_ADU_BYTES) {
    return { ok: false, kind: 'truncated', text: `${adu.length} of ${expected.length} bytes` };
  }
  if (!crcHolds(adu)) {
    return adu.length < expected.length
      ? { ok: false, kind: 'truncated', text: `${adu.length} of ${expected.length} bytes` }
      : { ok: false, kind: 'crc', text: `CRC wrong over ${adu.length} bytes` };
  }
  return checkContent(adu, expected);
}

function invalid(text: string): ReplyVerdict {
  return { ok: false, kind: 'invalid-reply', text };
}

function checkContent(adu: Uint8Array, expected: ReplyShape): ReplyVerdict {
  const [unit, functionCode] = adu;
  if (unit !== expected.unit) return invalid(`unit ${unit ?? -1} answered for ${expected.unit}`);
  if (functionCode === (expected.functionCode | 0x80)) {
    return adu.length === EXCEPTION_ADU_BYTES
      ? { ok: true, exception: adu[2] ?? 0 }
      : invalid(`exception of ${adu.length} bytes`);
  }
  if (functionCode !== expected.functionCode) {
    return invalid(`function code ${functionCode ?? -1} instead of ${expected.functionCode}`);
  }
  for (let i = 0; i < expected.fixed.length; i += 1) {
    if (adu[2 + i] !== expected.fixed[i]) {
      return invalid(
        expected.fixed.length === 1
          ? `byte count ${adu[2] ?? -1} instead of ${expected.fixed[0] ?? -1}`
          : `write echo differs in byte ${2 + i}`,
      );
    }
  }
  return adu.length === expected.length
    ? { ok: true, exception: undefined }
    : invalid(`${adu.length} bytes instead of ${expected.length}`);
}

/**
 * Registers (or bits as 0/1) of a reply that `checkReply` accepted and that is no exception. For
 * the monitor and for tests; the client path uses the codec. Pure.
 */
export function decodeReplyValues(adu: Uint8Array, request: PduRequest): number[] {
  const values: number[] = [];
  if (request.kind === 'read') {
    for (let i = 0; i < request.count; i += 1) {
      values.push(((adu[3 + 2 * i] ?? 0) << 8) | (adu[4 + 2 * i] ?? 0));
    }
  } else if (request.kind === 'read-bits') {
    for (let i = 0; i < request.count; i += 1)
      values.push(((adu[3 + (i >> 3)] ?? 0) >> (i & 7)) & 1);
  }
  return values;
}
