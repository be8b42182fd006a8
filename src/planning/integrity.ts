/**
 * Whether the optimisation does what it says: realised cost, peak and cycles against the plan and
 * against doing nothing, and a watch on the bias of forecasts.
 *
 * Bias watch: daily mean errors, standardised by those of the past, go through a two-sided CUSUM.
 * The smallest detectable bias is what it finds within seven days, computed from past errors alone.
 */

/** Days within which a bias must be found. */
export const DETECT_days = 7;
/** Days of past errors that are looked at, and least before the watch speaks. */
const PAST_days = 60;
const LEAST_days = 14;
/** CUSUM allowance in standard deviations. */
const ALLOWANCE = 0.5;
/** Threshold: errors of the weather come in rows; measured on a year of them in the benchmark. */
const THRESHOLD = 8;
/** Errors further out than this many deviations count as this: one odd day is no bias. */
const CLIP = 4;

export interface BiasWatch {
  readonly past: readonly number[];
  readonly up: number;
  readonly down: number;
  readonly alarm: boolean;
}

export const NO_BIAS_WATCH: BiasWatch = { past: [], up: 0, down: 0, alarm: false };

interface Spread {
  readonly centre: number;
  readonly deviation: number;
}

/**
 * Median, and the greater of two robust deviations: that of the middle, and that of the outer days,
 * because errors of the weather come in heavy tails. Both are 1 for a normal distribution.
 */
function spread(values: readonly number[]): Spread {
  const centre = median(values);
  const apart = values.map((v) => Math.abs(v - centre)).sort((a, b) => a - b);
  const middle = 1.4826 * median(apart);
  const outer = (apart[Math.floor(0.9 * (apart.length - 1))] ?? 0) / 1.645;
  return { centre, deviation: Math.max(middle, outer, 1e-9) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const right = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? right : ((sorted[middle - 1] ?? right) + right) / 2;
}

/** Takes the mean error of one day (measured less forecast). NaN: no such day. Pure. */
export function nextBiasWatch(watch: BiasWatch, error: number): BiasWatch {
  if (!Number.isFinite(error)) return watch;
  if (watch.past.length < LEAST_days) {
    return { past: [...watch.past, error], up: 0, down: 0, alarm: false };
  }
  const { centre, deviation } = spread(watch.past);
  const z = Math.max(-CLIP, Math.min(CLIP, (error - centre) / deviation));
  const up = Math.max(0, watch.up + z - ALLOWANCE);
  const down = Math.max(0, watch.down - z - ALLOWANCE);
  const alarm = up > THRESHOLD || down > THRESHOLD;
  // While something builds up it must not become the new normal.
  const learns = up < THRESHOLD / 2 && down < THRESHOLD / 2;
  const past = learns ? [...watch.past, error].slice(-PAST_days) : watch.past;
  return { past, up, down, alarm };
}

/** Nineteen of twenty times the noise of seven days is smaller than this many deviations. */
const NOISE = 1.64;

/**
 * Smallest constant bias that the watch finds within seven days in nineteen of twenty cases, in the
 * unit of the errors; undefined while there is too little past. Pure.
 */
export function detectableBias(watch: BiasWatch): number | undefined {
  if (watch.past.length < LEAST_days) return undefined;
  const { deviation } = spread(watch.past);
  const climb = (THRESHOLD + NOISE * Math.sqrt(DETECT_days)) / DETECT_days;
  return (ALLOWANCE + climb) * deviation;
}

export interface Realised {
  readonly cost: number;
  readonly peak_kW: number;
  readonly cycles: number;
  readonly exported_kWh: number;
}

export interface IntegrityCaps {
  readonly cyclesPerDay: number;
  readonly exportPerDay_kWh: number;
}

/** Findings on one day against plan, doing nothing and caps; empty: nothing to say. Pure. */
export function integrityFindings(
  day: Realised,
  planned: { readonly cost: number } | undefined,
  nothing: { readonly cost: number; readonly peak_kW: number },
  caps: IntegrityCaps,
): readonly string[] {
  const out: string[] = [];
  if (day.cost > nothing.cost) {
    out.push(`cost ${day.cost.toFixed(2)} is above doing nothing (${nothing.cost.toFixed(2)})`);
  }
  if (planned !== undefined && day.cost > planned.cost + 0.25 * Math.abs(planned.cost)) {
    out.push(
      `cost ${day.cost.toFixed(2)} is a quarter above the plan (${planned.cost.toFixed(2)})`,
    );
  }
  if (day.peak_kW > nothing.peak_kW + 1e-6) {
    out.push(
      `peak ${day.peak_kW.toFixed(1)} kW is above doing nothing (${nothing.peak_kW.toFixed(1)} kW)`,
    );
  }
  if (day.cycles > caps.cyclesPerDay) out.push(`${day.cycles.toFixed(2)} cycles exceed the cap`);
  if (day.exported_kWh > caps.exportPerDay_kWh) {
    out.push(`${day.exported_kWh.toFixed(0)} kWh exported exceed the cap`);
  }
  return out;
}
