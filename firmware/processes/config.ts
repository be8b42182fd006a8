/** What each process is told on its command line: one JSON object, checked. */
export interface ProcessConfig {
  readonly siteFile: string;
  /** Public keys that may sign the site file. */
  readonly trust: readonly string[];
  /** Folder of this gateway's state; sockets lie in it. */
  readonly state: string;
  readonly bootId: string;
  readonly start: 'first' | 'clean' | 'return';
  readonly line: string;
  /** OCPP secrets: file with `station: hash` lines, made by `holdfast run`. */
  readonly secrets: string;
}

/** Sockets of one gateway, one per caller pair. Pure. */
export const socketsIn = (state: string) => ({
  siteToSupervisor: `${state}/site-supervisor.sock`,
  stationsToSupervisor: `${state}/stations-supervisor.sock`,
  siteToStations: `${state}/site-stations.sock`,
  siteToUplink: `${state}/site-uplink.sock`,
  siteToPlanner: `${state}/site-planner.sock`,
  siteToRecorder: `${state}/site-recorder.sock`,
  console: `${state}/console.sock`,
  consoleToStations: `${state}/console-stations.sock`,
});

/** Parses the one argument; throws with a sentence when a field is missing. */
export function parseProcessConfig(text: string): ProcessConfig {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null)
    throw new Error('process configuration expected');
  const given = new Map<string, unknown>(Object.entries(value));
  const need = (key: string): string => {
    const v = given.get(key);
    if (typeof v !== 'string') throw new Error(`process configuration: ${key} is missing`);
    return v;
  };
  const trust = given.get('trust');
  const start = need('start');
  return {
    siteFile: need('siteFile'),
    trust: Array.isArray(trust) ? trust.filter((t) => typeof t === 'string') : [],
    state: need('state'),
    bootId: need('bootId'),
    start: start === 'first' || start === 'clean' ? start : 'return',
    line: need('line'),
    secrets: need('secrets'),
  };
}
