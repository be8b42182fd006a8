/**
 * The supervisor's own decoder of the reply that brings the grid meter's energy registers; like
 * `gridFrame` it takes facts from the profile and shares no decoding code.
 */
import type { DeviceProfile, Point } from '../device';
import { payloadOf, rawNumber } from './rawValue';

export interface EnergyLayout {
  readonly unit: number;
  readonly functionCode: 3 | 4;
  readonly registers: number;
  readonly imported: Field;
  readonly exported?: Field;
}

interface Field {
  readonly offset: number;
  readonly point: Point;
  readonly exponentOffset?: number;
}

/** The layout of the read that holds `Wh_import`, or undefined if none does. Pure. */
export function energyLayout(profile: DeviceProfile, unit: number): EnergyLayout | undefined {
  for (const read of profile.reads) {
    const { address, count, table } = read.request;
    const inside = (at: number, words: number): boolean =>
      at >= address && at + words <= address + count;
    const field = (name: string): Field | undefined => {
      const point = profile.points.get(name);
      if (point?.table !== table || !inside(point.address, point.words)) return undefined;
      const sf = point.scaleFactor;
      const base = { point, offset: (point.address - address) * 2 };
      if (sf === undefined) return base;
      return inside(sf, 1) ? { ...base, exponentOffset: (sf - address) * 2 } : undefined;
    };
    const imported = field('Wh_import');
    if (imported === undefined) continue;
    const exported = field('Wh_export');
    return {
      unit,
      functionCode: table === 'holding' ? 3 : 4,
      registers: count,
      imported,
      ...(exported === undefined ? {} : { exported }),
    };
  }
  return undefined;
}

/** Import less export, Wh; undefined when anything about the reply is wrong. Pure. */
export function decodeEnergy(layout: EnergyLayout, adu: Uint8Array): number | undefined {
  const data = payloadOf(layout, adu);
  if (data === undefined) return undefined;
  const imported = valueOf(layout.imported, data);
  const exported = layout.exported === undefined ? 0 : valueOf(layout.exported, data);
  return imported === undefined || exported === undefined ? undefined : imported - exported;
}

function valueOf(field: Field, data: DataView): number | undefined {
  const { point, offset, exponentOffset } = field;
  const exponent = exponentOffset === undefined ? 0 : data.getInt16(exponentOffset);
  const raw = rawNumber(point, data, offset);
  if (raw === undefined || Math.abs(exponent) > 10) return undefined;
  if (point.missing.some((m) => Number(m) === raw)) return undefined;
  const value = (raw * point.scale * 10 ** exponent + point.offset) * point.sign;
  return Number.isFinite(value) ? value : undefined;
}
