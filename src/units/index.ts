/**
 * units — physical quantities as branded numbers, and three-phase values.
 *
 * Decides: what a well-formed quantity is (finite, and for magnitudes not negative).
 * Must never: let NaN or an infinity become a quantity; know about devices or limits.
 * Sign convention: positive power flows INTO the site busbar (grid import, BESS discharge, PV
 * generation). A load is a positive consumption that is subtracted.
 */

/** Active power in W. */
export type Watts = number & { readonly unit: 'W' };
/** Apparent power in VA, never negative. */
export type VoltAmps = number & { readonly unit: 'VA' };
/** Current in A (true RMS; negative only where a device reports direction by sign). */
export type Amps = number & { readonly unit: 'A' };
/** Phase-to-neutral voltage in V. */
export type Volts = number & { readonly unit: 'V' };
/** Energy in Wh. */
export type WattHours = number & { readonly unit: 'Wh' };
/** A length of time in ms. */
export type Millis = number & { readonly unit: 'ms' };
/** A share between 0 and 1. */
export type Fraction = number & { readonly unit: 'fraction' };

export const PHASES = ['L1', 'L2', 'L3'] as const;
export type Phase = (typeof PHASES)[number];
/** One value for each of L1, L2, L3, in this order. */
export type ThreePhase<T> = readonly [T, T, T];

function finite(value: number, name: string): number {
  if (!Number.isFinite(value)) throw new RangeError(`${name} must be finite, got ${String(value)}`);
  return value;
}

/** Brands a finite number as active power in W. Throws RangeError otherwise. Pure. */
export const watts = (value: number): Watts => finite(value, 'power') as Watts;
/** Brands a finite number as current in A. Throws RangeError otherwise. Pure. */
export const amps = (value: number): Amps => finite(value, 'current') as Amps;
/** Brands a finite number as voltage in V. Throws RangeError otherwise. Pure. */
export const volts = (value: number): Volts => finite(value, 'voltage') as Volts;
/** Brands a finite number as energy in Wh. Throws RangeError otherwise. Pure. */
export const wattHours = (value: number): WattHours => finite(value, 'energy') as WattHours;

/** Brands a finite number >= 0 as apparent power in VA. Throws RangeError otherwise. Pure. */
export function voltAmps(value: number): VoltAmps {
  if (finite(value, 'apparent power') < 0) throw new RangeError('apparent power is never negative');
  return value as VoltAmps;
}

/** Brands a finite number >= 0 as a length of time in ms. Throws RangeError otherwise. Pure. */
export function millis(value: number): Millis {
  if (finite(value, 'a length of time') < 0) throw new RangeError('a length of time is >= 0');
  return value as Millis;
}

/** Brands a number in [0, 1]. Throws RangeError otherwise. Pure. */
export function fraction(value: number): Fraction {
  if (finite(value, 'a fraction') < 0 || value > 1) throw new RangeError('a fraction is in [0, 1]');
  return value as Fraction;
}

/** Applies `f` to each phase. Pure. */
export function mapPhases<A, B>(v: ThreePhase<A>, f: (x: A, i: 0 | 1 | 2) => B): ThreePhase<B> {
  return [f(v[0], 0), f(v[1], 1), f(v[2], 2)];
}

/** Sum over the three phases. Pure. */
export const sumPhases = (v: ThreePhase<number>): number => v[0] + v[1] + v[2];
/** Greatest of the three phases. Pure. */
export const maxPhase = (v: ThreePhase<number>): number => Math.max(v[0], v[1], v[2]);
/** The same value on each phase. Pure. */
export const evenly = <T>(value: T): ThreePhase<T> => [value, value, value];
