/** What each process is told on its command line: one JSON object, checked. */
import type { BoardInput } from '../../src/board';

export interface ProcessConfig {
  readonly siteFile: string;
  /** Public keys that may sign the site file. */
  readonly trust: readonly string[];
  /** Folder of this gateway's state; sockets lie in it. */
  readonly state: string;
  readonly bootId: string;
  readonly start: 'first' | 'clean' | 'return';
  /** Back end of the first line, or JSON: back end by line id. */
  readonly line: string;
  /** Contacts of the board. */
  readonly inputs?: readonly BoardInput[];
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
    inputs: inputsOf(given.get('inputs')),
    secrets: need('secrets'),
  };
}

function inputsOf(value: unknown): readonly BoardInput[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown): BoardInput => {
    const given = new Map<string, unknown>(
      typeof item === 'object' && item !== null ? Object.entries(item) : [],
    );
    const [id, backEnd] = [given.get('id'), given.get('backEnd')];
    const role = (['emergency-stop', 'fire', 'contact'] as const).find(
      (r) => r === given.get('role'),
    );
    if (typeof id !== 'string' || typeof backEnd !== 'string' || role === undefined) {
      throw new Error('process configuration: an input of the board is incomplete');
    }
    return { id, role, backEnd, active: given.get('active') === 'closed' ? 'closed' : 'open' };
  });
}
