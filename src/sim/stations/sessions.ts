import { later } from '../../time';
import type { Instant } from '../../time';
import { between, seededRandom, seedFor } from './random';
import type { SimSession, SimStationConfig, SimVehicle } from './types';

export interface SessionPlan {
  readonly seed: number;
  readonly from: Instant;
  readonly to: Instant;
  /** Mean time between one vehicle leaving a station and the next coming. Default 15 min. */
  readonly gap_ms?: number;
  /** Mean stay. Default 90 min. */
  readonly stay_ms?: number;
  /** First vehicle at each station comes this early. Default within the first 20 s. */
  readonly first_ms?: number;
}

/**
 * Vehicles that come and go at every station, seeded. AC: a mix of one-, two- and three-phase cars
 * with rotated wiring; DC: three phases. Pure.
 */
export function generateSessions(
  stations: readonly SimStationConfig[],
  plan: SessionPlan,
): readonly SimSession[] {
  const sessions: SimSession[] = [];
  for (const station of stations) {
    const random = seededRandom(seedFor(plan.seed, `sessions ${station.id}`));
    let at = later(plan.from, between(random, 0, plan.first_ms ?? 20_000));
    while (at < plan.to) {
      const leave = later(at, between(random, 0.4, 1.6) * (plan.stay_ms ?? 5_400_000));
      sessions.push({
        station: station.id,
        plug_at: at,
        unplug_at: leave,
        vehicle: vehicleFor(station, random),
      });
      at = later(leave, between(random, 0.4, 1.6) * (plan.gap_ms ?? 900_000));
    }
  }
  return sessions;
}

function vehicleFor(station: SimStationConfig, random: () => number): SimVehicle {
  const need_Wh = Math.round(between(random, 8_000, 60_000));
  if (station.kind === 'dc') {
    return { phases: 3, rotation: 0, max_A: station.max_A, need_Wh, taperFrom: 0.8 };
  }
  const draw = random();
  const phases = draw < 0.35 ? 1 : draw < 0.45 ? 2 : 3;
  const rotation = random() < 0.34 ? 0 : random() < 0.5 ? 1 : 2;
  const max_A = phases === 3 && random() < 0.7 ? 16 : 32;
  return { phases, rotation, max_A: Math.min(max_A, station.max_A), need_Wh };
}
