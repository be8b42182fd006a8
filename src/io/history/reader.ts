/** Reading a history, also while another process writes it. */
import { NO_SQLITE, openSqlite, type SqliteDatabase } from './sqlite';

/** One value a minute and series: the day of a site with 20 series stays below 1 MB. */
export const MINUTE_ms = 60_000;

export interface HistoryPoint {
  readonly at_ms: number;
  readonly value: number;
}

export interface HistoryReader {
  /** Values of a series between two instants, oldest first. */
  read(series: string, from_ms: number, to_ms: number): readonly HistoryPoint[];
  series(): readonly string[];
  close(): void;
}

export type OpenedReader =
  | { readonly ok: true; readonly history: HistoryReader }
  | { readonly ok: false; readonly why: string };

/** Opens the history of another process to read; nothing is created or changed. */
export function readOnlyHistory(path: string): OpenedReader {
  try {
    const database = openSqlite(path, true);
    if (database === undefined) return { ok: false, why: NO_SQLITE };
    const ids = idsOf(database);
    const history: HistoryReader = {
      read: (series, from_ms, to_ms) => {
        const id = ids.get(series);
        return id === undefined ? [] : pointsOf(database, id, from_ms, to_ms);
      },
      series: () => [...ids.keys()],
      close: () => database.close(),
    };
    return { ok: true, history };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : 'it cannot be opened';
    return { ok: false, why: `No history can be read: ${path}: ${text}.` };
  }
}

/** Names of the series with their numbers. */
export function idsOf(database: SqliteDatabase): Map<string, number> {
  const ids = new Map<string, number>();
  for (const row of database.prepare('SELECT id, name FROM series').all()) {
    const { id, name } = fields(row);
    if (typeof id === 'number' && typeof name === 'string') ids.set(name, id);
  }
  return ids;
}

/** Points of one series between two instants, oldest first. */
export function pointsOf(
  database: SqliteDatabase,
  id: number,
  from_ms: number,
  to_ms: number,
): readonly HistoryPoint[] {
  const rows = database
    .prepare(
      'SELECT minute, value FROM sample WHERE series = ? AND minute BETWEEN ? AND ? ORDER BY minute',
    )
    .all(id, Math.ceil(from_ms / MINUTE_ms), Math.floor(to_ms / MINUTE_ms));
  return rows.flatMap((row) => {
    const { minute, value } = fields(row);
    if (typeof minute !== 'number' || typeof value !== 'number') return [];
    return [{ at_ms: minute * MINUTE_ms, value }];
  });
}

export function fields(row: unknown): Readonly<Record<string, unknown>> {
  return typeof row === 'object' && row !== null ? { ...row } : {};
}
