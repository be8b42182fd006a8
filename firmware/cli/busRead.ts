import {
  decodeBess,
  decodeMeter,
  decodePv,
  decodeRaw,
  parseProfile,
  profileById,
  readPlan,
  readPoint,
  type RegisterBlock,
} from '../../src/device';
import type { BusResult, ReadRequest } from '../../src/modbus';
import type { Instant } from '../../src/time';
import type { BusSession } from './busSession';

const WORDS = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
} as const;
export type NumberType = keyof typeof WORDS;
export const isNumberType = (text: string): text is NumberType => Object.hasOwn(WORDS, text);

/** Values of registers as one number type after the other. Pure. */
export function valuesOf(
  registers: readonly number[],
  type: NumberType,
  order: 'hi-lo' | 'lo-hi',
): string[] {
  const values: string[] = [];
  for (let at = 0; at + WORDS[type] <= registers.length; at += WORDS[type])
    values.push(String(decodeRaw(type, registers, at, order)));
  return values;
}

const failure = (result: BusResult & { ok: false }): string => `${result.reason}: ${result.text}`;

/** Raw registers of one read. */
export async function readRaw(
  session: BusSession,
  unit: number,
  request: ReadRequest,
): Promise<{ readonly registers: readonly number[] } | { readonly why: string }> {
  const result = await session.ask(unit, request);
  return result.ok ? { registers: result.registers } : { why: failure(result) };
}

export interface ProfileReading {
  readonly reading: unknown;
  readonly points: Readonly<Record<string, number | string>>;
  /** Reads that failed, in words. */
  readonly failed: readonly string[];
}

/** Everything a profile reads of a unit, decoded; undefined for an unknown profile. */
export async function readByProfile(
  session: BusSession,
  unit: number,
  id: string,
  now: () => Instant,
): Promise<ProfileReading | undefined> {
  const data = profileById(id);
  const parsed = data === undefined ? undefined : parseProfile(data);
  if (parsed?.ok !== true) return undefined;
  const { profile } = parsed;
  const image: RegisterBlock[] = [];
  const failed: string[] = [];
  for (const { request } of readPlan(profile)) {
    const { table, address, count } = request;
    const result = await session.ask(unit, request);
    if (result.ok) image.push({ table, address, values: result.registers });
    else failed.push(`${table} ${address}+${count}: ${failure(result)}`);
  }
  const decode = { Meter: decodeMeter, Bess: decodeBess, PvInverter: decodePv }[profile.nature];
  const points: Record<string, number | string> = {};
  for (const [name, point] of profile.points) {
    if (point.type === 'string') continue;
    const value = readPoint(profile, name, image);
    points[name] = value.ok ? value.value : value.reason;
  }
  return { reading: decode(profile, image, now()), points, failed };
}
