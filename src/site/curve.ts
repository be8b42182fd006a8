/**
 * Trip curves: the earliest trip time of the installed device, and the trip integral D.
 *
 * Only guaranteed non-trip points count; between two points the next worse point counts
 * (SAFETY.md "Curve"). D = integral of dt / t_min(I), with memory: it never falls by itself
 * unless a cooling constant is declared, and then only below 1.0 of the setting.
 */
export interface CurvePoint {
  /** Multiple of the rated current. */
  readonly ratio: number;
  /** The device holds this current at least so long, s. */
  readonly hold_s: number;
}

export interface Curve {
  readonly rating_A: number;
  /** Rising in ratio, falling in time; the last point is the instantaneous region. */
  readonly points: readonly CurvePoint[];
  readonly cooling_s?: number;
  readonly name: string;
}

export type CurvePreset = 'iec60898-B' | 'iec60898-C' | 'iec60898-D' | 'iec60947-2';

/** Time counted beyond the last guaranteed point: the device may trip within one half wave. */
const BEYOND_s = 0.01;

/**
 * Guaranteed non-trip points. IEC 60898-1 table 7: 1.13 In for 1 h (2 h above 63 A), 2.55 In for
 * 1 s, lower edge of the instantaneous band 3/5/10 In for 0.1 s. IEC 60947-2 table 6: 1.05 In.
 */
export function presetCurve(preset: CurvePreset, rating_A: number): Curve {
  const long_s = rating_A > 63 ? 7200 : 3600;
  if (preset === 'iec60947-2') {
    return { name: preset, rating_A, points: [{ ratio: 1.05, hold_s: long_s }] };
  }
  const instantaneous = preset === 'iec60898-B' ? 3 : preset === 'iec60898-C' ? 5 : 10;
  return {
    name: preset,
    rating_A,
    points: [
      { ratio: 1.13, hold_s: long_s },
      { ratio: 2.55, hold_s: 1 },
      { ratio: instantaneous, hold_s: 0.1 },
    ],
  };
}

/** Earliest trip time in s at `current_A` (true RMS); Infinity up to the rated current. Pure. */
export function earliestTrip_s(curve: Curve, current_A: number): number {
  const ratio = current_A / curve.rating_A;
  if (ratio <= 1) return Infinity;
  for (const point of curve.points) if (ratio <= point.ratio) return point.hold_s;
  return BEYOND_s;
}

/** D after `dt_s` more at `current_A`. Pure. */
export function advanceTrip(curve: Curve, d: number, current_A: number, dt_s: number): number {
  const t = earliestTrip_s(curve, current_A);
  if (t === Infinity)
    return curve.cooling_s === undefined ? d : d * Math.exp(-dt_s / curve.cooling_s);
  return d + dt_s / t;
}

/** Greatest current in A that may flow for `duration_s` with D <= `d_max`, from D = 0. Pure. */
export function permissible_A(curve: Curve, duration_s: number, d_max: number): number {
  let best = curve.rating_A;
  for (const p of curve.points) {
    if (duration_s / p.hold_s <= d_max) best = Math.max(best, p.ratio * curve.rating_A);
  }
  return best;
}
