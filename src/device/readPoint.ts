import type { DeviceProfile, Point, PointValue, RegisterBlock, RegisterImage } from './compiled';
import { decodeRaw, decodeText } from './numbers';
import type { DerivedData, Rating } from './profile';

const missing = (reason: string): PointValue => ({ ok: false, quality: 'missing', reason });
const bad = (reason: string): PointValue => ({ ok: false, quality: 'bad', reason });

/** The block that holds all `count` registers from `address`, or undefined. Pure. */
function blockWith(
  image: RegisterImage,
  table: string,
  address: number,
  count: number,
): RegisterBlock | undefined {
  for (const block of image) {
    if (block.table !== table || address < block.address) continue;
    if (address + count <= block.address + block.values.length) return block;
  }
  return undefined;
}

/** SunSpec, "sunssf": 0x8000 = not implemented; the exponent lies in -10..10. */
const EXPONENT_MAX = 10;

function exponentOf(point: Point, image: RegisterImage): number | PointValue {
  if (point.scaleFactor === undefined) return 0;
  const block = blockWith(image, point.table, point.scaleFactor, 1);
  if (block === undefined)
    return point.declaredExponent ?? missing(`${point.name}: scale factor not read`);
  const raw = decodeRaw('int16', block.values, point.scaleFactor - block.address, 'hi-lo');
  if (raw === -0x8000) return missing(`${point.name}: scale factor not implemented`);
  if (Math.abs(Number(raw)) > EXPONENT_MAX)
    return bad(`${point.name}: scale factor ${raw} outside -10..10`);
  return Number(raw);
}

/** A magnitude with the sign that a bit of another register gives it. */
function signedBy(
  profile: DeviceProfile,
  point: Point,
  flag: { readonly point: string; readonly mask: number },
  image: RegisterImage,
): PointValue {
  const state = readPoint(profile, flag.point, image);
  if (!state.ok) return state;
  const value = plainValue(point, image);
  if (!value.ok) return value;
  const magnitude = Math.abs(value.value);
  return { ok: true, value: (state.value & flag.mask) === 0 ? magnitude : -magnitude || 0 };
}

function plainValue(point: Point, image: RegisterImage): PointValue {
  if (point.type === 'string') return bad(`${point.name} is text`);
  const block = blockWith(image, point.table, point.address, point.words);
  if (block === undefined) return missing(`${point.name}: registers not read`);
  const raw = decodeRaw(point.type, block.values, point.address - block.address, point.wordOrder);
  if (point.missing.includes(raw)) return missing(`${point.name}: not implemented (${raw})`);
  const exponent = exponentOf(point, image);
  if (typeof exponent !== 'number') return exponent;
  const scaled = scaledBy(Number(raw), exponent) * point.scale + point.offset;
  if (!Number.isFinite(scaled)) return missing(`${point.name}: not a number`);
  // `|| 0` turns -0 into 0.
  return { ok: true, value: point.sign * scaled || 0 };
}

/** raw * 10^exponent without the binary error of a factor such as 0.1. Pure. */
const scaledBy = (raw: number, exponent: number): number =>
  exponent >= 0 ? raw * 10 ** exponent : raw / 10 ** -exponent;

function ratingValue(rating: Rating, key: keyof Rating): PointValue {
  const value =
    rating[key] ?? (key === 'charge_W' || key === 'discharge_W' ? rating.power_W : undefined);
  return value === undefined ? missing(`no rating ${key}`) : { ok: true, value };
}

function combined(derived: Exclude<DerivedData, { rating: unknown }>, values: number[]): number {
  if ('sum' in derived) return values.reduce((sum, value) => sum + value, 0);
  if ('product' in derived) return values.reduce((product, value) => product * value, 1);
  if ('smallest' in derived) return Math.min(...values);
  if ('difference' in derived) return (values[0] ?? 0) - (values[1] ?? 0);
  return values[0] ?? 0;
}

/** Names a derived value is made of. Pure. */
export function partsOf(derived: DerivedData): readonly string[] {
  if ('sum' in derived) return derived.sum;
  if ('product' in derived) return derived.product;
  if ('smallest' in derived) return derived.smallest;
  if ('difference' in derived) return derived.difference;
  return 'first' in derived ? derived.first : [];
}

function derivedValue(
  profile: DeviceProfile,
  derived: DerivedData,
  image: RegisterImage,
): PointValue {
  if ('rating' in derived) return ratingValue(profile.rating, derived.rating);
  const values: number[] = [];
  let failed: PointValue | undefined;
  for (const part of partsOf(derived)) {
    const value = readPoint(profile, part, image);
    if (value.ok) values.push(value.value);
    else failed ??= value;
    if (value.ok && 'first' in derived) break;
  }
  const enough = 'first' in derived ? values.length > 0 : failed === undefined;
  if (!enough) return failed ?? missing('nothing to derive it from');
  return { ok: true, value: combined(derived, values) };
}

/**
 * Value of a point or derived value in its unit and our sign. A sentinel, a scale factor that is
 * not implemented, a NaN or registers that were not read give a reason instead. Pure.
 */
export function readPoint(profile: DeviceProfile, name: string, image: RegisterImage): PointValue {
  const point = profile.points.get(name);
  if (point === undefined) {
    const derived = profile.derived.get(name);
    return derived === undefined
      ? missing(`${profile.id} has no ${name}`)
      : derivedValue(profile, derived, image);
  }
  const condition = point.validIf;
  if (condition !== undefined) {
    const state = readPoint(profile, condition.point, image);
    if (!state.ok) return state;
    if (state.value !== condition.equals)
      return condition.otherwise === undefined
        ? missing(`${name}: not in force`)
        : { ok: true, value: condition.otherwise };
  }
  return point.negativeIf === undefined
    ? plainValue(point, image)
    : signedBy(profile, point, point.negativeIf, image);
}

/** Text of a string point; undefined where it was not read or holds nothing. Pure. */
export function readText(
  profile: DeviceProfile,
  name: string,
  image: RegisterImage,
): string | undefined {
  const point = profile.points.get(name);
  if (point?.type !== 'string') return undefined;
  const block = blockWith(image, point.table, point.address, point.words);
  if (block === undefined) return undefined;
  const text = decodeText(block.values, point.address - block.address, point.words);
  return text === '' ? undefined : text;
}

/** The registers of one span out of an image, or undefined where they were not read. Pure. */
export function wordsAt(
  image: RegisterImage,
  table: string,
  address: number,
  count: number,
): readonly number[] | undefined {
  const block = blockWith(image, table, address, count);
  if (block === undefined) return undefined;
  const from = address - block.address;
  return Array.from({ length: count }, (_, i) => block.values[from + i] ?? 0);
}
