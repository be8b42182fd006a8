/**
 * Sessions of a fast-charging hub, from a seed: the arrival shape of a public site (two peaks),
 * need, state of charge and vehicle power as in published statistics. Fields as in the reference
 * data set.
 */
import { Random } from './bench/random';

export interface HubSession {
  /** Minutes from the start of the first day. */
  readonly t_min: number;
  readonly kWh: number;
  readonly pmax_kW: number;
  readonly soc0: number;
  readonly cap_kWh: number;
}

/** Share of the day's arrivals by hour (sums to about 1). */
const BY_HOUR = [
  0.007, 0.004, 0.002, 0.002, 0.001, 0.002, 0.008, 0.027, 0.084, 0.074, 0.05, 0.046, 0.047, 0.07,
  0.059, 0.053, 0.05, 0.077, 0.11, 0.077, 0.044, 0.05, 0.03, 0.026,
];
const MEAN_kWh = 29.5;
const SPREAD_kWh = 14.6;
const LEAST_kWh = 6.7;
const MOST_kWh = 70;
/** Drivers leave at this state of charge. */
const TARGET_SOC = 0.95;
const SHARE_150_kW = 0.325;

/** Poisson arrivals over `days` days with `perDay` in the mean, in order of arrival. */
export function hubSessions(seed: number, perDay: number, days: number): readonly HubSession[] {
  const r = new Random(seed);
  const sigma = Math.sqrt(Math.log(1 + (SPREAD_kWh / MEAN_kWh) ** 2));
  const mu = Math.log(MEAN_kWh) - (sigma * sigma) / 2;
  const out: HubSession[] = [];
  for (let hour = 0; hour < 24 * days; hour += 1) {
    const rate = perDay * (BY_HOUR[hour % 24] ?? 0);
    if (rate <= 0) continue;
    for (let at = r.exponential(60 / rate); at < 60; at += r.exponential(60 / rate)) {
      const kWh = Math.min(MOST_kWh, Math.max(LEAST_kWh, Math.exp(mu + sigma * r.normal())));
      const soc0 = r.between(0.1, 0.5);
      const pmax_kW = r.chance(SHARE_150_kW) ? 150 : r.pick([50, 75, 100, 125]);
      out.push({
        t_min: hour * 60 + Math.floor(at),
        kWh: Math.round(kWh * 100) / 100,
        pmax_kW,
        soc0: Math.round(soc0 * 1000) / 1000,
        cap_kWh: Math.round((kWh / (TARGET_SOC - soc0)) * 10) / 10,
      });
    }
  }
  return out;
}

/**
 * Greatest power the vehicle takes at this state of charge: full up to 70 %, then a straight taper.
 */
export function vehiclePower_kW(session: HubSession, soc: number): number {
  const TAPER_FROM = 0.7;
  const LEAST_SHARE = 0.2;
  if (soc <= TAPER_FROM) return session.pmax_kW;
  const share = 1 - ((soc - TAPER_FROM) / (1 - TAPER_FROM)) * (1 - LEAST_SHARE);
  return session.pmax_kW * Math.max(LEAST_SHARE, share);
}
