/** What the energy check looks at, gathered from devices and trackers at one instant. */
import { between, type Instant } from '../time';
import { sumPhases } from '../units';
import type { EnergyFacts } from './energyWatch';
import { GRID_STALE_ms } from './gridWatch';
import type { LatchSources } from './latch';
import { ENERGY_POINT } from './profiles';
import { IMAGE_STALE_ms } from './stationTracker';

/** Pure over its sources. */
export function energyFacts(from: LatchSources, now: Instant): EnergyFacts {
  const { site } = from.facts;
  const meter = from.devices.meters.find((m) => m.file.id === site.gridMeter.id);
  const reading = from.devices.meterReading(site.gridMeter.id, now);
  const fresh = reading.quality === 'good' && between(reading.at, now) <= GRID_STALE_ms;
  const live = fresh && meter?.device.frozen() !== true;
  const asked_at = meter?.device.rawWith(ENERGY_POINT)?.at;
  const value = live ? reading.value : undefined;
  const power_W = value === undefined ? undefined : sumPhases(value.power);
  // Without an export counter the net is known only while nothing is exported.
  const oneWay = value?.export_Wh === undefined && (power_W ?? -1) < 0;
  const register =
    asked_at === undefined || value?.import_Wh === undefined || oneWay
      ? undefined
      : { at: asked_at, net_Wh: value.import_Wh - (value.export_Wh ?? 0) };
  const sources_W = sourcesPower_W(from, now);
  return {
    stations_W: stationsPower_W(from, now),
    baseMin_W: site.connection.base_load_min_W,
    ...(power_W === undefined || oneWay ? {} : { power_W }),
    ...(register === undefined ? {} : { register }),
    ...(sources_W === undefined ? {} : { sources_W }),
  };
}

/** By the stations' own meters; what is not known counts 0. */
function stationsPower_W(from: LatchSources, now: Instant): number {
  let sum_W = 0;
  for (const { station } of from.facts.stations) {
    const image = from.trackers.get(station.id)?.latest();
    if (image?.power_W === undefined || image.metered_at === undefined) continue;
    if (between(image.metered_at, now) <= IMAGE_STALE_ms * 4) sum_W += image.power_W;
  }
  return sum_W;
}

function sourcesPower_W(from: LatchSources, now: Instant): number | undefined {
  let sum_W = 0;
  for (const power_W of from.devices.sourcePowers_W(now)) {
    if (power_W === undefined) return undefined;
    sum_W += power_W;
  }
  return sum_W;
}
