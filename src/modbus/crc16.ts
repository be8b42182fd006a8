/** CRC-16/MODBUS. MODBUS over Serial Line V1.02, clause 6.2.2; polynomial 0xA001 reflected. */

const TABLE = /* @__PURE__ */ buildTable();

function buildTable(): Uint16Array {
  const table = new Uint16Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}

/** CRC over `bytes[start..end)`, 0..65535; sent low byte first. Pure. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0xffff;
  for (let i = start; i < end; i += 1) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  }
  return crc;
}

/** Whether `bytes[start..end)` ends with the CRC of what stands before it. Pure. */
export function crcHolds(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  if (end - start < 4) return false;
  const crc = crc16(bytes, start, end - 2);
  return bytes[end - 2] === (crc & 0xff) && bytes[end - 1] === crc >>> 8;
}

/** RTU ADU of a unit and a PDU: unit, PDU, CRC. Pure. */
export function wrapPdu(unit: number, pdu: Uint8Array): Uint8Array {
  const adu = new Uint8Array(pdu.length + 3);
  adu[0] = unit;
  adu.set(pdu, 1);
  const crc = crc16(adu, 0, pdu.length + 1);
  adu[pdu.length + 1] = crc & 0xff;
  adu[pdu.length + 2] = crc >>> 8;
  return adu;
}

/** PDU inside an RTU ADU (a view, no copy). Pure. */
export const unwrapPdu = (adu: Uint8Array): Uint8Array => adu.subarray(1, adu.length - 2);
