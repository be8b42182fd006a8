import type {
  DeviceProfile,
  EncodedSetpoint,
  EncodeRefusal,
  Point,
  ReadBackVerdict,
  RegisterImage,
  RegisterRead,
  RegisterWrite,
  SetpointWish,
} from './compiled';
import {
  chargeRating,
  dischargeRating,
  evaluate,
  fromRaw,
  meaningOf,
  toRaw,
  type ExpressionContext,
} from './expression';
import { decodeRaw, encodeRaw } from './numbers';
import type { Quantity, SetpointData, StepData } from './profile';
import { wordsAt } from './readPoint';

type Refused = EncodedSetpoint & { ok: false };
const refuse = (reason: EncodeRefusal, why: string): Refused => ({ ok: false, reason, why });

/** A point that the lint has proved to exist. Throws otherwise: the profile was never parsed. */
export function pointNamed(profile: DeviceProfile, name: string): Point {
  const point = profile.points.get(name);
  if (point === undefined) throw new Error(`${profile.id} has no point ${name}: not parsed?`);
  return point;
}

/** Least and greatest setpoint of the installed device, W. Pure. */
export function setpointRange(
  profile: DeviceProfile,
  quantity: Quantity,
): { readonly min_W: number; readonly max_W: number } {
  return quantity === 'bess-power'
    ? { min_W: -chargeRating(profile.rating), max_W: dischargeRating(profile.rating) }
    : { min_W: 0, max_W: profile.rating.power_W };
}

function rawWords(point: Point, value: number): number[] {
  if (point.type === 'string') throw new Error(`${point.name} is text and never written`);
  return encodeRaw(point.type, toRaw(point, value), point.wordOrder);
}

function frameOf(
  profile: DeviceProfile,
  step: StepData,
  context: ExpressionContext,
): RegisterWrite {
  const first = step.set[0];
  if (first === undefined) throw new Error(`${profile.id} has an empty step: not parsed?`);
  const address = pointNamed(profile, first[0]).address;
  const values = step.set.flatMap(([name, expression]) =>
    rawWords(pointNamed(profile, name), evaluate(expression, context)),
  );
  return { kind: 'write', address, values, ...(step.fc === 6 ? { single: true } : {}) };
}

/** Greatest `tag`: it fills a uint32. */
export const TAG_MAX = 0xffffffff;
/** Most registers of one read (Modbus V1.1b3, 6.3). */
const READ_MAX = 125;

/** Whether one read may take all of these registers: no gap that the profile itself never reads. */
function together(profile: DeviceProfile, read: RegisterRead, point: Point): boolean {
  const end = Math.max(read.address + read.count, point.address + point.words);
  if (point.table !== read.table || end - read.address > READ_MAX) return false;
  if (point.address <= read.address + read.count) return true;
  return profile.reads.some(
    ({ request }) =>
      request.table === read.table &&
      request.address <= read.address &&
      end <= request.address + request.count,
  );
}

