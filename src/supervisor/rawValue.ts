/** Raw replies and raw numbers, decoded by the supervisor's own code. */
import type { Point } from '../device';

/** CRC-16/MODBUS, bit by bit; small rather than fast. MODBUS over Serial Line V1.02, 6.2.2. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** The data part of one RTU reply; undefined when length, unit, function or CRC are wrong. Pure. */
export function payloadOf(
  expected: { readonly unit: number; readonly functionCode: number; readonly registers: number },
  adu: Uint8Array,
): DataView | undefined {
  const bytes = expected.registers * 2;
  if (adu.length !== bytes + 5) return undefined;
  if (adu[0] !== expected.unit || adu[1] !== expected.functionCode || adu[2] !== bytes) {
    return undefined;
  }
  const sent = (adu[adu.length - 2] ?? 0) | ((adu[adu.length - 1] ?? 0) << 8);
  if (crc16(adu.subarray(0, -2)) !== sent) return undefined;
  return new DataView(adu.buffer, adu.byteOffset + 3, bytes);
}

/** The number at byte `at`, in the type and word order of the point. Pure. */
export function rawNumber(point: Point, data: DataView, at: number): number | undefined {
  if (at + 2 * point.words > data.byteLength) return undefined;
  if (point.words > 4 || WORDS[point.type] > point.words) return undefined;
  if (point.wordOrder !== 'lo-hi') return numberAt(point.type, data, at);
  const turned = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < point.words; i += 1) {
    turned.setUint16(2 * i, data.getUint16(at + 2 * (point.words - 1 - i)));
  }
  return numberAt(point.type, turned, 0);
}

const WORDS: Readonly<Record<Point['type'], number>> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  string: 0,
};

function numberAt(type: Point['type'], view: DataView, at: number): number | undefined {
  switch (type) {
    case 'int16':
      return view.getInt16(at);
    case 'uint16':
      return view.getUint16(at);
    case 'int32':
      return view.getInt32(at);
    case 'uint32':
      return view.getUint32(at);
    case 'float32':
      return view.getFloat32(at);
    case 'int64':
      return Number(view.getBigInt64(at));
    case 'uint64':
      return Number(view.getBigUint64(at));
    case 'string':
      return undefined;
  }
}
