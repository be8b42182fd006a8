import type { StationLife } from './life';
import { Station16 } from './station16';
import { Station201 } from './station201';
import type { SimSession, SimStation, SimStations, SimStationsOptions } from './types';

/** Creates the simulated stations of a site; nothing happens before `start`. */
export function createSimStations(options: SimStationsOptions): SimStations {
  const stations = new Map<string, StationLife>();
  for (const config of options.stations) {
    const Software = (config.protocol ?? 'ocpp1.6') === 'ocpp1.6' ? Station16 : Station201;
    stations.set(config.id, new Software(config, options));
  }
  const cancels: (() => void)[] = [];
  const schedule = (session: SimSession): void => {
    const station = stations.get(session.station);
    if (station === undefined) throw new RangeError(`no simulated station ${session.station}`);
    cancels.push(
      options.timers.at(session.plug_at, () => station.plug(session.vehicle, session.plug_at)),
      options.timers.at(session.unplug_at, () => station.unplug(session.unplug_at)),
    );
  };
  const list: readonly SimStation[] = [...stations.values()];
  return {
    stations: list,
    station: (id) => stations.get(id),
    start() {
      for (const station of stations.values()) station.start();
      options.sessions?.forEach(schedule);
    },
    stop() {
      for (const cancel of cancels) cancel();
      for (const station of stations.values()) station.stop();
    },
  };
}
