/**
 * Price series as they arrive: with gaps, days of 23 and 25 hours, wrong units, and second
 * opinions.
 */

/** Interval prices with the UTC instant at which each begins. */
export interface PricePoint {
  readonly start_ms: number;
  /** Per MWh. */
  readonly price: number;
}

/** Outside these a price per MWh is a wrong unit (harmonised limits of the day-ahead market). */
const PRICE_MIN = -500;
const PRICE_MAX = 5000;
/** Gaps up to this are bridged by the price before. */
const BRIDGED_ms = 3 * 3_600_000;

export interface PriceSeries {
  /** One price per step from `from_ms`; NaN where nothing is known. */
  readonly values: readonly number[];
  readonly findings: readonly string[];
}

/**
 * Lays the points on even steps of UTC time, so that days of 23 and 25 hours need no care. Gaps up
 * to three hours take the price before; longer ones stay unknown. Pure.
 */
export function priceSeries(
  points: readonly PricePoint[],
  from_ms: number,
  step_ms: number,
  steps: number,
): PriceSeries {
  const findings: string[] = [];
  const good = points.filter((p) => {
    const fine = Number.isFinite(p.start_ms) && p.price >= PRICE_MIN && p.price <= PRICE_MAX;
    return fine;
  });
  const bad = points.length - good.length;
  if (bad > 0) findings.push(`${bad} prices are outside ${PRICE_MIN}..${PRICE_MAX} per MWh`);
  const sorted = [...good].sort((a, b) => a.start_ms - b.start_ms);
  const values: number[] = [];
  let next = 0;
  let last: PricePoint | undefined;
  let missing = 0;
  for (let k = 0; k < steps; k += 1) {
    const at = from_ms + k * step_ms;
    for (; (sorted[next]?.start_ms ?? Infinity) <= at; next += 1) last = sorted[next];
    const known = last !== undefined && at - last.start_ms < BRIDGED_ms;
    if (!known) missing += 1;
    values.push(known ? (last?.price ?? NaN) : NaN);
  }
  if (missing > 0) findings.push(`${missing} of ${steps} steps have no price`);
  return { values, findings };
}

/** Unknown prices take the same step of the day before, or the mean of what is known. Pure. */
export function filledPrices(values: readonly number[], stepsPerDay: number): readonly number[] {
  const known = values.filter((v) => !Number.isNaN(v));
  const mean = known.length === 0 ? NaN : known.reduce((a, b) => a + b, 0) / known.length;
  const out: number[] = [];
  values.forEach((v, k) => out.push(Number.isNaN(v) ? (out[k - stepsPerDay] ?? mean) : v));
  return out;
}

/** Differences above this between two sources are told, per MWh. */
const SAME_PRICE = 1;

/** What a second source says about the first. Pure. */
export function crossCheck(
  first: readonly number[],
  second: readonly number[] | undefined,
): string {
  if (second === undefined) return 'prices not cross-checked';
  let compared = 0;
  let apart = 0;
  first.forEach((v, k) => {
    const other = second[k] ?? NaN;
    if (Number.isNaN(v) || Number.isNaN(other)) return;
    compared += 1;
    if (Math.abs(v - other) > SAME_PRICE) apart += 1;
  });
  if (compared === 0) return 'prices not cross-checked: the second source covers none of them';
  return apart === 0
    ? `prices agree with the second source in ${compared} steps`
    : `prices differ from the second source in ${apart} of ${compared} steps`;
}
