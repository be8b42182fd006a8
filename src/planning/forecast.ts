/**
 * Forecasts from what was measured on site, nothing else: the load from the past days that are most
 * like today so far (same kind of day, recent), the sun as scenarios of recent days. Public
 * holidays count as Sundays; a calendar knows them.
 */
import type { SiteHistory } from './types';

const HOURS = 24;
/** Load: hours compared, and days looked at. */
const LOAD_HOURS = 8;
const LOAD_DAYS = 35;
/** Distance, kW: another kind of day; each day of age; softness of the choice. */
const OTHER_KIND_kW = 15;
const OTHER_KIND_AHEAD_kW = 80;
const AGE_kW = 0.1;
const SOFTNESS_kW = 3;
const ANALOGUES = 6;
/** The present error of the load forecast fades with this factor per hour. */
const CORRECTION = 0.7;
const CORRECTION_FADE = 0.85;
/**
 * Sun: hours compared, days looked at, distance per day of age, fading of the present difference.
 */
const SUN_HOURS = 4;
const SUN_DAYS = 30;
const SUN_AGE_kW = 0.5;
const SUN_FADE = 0.75;
/** Softness of the choice among past days of sun, kW. */
const SUN_SOFTNESS_kW = 8;
/** Days whose load differs from the forecast by this share either way are among the scenarios. */
const LOAD_SPREAD = 0.1;
const NO_HISTORY_kW = 0;

interface Analogue {
  readonly offset: number;
  readonly distance: number;
}

const at = (values: ArrayLike<number>, t: number): number => (t < 0 ? NaN : (values[t] ?? NaN));

/** Weighted RMS difference of the last `hours` between now and `offset` steps ago; NaN: unknown. */
function difference(
  values: ArrayLike<number>,
  t: number,
  offset: number,
  steps: number,
  fade: number,
): number {
  let sum = 0;
  let weight = 0;
  for (let j = 1; j <= steps; j += 1) {
    const d = at(values, t - j) - at(values, t - j - offset);
    if (Number.isNaN(d)) continue;
    const w = fade ** j;
    sum += w * d * d;
    weight += w;
  }
  return weight > 0 ? Math.sqrt(sum / weight) : NaN;
}

/** Load of the next `horizon` steps, kW; step t is the first one not yet measured. Pure. */
export function forecastLoad(history: SiteHistory, t: number, horizon: number): readonly number[] {
  const plain = analogueLoad(history, t, horizon);
  const perHour = history.stepsPerDay / HOURS;
  const correction = presentError(history, t);
  return plain.map((x, k) =>
    Math.max(0, x + CORRECTION * correction * CORRECTION_FADE ** ((k + 1) / perHour)),
  );
}