/** The reads that prove a write, in address order. Pure. */
export function readBackReads(profile: DeviceProfile, data: SetpointData): RegisterRead[] {
  const names = data.readBack.equals.map(([name]) => name);
  if (data.readBack.remaining !== undefined) names.push(data.readBack.remaining);
  const points = names
    .map((name) => pointNamed(profile, name))
    .sort((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  const reads: RegisterRead[] = [];
  for (const point of points) {
    const last = reads[reads.length - 1];
    const { table, address, words } = point;
    if (last === undefined || !together(profile, last, point)) {
      reads.push({ kind: 'read', table, address, count: words });
      continue;
    }
    const end = Math.max(last.address + last.count, address + words);
    reads[reads.length - 1] = { ...last, count: end - last.address };
  }
  return reads;
}

const holds = (read: RegisterRead, point: Point): boolean =>
  read.table === point.table &&
  read.address <= point.address &&
  point.address + point.words <= read.address + read.count;

interface Expected {
  readonly point: Point;
  readonly raw: number;
}

function rawFrom(point: Point, read: RegisterRead, registers: ArrayLike<number>): number {
  if (point.type === 'string') throw new Error(`${point.name} is text`);
  return Number(decodeRaw(point.type, registers, point.address - read.address, point.wordOrder));
}

function verdict(
  read: RegisterRead,
  registers: ArrayLike<number>,
  expected: readonly Expected[],
  remaining: Point | undefined,
  ttl_s: number,
): ReadBackVerdict {
  if (registers.length !== read.count)
    return { ok: false, why: `${registers.length} registers read back, ${read.count} asked` };
  for (const { point, raw } of expected) {
    const got = rawFrom(point, read, registers);
    if (got !== raw)
      return {
        ok: false,
        why: `${point.name} reads ${fromRaw(point, got)} ${point.unit}, written ${fromRaw(point, raw)}`,
      };
  }
  if (remaining === undefined) return { ok: true };
  const left_s = fromRaw(remaining, rawFrom(remaining, read, registers));
  if (left_s <= 0 || left_s > ttl_s)
    return { ok: false, why: `lease has ${left_s} s left, granted were ${ttl_s} s` };
  return { ok: true, leaseLeft_s: left_s };
}

function encoded(
  profile: DeviceProfile,
  data: SetpointData,
  steps: readonly StepData[],
  context: ExpressionContext,
): EncodedSetpoint {
  // On clearing, points the steps do not touch keep what they had: they prove nothing.
  const written = new Map(steps.flatMap((step) => step.set.map(([name, value]) => [name, value])));
  const expected = data.readBack.equals.flatMap(([name, mirrored]): Expected[] => {
    // What no frame writes mirrors the setpoint, so it proves a write and not a clearing.
    const expression = written.get(name) ?? (steps === data.writes ? mirrored : undefined);
    if (expression === undefined) return [];
    const point = pointNamed(profile, name);
    return [{ point, raw: toRaw(point, evaluate(expression, context)) }];
  });
  const remaining =
    steps === data.writes && data.readBack.remaining !== undefined
      ? pointNamed(profile, data.readBack.remaining)
      : undefined;
  const { ttl_s } = context;
  return {
    ok: true,
    writes: steps.map((step) => frameOf(profile, step, context)),
    readBack: readBackReads(profile, data).map((read) => {
      const here = expected.filter(({ point }) => holds(read, point));
      const left = remaining !== undefined && holds(read, remaining) ? remaining : undefined;
      return { read, expect: (registers) => verdict(read, registers, here, left, ttl_s) };
    }),
    value_W: roundedValue(profile, data, context),
    ttl_s,
  };
}

/** The setpoint after rounding to the register's step, W. */
function roundedValue(
  profile: DeviceProfile,
  data: SetpointData,
  context: ExpressionContext,
): number {
  for (const step of data.writes)
    for (const [name, expression] of step.set) {
      const point = pointNamed(profile, name);
      const written = fromRaw(point, toRaw(point, evaluate(expression, context)));
      const meaning = meaningOf(expression, written, context);
      if (meaning !== undefined) return meaning;
    }
  return context.value_W;
}

/** A scale factor that is not the declared one would turn the frame into another power. */
function changedScale(
  profile: DeviceProfile,
  data: SetpointData,
  image: RegisterImage,
): string | undefined {
  for (const step of [...data.writes, ...data.clear])
    for (const [name] of step.set) {
      const point = pointNamed(profile, name);
      if (point.scaleFactor === undefined || point.declaredExponent === undefined) continue;
      const words = wordsAt(image, point.table, point.scaleFactor, 1);
      if (words === undefined) continue;
      const exponent = Number(decodeRaw('int16', words, 0, 'hi-lo'));
      if (exponent !== point.declaredExponent)
        return `${name}: scale factor is ${exponent}, the profile says ${point.declaredExponent}`;
    }
  return undefined;
}

/** The lease in the device's own terms, s; or why it cannot be given. */
function leaseSeconds(profile: DeviceProfile, ttl_ms: number): number | Refused {
  const lease = profile.data.lease;
  if (lease.mechanism === 'none') return refuse('no-lease', lease.why);
  if (!(ttl_ms > 0)) return refuse('lease-zero', 'a lease of 0 never ends on most devices');
  const [min, max] = lease.range_s;
  // Without a timeout register the device's own fixed time counts, whatever is asked.
  if (lease.timeout === undefined) {
    if (ttl_ms < min * 1000)
      return refuse('lease-out-of-range', `the device's own timeout is ${min} s at least`);
    return max;
  }
  const timeout = pointNamed(profile, lease.timeout);
  // A timeout in minutes rounds down to whole minutes: the lease is never longer than asked.
  const ttl_s = fromRaw(timeout, toRaw(timeout, ttl_ms / 1000));
  if (ttl_s < min || ttl_s > max)
    return refuse('lease-out-of-range', `${ttl_s} s asked, the device takes ${min}..${max} s`);
  return ttl_s;
}

/**
 * Frames for a setpoint with its lease, in order, and the read that proves them.
 * `image`: latest registers, to notice a scale factor that changed. Refused: no lease, a lease of
 * 0 or outside the device's range, a value outside the rating. Pure.
 */
export function encodeSetpoint(
  profile: DeviceProfile,
  wish: SetpointWish,
  image: RegisterImage = [],
): EncodedSetpoint {
  const data = profile.data.setpoints?.[wish.quantity];
  if (profile.data.lease.mechanism === 'none') return refuse('no-lease', profile.data.lease.why);
  if (data === undefined)
    return refuse('no-such-setpoint', `${profile.id} takes no ${wish.quantity}`);
  const ttl_s = leaseSeconds(profile, wish.ttl_ms);
  if (typeof ttl_s !== 'number') return ttl_s;
  const { min_W, max_W } = setpointRange(profile, wish.quantity);
  if (!(wish.value_W >= min_W && wish.value_W <= max_W))
    return refuse('value-out-of-range', `${wish.value_W} W is outside ${min_W}..${max_W} W`);
  const changed = changedScale(profile, data, image);
  if (changed !== undefined) return refuse('scale-factor-changed', changed);
  const context = { value_W: wish.value_W, ttl_s, rating: profile.rating, tag: wish.tag ?? 0 };
  return encoded(profile, data, data.writes, context);
}

/**
 * Frames that take a setpoint back: the device is then where its expired lease would leave it. The
 * read-back proves only what the frames wrote. Pure.
 */
export function clearSetpoint(profile: DeviceProfile, quantity: Quantity): EncodedSetpoint {
  const data = profile.data.setpoints?.[quantity];
  if (data === undefined) return refuse('no-such-setpoint', `${profile.id} takes no ${quantity}`);
  const lease = profile.data.lease;
  const ttl_s = lease.mechanism === 'none' ? 0 : lease.range_s[0];
  const rest_W = quantity === 'pv-limit' ? profile.rating.power_W : 0;
  const context = { value_W: rest_W, ttl_s, rating: profile.rating, tag: 0 };
  return encoded(profile, data, data.clear, context);
}
