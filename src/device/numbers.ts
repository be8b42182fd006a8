import type { RegisterType, WordOrder } from './profile';
import type { SunspecType } from './sunspec/modelData';

/** Registers of one value, by type; a string's length is data. Pure. */
export function wordsOf(type: RegisterType, length = 1): number {
  switch (type) {
    case 'int16':
    case 'uint16':
      return 1;
    case 'int32':
    case 'uint32':
    case 'float32':
      return 2;
    case 'int64':
    case 'uint64':
      return 4;
    case 'string':
      return length;
  }
}

/** The number type behind a SunSpec type. Pure. */
export function typeOfSunspec(type: SunspecType): RegisterType {
  switch (type) {
    case 'int16':
    case 'sunssf':
      return 'int16';
    case 'uint16':
    case 'acc16':
    case 'enum16':
    case 'bitfield16':
    case 'count':
      return 'uint16';
    case 'int32':
      return 'int32';
    case 'uint32':
    case 'acc32':
    case 'enum32':
    case 'bitfield32':
      return 'uint32';
    case 'uint64':
    case 'acc64':
      return 'uint64';
    case 'float32':
      return 'float32';
    case 'string':
      return 'string';
  }
}

/**
 * Raw values that SunSpec reserves for "not implemented" (SunSpec Device Information Model
 * Specification, "Data types"). Every NaN of a float32 is one, so none is listed. Pure.
 */
export function notImplemented(type: SunspecType): readonly (number | bigint)[] {
  switch (type) {
    case 'int16':
    case 'sunssf':
      return [-0x8000];
    case 'uint16':
    case 'enum16':
    case 'bitfield16':
    case 'count':
      return [0xffff];
    case 'int32':
      return [-0x80000000];
    case 'uint32':
    case 'enum32':
    case 'bitfield32':
      return [0xffffffff];
    case 'uint64':
      return [0xffffffffffffffffn];
    case 'acc16':
    case 'acc32':
      return [0];
    case 'acc64':
      return [0n];
    case 'float32':
    case 'string':
      return [];
  }
}

const signed = (raw: number, bits: 16 | 32): number => (bits === 16 ? (raw << 16) >> 16 : raw | 0);

function joined(words: ArrayLike<number>, at: number, count: number, order: WordOrder): bigint {
  let value = 0n;
  for (let i = 0; i < count; i += 1) {
    const word = words[order === 'hi-lo' ? at + i : at + count - 1 - i] ?? 0;
    value = (value << 16n) | BigInt(word);
  }
  return value;
}

/** Two words as one unsigned number. Pure. */
function doubleWord(words: ArrayLike<number>, at: number, order: WordOrder): number {
  const first = words[at] ?? 0;
  const second = words[at + 1] ?? 0;
  const [high, low] = order === 'hi-lo' ? [first, second] : [second, first];
  return high * 0x10000 + low;
}

/**
 * Turns bits into a float and back. One for all: it holds nothing from one call to the next, and a
 * new buffer for each register costs more than all the rest of its decoding.
 */
const FLOAT_BITS = new DataView(new ArrayBuffer(4));

function float32Of(bits: number): number {
  FLOAT_BITS.setUint32(0, bits);
  return FLOAT_BITS.getFloat32(0);
}

/**
 * Raw value of a numeric type from `words`, starting at index `at`. The words must be there. A
 * float may be NaN or infinite: the caller refuses it. Pure.
 */
export function decodeRaw(
  type: Exclude<RegisterType, 'string'>,
  words: ArrayLike<number>,
  at: number,
  order: WordOrder,
): number | bigint {
  switch (type) {
    case 'uint16':
      return words[at] ?? 0;
    case 'int16':
      return signed(words[at] ?? 0, 16);
    case 'uint32':
      return doubleWord(words, at, order);
    case 'int32':
      return signed(doubleWord(words, at, order), 32);
    case 'float32':
      return float32Of(doubleWord(words, at, order));
    case 'uint64':
      return joined(words, at, 4, order);
    case 'int64':
      return BigInt.asIntN(64, joined(words, at, 4, order));
  }
}

type RawRange = readonly [min: number, max: number];

const RAW_RANGES: Readonly<Record<Exclude<RegisterType, 'string'>, RawRange>> = {
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  int64: [-(2 ** 53), 2 ** 53],
  uint64: [0, 2 ** 53],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
};

/** Smallest and greatest raw value of an integer type; float32 gives its finite range. Pure. */
export const rawRange = (type: Exclude<RegisterType, 'string'>): RawRange => RAW_RANGES[type];

/** Apart from the check: inside it the number is written out on the way of good values, too. */
const unfit = (raw: number, what: string): RangeError => new RangeError(`${raw} ${what}`);

/** Big-endian words of an integer in two's complement. Exact: no raw value passes 2 ** 53. */
function integerWords(raw: number, count: number): number[] {
  const words = new Array<number>(count);
  let rest = raw;
  for (let i = count - 1; i >= 0; i -= 1) {
    const above = Math.floor(rest / 0x10000);
    words[i] = rest - above * 0x10000;
    rest = above;
  }
  return words;
}

function float32Words(raw: number): number[] {
  FLOAT_BITS.setFloat32(0, raw);
  return [FLOAT_BITS.getUint16(0), FLOAT_BITS.getUint16(2)];
}

/**
 * Words of a raw value. Integer types take integers inside `rawRange`; otherwise RangeError, since
 * the caller has checked it. Pure.
 */
export function encodeRaw(
  type: Exclude<RegisterType, 'string'>,
  raw: number,
  order: WordOrder,
): number[] {
  const range = rawRange(type);
  if (!(raw >= range[0] && raw <= range[1])) throw unfit(raw, `does not fit ${type}`);
  if (type !== 'float32' && !Number.isInteger(raw)) throw unfit(raw, 'is no integer');
  const words = type === 'float32' ? float32Words(raw) : integerWords(raw, wordsOf(type));
  return order === 'hi-lo' ? words : words.reverse();
}

/** Text of a string point: two characters a word, cut at the first NUL, spaces trimmed. Pure. */
export function decodeText(words: ArrayLike<number>, at: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i += 1) {
    const word = words[at + i] ?? 0;
    text += String.fromCharCode(word >> 8, word & 0xff);
  }
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
}

/** Words of a text, padded with NUL to `count` words; longer texts are cut. Pure. */
export function encodeText(text: string, count: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => ((text.charCodeAt(2 * i) || 0) << 8) | (text.charCodeAt(2 * i + 1) || 0),
  );
}
