import { crcHolds, unwrapPdu, wrapPdu } from './crc16';
import { EXCEPTION_CODE, FUNCTION_CODE, functionCodeOf, type PduRequest } from './pdu';
import { decodeRequest } from './requestDecoder';

/**
 * The registers behind a server. Each call returns values or an exception code; addresses and
 * quantities were checked against the protocol, not against the map.
 */
export interface RegisterAccess {
  readRegisters(
    table: 'holding' | 'input',
    address: number,
    count: number,
  ): ArrayLike<number> | { readonly exception: number };
  /** undefined = done. */
  writeRegisters(
    address: number,
    values: readonly number[],
  ): { readonly exception: number } | undefined;
  readBits?(
    table: 'coil' | 'discrete',
    address: number,
    count: number,
  ): readonly boolean[] | { readonly exception: number };
  writeCoil?(address: number, value: boolean): { readonly exception: number } | undefined;
}

const exceptionPdu = (functionCode: number, code: number): Uint8Array =>
  Uint8Array.of((functionCode | 0x80) & 0xff, code);

function registersPdu(functionCode: number, values: ArrayLike<number>, count: number): Uint8Array {
  const pdu = new Uint8Array(2 + 2 * count);
  pdu[0] = functionCode;
  pdu[1] = 2 * count;
  for (let i = 0; i < count; i += 1) {
    const value = values[i] ?? 0;
    pdu[2 + 2 * i] = (value >>> 8) & 0xff;
    pdu[3 + 2 * i] = value & 0xff;
  }
  return pdu;
}

function bitsPdu(functionCode: number, bits: readonly boolean[], count: number): Uint8Array {
  const bytes = Math.ceil(count / 8);
  const pdu = new Uint8Array(2 + bytes);
  pdu[0] = functionCode;
  pdu[1] = bytes;
  for (let i = 0; i < count; i += 1) {
    if (bits[i] === true) pdu[2 + (i >> 3)] = (pdu[2 + (i >> 3)] ?? 0) | (1 << (i & 7));
  }
  return pdu;
}

function answer(request: PduRequest, requestPdu: Uint8Array, access: RegisterAccess): Uint8Array {
  const functionCode = functionCodeOf(request);
  const unsupported = { exception: EXCEPTION_CODE.illegalFunction };
  switch (request.kind) {
    case 'read': {
      const values = access.readRegisters(request.table, request.address, request.count);
      return 'exception' in values
        ? exceptionPdu(functionCode, values.exception)
        : registersPdu(functionCode, values, request.count);
    }
    case 'read-bits': {
      const bits = access.readBits?.(request.table, request.address, request.count) ?? unsupported;
      return 'exception' in bits
        ? exceptionPdu(functionCode, bits.exception)
        : bitsPdu(functionCode, bits, request.count);
    }
    case 'write': {
      const refused = access.writeRegisters(request.address, request.values);
      return refused === undefined
        ? requestPdu.slice(0, 5)
        : exceptionPdu(functionCode, refused.exception);
    }
    case 'write-coil': {
      const refused =
        access.writeCoil === undefined
          ? unsupported
          : access.writeCoil(request.address, request.value);
      return refused === undefined
        ? requestPdu.slice(0, 5)
        : exceptionPdu(functionCode, refused.exception);
    }
  }
}

/**
 * Answers a request PDU as a server: exception 1 for function codes outside the vocabulary, 3 for
 * quantities or lengths that break the protocol, else what `access` says. Effects: `access` only.
 */
export function respond(requestPdu: Uint8Array, access: RegisterAccess): Uint8Array {
  const decoded = decodeRequest(requestPdu);
  switch (decoded.kind) {
    case 'known':
      return answer(decoded.request, requestPdu, access);
    case 'foreign':
      return exceptionPdu(decoded.functionCode, EXCEPTION_CODE.illegalFunction);
    case 'malformed':
      return exceptionPdu(decoded.functionCode, EXCEPTION_CODE.illegalValue);
  }
}

/**
 * Answers an RTU ADU for one unit: null when the CRC is wrong or it is addressed to another unit.
 * A broadcast (unit 0) write is executed without an answer; MODBUS over Serial Line V1.02, 2.1.
 */
export function respondAdu(
  unit: number,
  adu: Uint8Array,
  access: RegisterAccess,
): Uint8Array | null {
  if (!crcHolds(adu) || (adu[0] !== unit && adu[0] !== 0)) return null;
  if (adu[0] === 0) {
    const isWriteCode = adu[1] === FUNCTION_CODE.writeCoil || (adu[1] ?? 0) >= 6;
    if (isWriteCode) respond(unwrapPdu(adu), access);
    return null;
  }
  return wrapPdu(unit, respond(unwrapPdu(adu), access));
}
