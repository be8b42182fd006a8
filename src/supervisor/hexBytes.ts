/** Value of one hexadecimal digit; anything else counts 0 and fails the checksum. */
function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const small = code | 32;
  return small >= 97 && small <= 102 ? small - 87 : 0;
}

/** The bytes of a raw reply as it stands in a record. Pure. */
export function hexBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(hex.length / 2));
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = 16 * nibble(hex.charCodeAt(2 * i)) + nibble(hex.charCodeAt(2 * i + 1));
  }
  return bytes;
}
