/** What of a snapshot goes up to the CPO: built by name, field by field. Pure. */
import { type AlarmPayload, type StatePayload, TELEMETRY_VERSION } from '../telemetry';
import type { SiteSnapshot } from './snapshot';

/** Pure. */
export function statePayload(s: SiteSnapshot): StatePayload {
  return {
    version: TELEMETRY_VERSION,
    at: new Date(s.wall_ms).toISOString(),
    cycle: s.cycle,
    mode: s.mode,
    grid_W: s.grid?.power_W ?? null,
    limit_W: s.importLimit_W,
    stations: s.stations.map((x) => ({
      id: x.id,
      status: x.status,
      limit_A: x.limit_A,
      power_W: x.power_W ?? null,
    })),
    storage: s.storage.map((x) => ({
      id: x.id,
      kind: x.kind,
      power_W: x.power_W ?? null,
      soc: x.soc ?? null,
    })),
  };
}

/** Pure. */
export function alarmPayload(s: SiteSnapshot): AlarmPayload {
  return {
    version: TELEMETRY_VERSION,
    at: new Date(s.wall_ms).toISOString(),
    active: s.alarms.map(({ id, severity, subject, text }) => ({ id, severity, subject, text })),
  };
}

/** What of a snapshot goes into the local history, by series; unknown values are left out. Pure. */
export function historyValues(s: SiteSnapshot): Readonly<Record<string, number>> {
  const values: Record<string, number> = { support_W: s.support_W, limit_W: s.importLimit_W };
  if (s.grid !== undefined) values['grid_W'] = s.grid.power_W;
  let stations_W = 0;
  for (const x of s.stations) {
    if (x.power_W === undefined) continue;
    values[`${x.id}_W`] = x.power_W;
    stations_W += x.power_W;
  }
  values['stations_W'] = stations_W;
  for (const x of s.storage) {
    if (x.power_W !== undefined) values[`${x.id}_W`] = x.power_W;
    if (x.soc !== undefined) values[`${x.id}_soc`] = x.soc;
  }
  values['degraded'] = s.mode === 'normal' ? 0 : 1;
  return values;
}
