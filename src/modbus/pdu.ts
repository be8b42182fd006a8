/** The request vocabulary: what a client may ask of a unit, without bytes. */

/** Reads 16-bit registers (FC3 holding, FC4 input). `address` is the protocol address, 0-based. */
export interface ReadRequest {
  readonly kind: 'read';
  readonly table: 'holding' | 'input';
  /** 0..65535; address + count <= 65536. */
  readonly address: number;
  /** 1..125 registers. */
  readonly count: number;
}

/** Reads single bits (FC1 coils, FC2 discrete inputs). */
export interface ReadBitsRequest {
  readonly kind: 'read-bits';
  readonly table: 'coil' | 'discrete';
  readonly address: number;
  /** 1..2000 bits. */
  readonly count: number;
}

/** Writes holding registers: FC16, or FC6 when `single` (then exactly one value). */
export interface WriteRequest {
  readonly kind: 'write';
  readonly address: number;
  /** 1..123 words of 0..65535; 32-bit values are already split in the device's word order. */
  readonly values: readonly number[];
  readonly single?: boolean;
}

/** Writes one coil (FC5). */
export interface WriteCoilRequest {
  readonly kind: 'write-coil';
  readonly address: number;
  readonly value: boolean;
}

/** Every request the client side can send. Anything else on a wire is a foreign request. */
export type PduRequest = ReadRequest | ReadBitsRequest | WriteRequest | WriteCoilRequest;

/** Function codes spoken here. MODBUS Application Protocol V1.1b3, clause 6. */
export const FUNCTION_CODE = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHolding: 3,
  readInput: 4,
  writeCoil: 5,
  writeSingle: 6,
  writeMultiple: 16,
} as const;
export type FunctionCode = (typeof FUNCTION_CODE)[keyof typeof FUNCTION_CODE];

/** Exception codes a server may answer with. MODBUS Application Protocol V1.1b3, clause 7. */
export const EXCEPTION_CODE = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
  acknowledge: 5,
  busy: 6,
  gatewayPath: 10,
  gatewayTarget: 11,
} as const;

/** Greatest quantities of one request. MODBUS Application Protocol V1.1b3, clauses 6.1 to 6.12. */
export const MAX_READ_REGISTERS = 125;
export const MAX_WRITE_REGISTERS = 123;
export const MAX_READ_BITS = 2000;
/** Greatest PDU and RTU ADU in bytes. MODBUS over Serial Line V1.02, clause 2.5.1. */
export const MAX_PDU_BYTES = 253;
export const MAX_RTU_ADU_BYTES = 256;

/** Function code that carries the request. Pure. */
export function functionCodeOf(request: PduRequest): FunctionCode {
  switch (request.kind) {
    case 'read':
      return request.table === 'holding' ? FUNCTION_CODE.readHolding : FUNCTION_CODE.readInput;
    case 'read-bits':
      return request.table === 'coil' ? FUNCTION_CODE.readCoils : FUNCTION_CODE.readDiscreteInputs;
    case 'write':
      return request.single === true ? FUNCTION_CODE.writeSingle : FUNCTION_CODE.writeMultiple;
    case 'write-coil':
      return FUNCTION_CODE.writeCoil;
  }
}

/** Whether the request changes something on the device. Pure. */
export const isWrite = (request: PduRequest): boolean =>
  request.kind === 'write' || request.kind === 'write-coil';

/** Registers or bits the request covers. Pure. */
export function quantityOf(request: PduRequest): number {
  if (request.kind === 'write') return request.values.length;
  return request.kind === 'write-coil' ? 1 : request.count;
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff;

/** Why the request must not be put on a wire, in words; undefined when it is well formed. Pure. */
export function malformed(request: PduRequest): string | undefined {
  const quantity = quantityOf(request);
  if (!isWord(request.address)) return `address ${request.address} is outside 0..65535`;
  const greatest =
    request.kind === 'read'
      ? MAX_READ_REGISTERS
      : request.kind === 'read-bits'
        ? MAX_READ_BITS
        : MAX_WRITE_REGISTERS;
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > greatest)
    return `quantity ${quantity} is outside 1..${greatest}`;
  if (request.address + quantity > 0x10000)
    return `address ${request.address} + ${quantity} runs past 65535`;
  if (request.kind === 'write') {
    if (request.single === true && quantity !== 1) return 'function code 6 writes exactly one word';
    const bad = request.values.find((value) => !isWord(value));
    if (bad !== undefined) return `value ${bad} is not a 16-bit word`;
  }
  return undefined;
}

/** The request in a few words for logs: "read holding 40070+10". Pure. */
export function describe(request: PduRequest): string {
  switch (request.kind) {
    case 'read':
    case 'read-bits':
      return `read ${request.table} ${request.address}+${request.count}`;
    case 'write':
      return `write holding ${request.address}=[${request.values.join(' ')}]`;
    case 'write-coil':
      return `write coil ${request.address}=${request.value ? 'on' : 'off'}`;
  }
}