/** Error of the forecasts of the last three hours, had they been made just before. */
function presentError(history: SiteHistory, t: number): number {
  const perHour = Math.max(1, Math.round(history.stepsPerDay / HOURS));
  let sum = 0;
  let weight = 0;
  for (let hour = 1; hour <= 3; hour += 1) {
    const when = t - hour * perHour;
    if (when < 2 * history.stepsPerDay) break;
    const [expected = NaN] = analogueLoad(history, when, 1);
    const error = at(history.load_kW, when) - expected;
    if (Number.isNaN(error)) continue;
    const w = 0.6 ** hour;
    sum += w * error;
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}

function analogueLoad(history: SiteHistory, t: number, horizon: number): number[] {
  const { stepsPerDay, load_kW } = history;
  const steps = Math.round((LOAD_HOURS * stepsPerDay) / HOURS);
  const fade = 0.85 ** (HOURS / stepsPerDay);
  const today = Math.floor(t / stepsPerDay);
  const kind = history.dayKind(today);
  const days: (Analogue & { readonly ago: number })[] = [];
  for (let ago = 1; ago <= LOAD_DAYS; ago += 1) {
    const offset = ago * stepsPerDay;
    const d = difference(load_kW, t, offset, steps, fade);
    if (Number.isNaN(d)) continue;
    const other = history.dayKind(today - ago) === kind ? 0 : OTHER_KIND_kW;
    days.push({ ago, offset, distance: d + AGE_kW * ago + other });
  }
  const likeToday = nearest(days);
  const out: number[] = [];
  let ahead: readonly Analogue[] = [];
  let aheadDay = today;
  for (let k = 0; k < horizon; k += 1) {
    const day = Math.floor((t + k) / stepsPerDay);
    if (day !== today && day !== aheadDay) {
      aheadDay = day;
      ahead = nearest(days.map((d) => aheadOf(history, d, today, day)));
    }
    out.push(blend(load_kW, day === today ? likeToday : ahead, t, k));
  }
  return out;
}

/** Days to come are like recent days of their kind, and a little like what today is like. */
function aheadOf(
  history: SiteHistory,
  d: Analogue & { readonly ago: number },
  today: number,
  day: number,
): Analogue {
  const kind = history.dayKind(day);
  const other = history.dayKind(day - d.ago) === kind ? 0 : OTHER_KIND_AHEAD_kW;
  const alike = history.dayKind(today) === kind ? 0.3 * Math.min(d.distance, 40) : 0;
  return { offset: d.offset, distance: 2 * AGE_kW * d.ago + other + alike };
}

const nearest = (days: readonly Analogue[]): readonly Analogue[] =>
  [...days].sort((a, b) => a.distance - b.distance).slice(0, ANALOGUES);

/** Mean of the analogues at step t + k, the nearest weighing most. */
function blend(
  values: ArrayLike<number>,
  analogues: readonly Analogue[],
  t: number,
  k: number,
): number {
  const least = analogues[0]?.distance ?? 0;
  let sum = 0;
  let weight = 0;
  for (const a of analogues) {
    const when = t + k - a.offset;
    const x = when < t ? at(values, when) : NaN;
    if (Number.isNaN(x)) continue;
    const w = Math.exp(-(a.distance - least) / SOFTNESS_kW);
    sum += w * x;
    weight += w;
  }
  return weight > 0 ? sum / weight : lastKnown(values, t);
}

function lastKnown(values: ArrayLike<number>, t: number): number {
  for (let j = 1; j <= 24 && t - j >= 0; j += 1) {
    const x = at(values, t - j);
    if (!Number.isNaN(x)) return x;
  }
  return NO_HISTORY_kW;
}

/** Scenarios of the sun for the next `horizon` steps, kW: the recent days most like now. Pure. */
export function sunScenarios(
  history: SiteHistory,
  t: number,
  horizon: number,
  count: number,
): readonly (readonly number[])[] {
  const { stepsPerDay, sun_kW } = history;
  const perHour = stepsPerDay / HOURS;
  const steps = Math.round(SUN_HOURS * perHour);
  const days: Analogue[] = [];
  for (let ago = 1; ago <= SUN_DAYS; ago += 1) {
    const d = difference(sun_kW, t, ago * stepsPerDay, steps, 0.8 ** (1 / perHour));
    if (!Number.isNaN(d)) {
      days.push({ offset: ago * stepsPerDay, distance: d + SUN_AGE_kW * ago });
    }
  }
  const picked = [...days].sort((a, b) => a.distance - b.distance).slice(0, count);
  if (picked.length === 0) return [Array.from({ length: horizon }, () => NO_HISTORY_kW)];
  return drawn(picked).map((a) =>
    Array.from({ length: horizon }, (_, k) => {
      let when = t + k - a.offset;
      while (when >= t) when -= stepsPerDay;
      const then = at(sun_kW, when);
      const base = Number.isNaN(then) ? 0 : then;
      if (base <= 1) return base;
      const gap = at(sun_kW, t - 1) - at(sun_kW, t - 1 - a.offset);
      const kept = Number.isNaN(gap) ? 0 : gap * SUN_FADE ** ((k + 1) / perHour);
      return Math.max(0, base + kept);
    }),
  );
}

/** As many as were picked, each as often as its likeness deserves. */
function drawn(picked: readonly Analogue[]): readonly Analogue[] {
  const least = picked[0]?.distance ?? 0;
  const weights = picked.map((a) => Math.exp(-(a.distance - least) / SUN_SOFTNESS_kW));
  const sum = weights.reduce((a, b) => a + b, 0);
  const out: Analogue[] = [];
  let passed = 0;
  let index = 0;
  for (let k = 0; k < picked.length; k += 1) {
    const until = ((k + 0.5) / picked.length) * sum;
    while (index < picked.length - 1 && passed + (weights[index] ?? 0) < until) {
      passed += weights[index] ?? 0;
      index += 1;
    }
    const a = picked[index];
    if (a !== undefined) out.push(a);
  }
  return out;
}

/**
 * Scenarios of the net load, kW: those of the sun, with the load low, as forecast, and high. Pure.
 */
export function netScenarios(
  history: SiteHistory,
  t: number,
  horizon: number,
  count: number,
): readonly (readonly number[])[] {
  const load = forecastLoad(history, t, horizon);
  return sunScenarios(history, t, horizon, count).map((sun, m) => {
    const share = 1 + LOAD_SPREAD * ((m % 3) - 1);
    return load.map((x, k) => x * share - (sun[k] ?? 0));
  });
}
