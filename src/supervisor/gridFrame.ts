/**
 * The supervisor's own decoder of the raw grid-meter reply: CRC, unit, byte count and the few
 * values
 * it needs. It shares no code with `modbus` or with the decoding half of `device`; of the profile
 * it
 * takes facts only (addresses, types, scales).
 */
import type { DeviceProfile, Point } from '../device';
import { payloadOf, rawNumber } from './rawValue';

type ValueName = 'W_L1' | 'W_L2' | 'W_L3' | 'A_L1' | 'A_L2' | 'A_L3';
const NAMES: readonly ValueName[] = ['W_L1', 'W_L2', 'W_L3', 'A_L1', 'A_L2', 'A_L3'];

interface Field {
  readonly name: ValueName;
  /** Byte offset of the value inside the data part of the reply. */
  readonly offset: number;
  readonly point: Point;
  /** Byte offset of the exponent register, where there is one. */
  readonly exponentOffset?: number;
}

/** Where the values lie in the reply to the meter's cyclic read. */
export interface GridLayout {
  readonly unit: number;
  readonly functionCode: 3 | 4;
  readonly registers: number;
  readonly fields: readonly Field[];
}

export interface GridFrame {
  /** Import positive, W. */
  readonly power_W: readonly [number, number, number];
  readonly current_A: readonly [number, number, number];
}

/** The layout of the cyclic read that holds all six values, or undefined if none does. Pure. */
export function gridLayout(profile: DeviceProfile, unit: number): GridLayout | undefined {
  for (const read of profile.reads) {
    if (read.every !== 'cycle') continue;
    const { address, count, table } = read.request;
    const inside = (at: number, words: number): boolean =>
      at >= address && at + words <= address + count;
    const fields: Field[] = [];
    for (const name of NAMES) {
      const point = profile.points.get(name);
      if (point?.table !== table) continue;
      if (!inside(point.address, point.words)) continue;
      const field = { name, point, offset: (point.address - address) * 2 };
      const sf = point.scaleFactor;
      if (sf === undefined) fields.push(field);
      else if (inside(sf, 1)) fields.push({ ...field, exponentOffset: (sf - address) * 2 });
    }
    if (fields.length === NAMES.length) {
      return { unit, functionCode: table === 'holding' ? 3 : 4, registers: count, fields };
    }
  }
  return undefined;
}

/** Decodes one raw reply (RTU ADU); undefined when anything about it is wrong. Pure. */
export function decodeGridFrame(layout: GridLayout, adu: Uint8Array): GridFrame | undefined {
  const data = payloadOf(layout, adu);
  if (data === undefined) return undefined;
  const values = new Map<ValueName, number>();
  for (const field of layout.fields) {
    const value = fieldValue(field, data);
    if (value === undefined) return undefined;
    values.set(field.name, value);
  }
  const of = (name: ValueName): number => values.get(name) ?? Number.NaN;
  return {
    power_W: [of('W_L1'), of('W_L2'), of('W_L3')],
    current_A: [Math.abs(of('A_L1')), Math.abs(of('A_L2')), Math.abs(of('A_L3'))],
  };
}

function fieldValue(field: Field, data: DataView): number | undefined {
  const { point, offset } = field;
  const exponent = field.exponentOffset === undefined ? 0 : data.getInt16(field.exponentOffset);
  if (exponent < -10 || exponent > 10) return undefined;
  const raw = rawNumber(point, data, offset);
  if (raw === undefined || point.missing.some((m) => Number(m) === raw)) return undefined;
  const value = (raw * point.scale * 10 ** exponent + point.offset) * point.sign;
  return Number.isFinite(value) ? value : undefined;
}
