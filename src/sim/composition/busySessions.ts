import type { Instant } from '../../time';
import { later } from '../../time';
import { generateSessions, type SimSession, type SimStationConfig } from '../stations';

/**
 * Sessions of a busy car park: a vehicle at nearly every station, more demand than the connection
 * carries, three-phase cars with 32 and 16 A and one single-phase car in four; DC stations as they
 * come. Seeded. Pure.
 */
export function busySessions(
  stations: readonly SimStationConfig[],
  plan: { readonly seed: number; readonly from: Instant; readonly horizon_ms: number },
): readonly SimSession[] {
  const sessions = generateSessions(stations, {
    seed: plan.seed,
    from: plan.from,
    to: later(plan.from, plan.horizon_ms),
    first_ms: 6000,
    gap_ms: 300_000,
  });
  return sessions.map((session): SimSession => {
    const index = stations.findIndex((s) => s.id === session.station);
    const { vehicle } = session;
    const need_Wh = vehicle.need_Wh + 25_000;
    if (stations[index]?.kind === 'dc') return { ...session, vehicle: { ...vehicle, need_Wh } };
    if (index % 4 === 3) return { ...session, vehicle: { ...vehicle, phases: 1 } };
    const max_A = index % 2 === 0 ? 32 : 16;
    return { ...session, vehicle: { ...vehicle, phases: 3, rotation: 0, max_A, need_Wh } };
  });
}
