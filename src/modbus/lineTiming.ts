/** Times on an RS-485 line. MODBUS over Serial Line V1.02, clauses 2.5.1 and 2.5.1.1. */

/** Start bit, 8 data bits, parity or second stop bit, stop bit: always 11 (clause 2.5.1). */
export const BITS_PER_CHARACTER = 11;

/** Time of one character at `baud`, ms. Pure. */
export const character_ms = (baud: number): number => (BITS_PER_CHARACTER * 1000) / baud;

/**
 * The silence t3.5 that ends a frame, ms: 3.5 characters, fixed at 1.75 ms above 19200 baud
 * (clause 2.5.1.1). Pure.
 */
export const silence_ms = (baud: number): number =>
  baud > 19200 ? 1.75 : 3.5 * character_ms(baud);

/** Time of `bytes` characters at `baud`, ms. Pure. */
export const wire_ms = (baud: number, bytes: number): number => bytes * character_ms(baud);

/** Shortest compliant time of one read of `count` registers, ms: zero turnaround. Pure. */
export const readCycle_ms = (baud: number, count: number): number =>
  wire_ms(baud, 8 + 5 + 2 * count) + 2 * silence_ms(baud);
