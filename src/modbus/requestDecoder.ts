import { FUNCTION_CODE, malformed, type PduRequest } from './pdu';

/** A request PDU as the guard, the monitor and the servers see it. */
export type DecodedRequest =
  | { readonly kind: 'known'; readonly functionCode: number; readonly request: PduRequest }
  /** A function code outside our vocabulary; `subFunction` for FC8 and FC43. */
  | { readonly kind: 'foreign'; readonly functionCode: number; readonly subFunction?: number }
  /** A known function code whose quantities, lengths or values break the protocol. */
  | { readonly kind: 'malformed'; readonly functionCode: number; readonly text: string };

const word = (pdu: Uint8Array, at: number): number => ((pdu[at] ?? 0) << 8) | (pdu[at + 1] ?? 0);

function wrong(functionCode: number, text: string): DecodedRequest {
  return { kind: 'malformed', functionCode, text };
}

function checked(functionCode: number, request: PduRequest): DecodedRequest {
  const text = malformed(request);
  return text === undefined ? { kind: 'known', functionCode, request } : wrong(functionCode, text);
}

function decodeWriteMultiple(pdu: Uint8Array): DecodedRequest {
  const functionCode = FUNCTION_CODE.writeMultiple;
  const count = word(pdu, 3);
  const byteCount = pdu[5] ?? 0;
  if (pdu.length < 6 || byteCount !== 2 * count || pdu.length !== 6 + byteCount) {
    return wrong(functionCode, `${count} registers, byte count ${byteCount}, ${pdu.length} bytes`);
  }
  const values: number[] = [];
  for (let i = 0; i < count; i += 1) values.push(word(pdu, 6 + 2 * i));
  return checked(functionCode, { kind: 'write', address: word(pdu, 1), values });
}

function decodeFixed(functionCode: number, address: number, value: number): DecodedRequest {
  switch (functionCode) {
    case FUNCTION_CODE.readCoils:
      return checked(functionCode, { kind: 'read-bits', table: 'coil', address, count: value });
    case FUNCTION_CODE.readDiscreteInputs:
      return checked(functionCode, { kind: 'read-bits', table: 'discrete', address, count: value });
    case FUNCTION_CODE.readHolding:
      return checked(functionCode, { kind: 'read', table: 'holding', address, count: value });
    case FUNCTION_CODE.readInput:
      return checked(functionCode, { kind: 'read', table: 'input', address, count: value });
    case FUNCTION_CODE.writeSingle:
      return checked(functionCode, { kind: 'write', address, values: [value], single: true });
    default:
      // V1.1b3, 6.5: any value but 0x0000 and 0xFF00 is illegal and changes nothing.
      return value === 0 || value === 0xff00
        ? checked(functionCode, { kind: 'write-coil', address, value: value === 0xff00 })
        : wrong(functionCode, `coil value 0x${value.toString(16)} is neither 0000 nor FF00`);
  }
}

/**
 * Decodes a request PDU of any origin. MODBUS Application Protocol V1.1b3, clause 6. Never throws;
 * an empty PDU is malformed with function code 0. Pure.
 */
export function decodeRequest(pdu: Uint8Array): DecodedRequest {
  const functionCode = pdu[0];
  if (functionCode === undefined) return wrong(0, 'empty PDU');
  if (functionCode === FUNCTION_CODE.writeMultiple) return decodeWriteMultiple(pdu);
  if (functionCode >= 1 && functionCode <= 6) {
    return pdu.length === 5
      ? decodeFixed(functionCode, word(pdu, 1), word(pdu, 3))
      : wrong(functionCode, `${pdu.length} bytes where 5 are due`);
  }
  if (functionCode === 8 && pdu.length >= 3) {
    return { kind: 'foreign', functionCode, subFunction: word(pdu, 1) };
  }
  if (functionCode === 43 && pdu.length >= 2) {
    return { kind: 'foreign', functionCode, subFunction: pdu[1] ?? 0 };
  }
  return { kind: 'foreign', functionCode };
}

/**
 * Bytes a request PDU must have given its beginning, for a receiver that frames by length;
 * undefined when the function code does not tell or more bytes are needed. Pure.
 */
export function requestLength(pdu: Uint8Array): number | undefined {
  const functionCode = pdu[0];
  if (functionCode === undefined) return undefined;
  if (functionCode >= 1 && functionCode <= 6) return 5;
  if (functionCode === 15 || functionCode === 16) {
    const byteCount = pdu[5];
    return byteCount === undefined ? undefined : 6 + byteCount;
  }
  return undefined;
}
