/**
 * Session files: CSV in five-minute steps (arrival, departure, station, energy) or JSON of a hub.
 */

export interface SimSession {
  readonly arrival_min: number;
  /** Absent: it stays an hour at most. */
  readonly departure_min: number;
  readonly station?: string;
  readonly energy_kWh: number;
  /** What the vehicle takes at most, kW. */
  readonly power_kW: number;
  /** Whether the departure is told to the allocation. */
  readonly told: boolean;
}

export type ReadSessions =
  | { readonly ok: true; readonly sessions: readonly SimSession[] }
  | { readonly ok: false; readonly why: string };

const STEP_min = 5;
const HUB_STAY_min = 60;

/** Reads either form; the first line that makes no sense is named. Pure. */
export function readSessions(text: string): ReadSessions {
  const sessions = text.trimStart().startsWith('[') ? fromJson(text) : fromCsv(text);
  if (typeof sessions === 'string') return { ok: false, why: sessions };
  if (sessions.length === 0) return { ok: false, why: 'it holds no sessions' };
  const wrong = sessions.findIndex((s) => !plausible(s));
  if (wrong >= 0) return { ok: false, why: `session ${wrong + 1} makes no sense` };
  return { ok: true, sessions: [...sessions].sort((a, b) => a.arrival_min - b.arrival_min) };
}

const plausible = (s: SimSession): boolean =>
  s.arrival_min >= 0 &&
  s.departure_min > s.arrival_min &&
  s.energy_kWh > 0 &&
  s.energy_kWh < 1000 &&
  s.power_kW > 0;

function fromCsv(text: string): readonly SimSession[] | string {
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(',').map((c) => c.trim());
  const column = (name: string): number => columns.indexOf(name);
  const needed = ['arrival_step', 'departure_step', 'requested_kwh'];
  const missing = needed.filter((name) => column(name) < 0);
  if (missing.length > 0) return `column ${missing.join(', ')} is missing`;
  return lines.map((line) => {
    const cells = line.split(',');
    const number = (name: string): number => Number(cells[column(name)]);
    const station = column('station_id') < 0 ? undefined : cells[column('station_id')];
    return {
      arrival_min: number('arrival_step') * STEP_min,
      departure_min: number('departure_step') * STEP_min,
      energy_kWh: number('requested_kwh'),
      power_kW: column('max_kw') < 0 ? Infinity : number('max_kw'),
      told: true,
      ...(station === undefined ? {} : { station }),
    };
  });
}

function fromJson(text: string): readonly SimSession[] | string {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) return 'it is no list';
  return list.map((entry: unknown) => {
    const field = (name: string): number => {
      const value: unknown =
        typeof entry === 'object' && entry !== null ? Reflect.get(entry, name) : undefined;
      return typeof value === 'number' ? value : NaN;
    };
    return {
      arrival_min: field('t_min'),
      departure_min: field('t_min') + HUB_STAY_min,
      energy_kWh: field('kWh'),
      power_kW: field('pmax_kW'),
      told: false,
    };
  });
}
