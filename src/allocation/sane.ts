/** Numbers from outside: anything that cannot be true becomes the caller's worst case. */

/** `value` where it is finite, else `worst`. Pure. */
export const finiteOr = (value: number | undefined, worst: number): number =>
  value !== undefined && Number.isFinite(value) ? value : worst;

/** `value` where it is finite and >= 0, else `worst`. Pure. */
export const positiveOr = (value: number | undefined, worst: number): number =>
  value !== undefined && Number.isFinite(value) && value >= 0 ? value : worst;

/** Pure. */
export const clamp = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value;

/** One decimal, for reasons. Pure. */
export const one = (value: number): string => String(Math.round(value * 10) / 10);

/** W as kW with one decimal, for reasons. Pure. */
export const kW = (value: number): string => `${one(value / 1000)} kW`;
