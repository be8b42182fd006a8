import { fields, type HistoryPoint, idsOf, MINUTE_ms, pointsOf } from './reader';
import { NO_SQLITE, openSqlite, type SqliteDatabase, type SqliteStatement } from './sqlite';

/** Series kept; a site has a few per device. */
const SERIES_MAX = 500;
/** Minutes held back until they are written in one go. */
const BATCH_MINUTES = 5;
/** Share of the rows that goes when the file is full. */
const FORGET_SHARE = 0.1;
const DAY_ms = 86_400_000;
/** Values held back while the file takes none; beyond it the oldest are lost. */
const HELD_MAX = 20_000;
/** A lock of somebody else is waited for: this process has nobody else to keep waiting. */
const LOCKED_ms = 2000;
/** Result codes of SQLite that say something about the content: CORRUPT and NOTADB. */
const DAMAGED = [11, 26];
/** A row with its key, as it lies in the file. */
const ROW_bytes = 24;

export interface History {
  /**
   * Takes values of this moment; means of whole minutes are kept. Values that are no numbers are
   * not.
   */
  record(wall_ms: number, values: ReadonlyMap<string, number>): void;
  /** Values of a series between two instants, oldest first. */
  read(series: string, from_ms: number, to_ms: number): readonly HistoryPoint[];
  series(): readonly string[];
  /** Writes what is held back. */
  flush(): void;
  /** Bytes of the file, and bytes written per day by its own count. */
  size(): { readonly bytes: number; readonly writtenPerDay_bytes: number };
  close(): void;
}

export type OpenedHistory =
  | { readonly ok: true; readonly history: History }
  /** `damaged`: the file is no history; otherwise it may open later (locked, full, not readable). */
  | { readonly ok: false; readonly why: string; readonly damaged: boolean };

/** Opens the history; where SQLite is missing or the file is none, one sentence says so. */
export function openHistory(path: string, maxBytes: number): OpenedHistory {
  let database: SqliteDatabase | undefined;
  try {
    database = openSqlite(path);
    if (database === undefined) {
      return { ok: false, why: NO_SQLITE, damaged: false };
    }
    return { ok: true, history: new SqliteHistory(database, maxBytes) };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : 'it cannot be opened';
    const why = `No history is kept: ${path}: ${text}.`;
    const code = fields(cause)['errcode'];
    return { ok: false, why, damaged: typeof code === 'number' && DAMAGED.includes(code & 0xff) };
  }
}

interface Mean {
  sum: number;
  count: number;
}

class SqliteHistory implements History {
  private readonly database: SqliteDatabase;
  private readonly maxBytes: number;
  private readonly insert: SqliteStatement;
  private readonly ids: Map<string, number>;
  private minute = -1;
  private means = new Map<string, Mean>();
  private held: { readonly series: string; readonly minute: number; readonly value: number }[] = [];
  private heldSince = -1;
  private written_bytes = 0;
  private firstWrite_ms = NaN;
  private lastWrite_ms = NaN;

  constructor(database: SqliteDatabase, maxBytes: number) {
    this.database = database;
    this.maxBytes = maxBytes;
    database.exec(`PRAGMA busy_timeout = ${LOCKED_ms}`);
    // Before the first table, or it has no effect.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL;');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    database.exec('CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT UNIQUE)');
    database.exec(
      'CREATE TABLE IF NOT EXISTS sample (series INTEGER, minute INTEGER, value REAL, PRIMARY KEY (series, minute)) WITHOUT ROWID',
    );
    this.insert = database.prepare('INSERT OR REPLACE INTO sample VALUES (?, ?, ?)');
    this.ids = idsOf(database);
  }

  record(wall_ms: number, values: ReadonlyMap<string, number>): void {
    const minute = Math.floor(wall_ms / MINUTE_ms);
    if (minute !== this.minute) this.endMinute(wall_ms);
    this.minute = minute;
    for (const [name, value] of values) {
      if (!Number.isFinite(value)) continue;
      const mean = this.means.get(name) ?? { sum: 0, count: 0 };
      mean.sum += value;
      mean.count += 1;
      this.means.set(name, mean);
    }
  }

  private endMinute(wall_ms: number): void {
    for (const [series, { sum, count }] of this.means) {
      this.held.push({ series, minute: this.minute, value: sum / count });
    }
    this.means = new Map();
    if (this.heldSince < 0) this.heldSince = this.minute;
    const held = Math.floor(wall_ms / MINUTE_ms) - this.heldSince;
    // A clock that was set back would otherwise hold everything until it is there again.
    if (held >= BATCH_MINUTES || held < 0) this.write(wall_ms);
  }

  flush(): void {
    const wall_ms = (this.minute + 1) * MINUTE_ms;
    this.endMinute(wall_ms);
    this.write(wall_ms);
  }

  private write(wall_ms: number): void {
    this.heldSince = -1;
    if (this.held.length === 0) return;
    this.held = this.held.slice(-HELD_MAX);
    const before = this.bytes();
    this.database.exec('BEGIN IMMEDIATE');
    try {
      for (const h of this.held) {
        const id = this.idOf(h.series);
        if (id !== undefined) this.insert.run(id, h.minute, h.value);
      }
      this.database.exec('COMMIT');
    } catch (error) {
      this.undo();
      throw error;
    }
    this.written_bytes += Math.max(this.held.length * ROW_bytes, this.bytes() - before);
    this.held = [];
    if (Number.isNaN(this.firstWrite_ms)) this.firstWrite_ms = wall_ms;
    this.lastWrite_ms = wall_ms;
    this.forget();
  }

  /** Without it a transaction that failed would refuse every later one. */
  private undo(): void {
    try {
      this.database.exec('ROLLBACK');
    } catch {
      // SQLite has already ended it by itself.
    }
    this.ids.clear();
    for (const [name, id] of idsOf(this.database)) this.ids.set(name, id);
  }

  private idOf(name: string): number | undefined {
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    if (this.ids.size >= SERIES_MAX) return undefined;
    this.database.prepare('INSERT INTO series (name) VALUES (?)').run(name);
    const { id } = fields(this.database.prepare('SELECT id FROM series WHERE name = ?').get(name));
    if (typeof id !== 'number') return undefined;
    this.ids.set(name, id);
    return id;
  }

  /** When the file is full the oldest minutes go, so many that it does not come again at once. */
  private forget(): void {
    if (this.size().bytes <= this.maxBytes) return;
    const { n } = fields(this.database.prepare('SELECT count(*) AS n FROM sample').get());
    if (typeof n !== 'number' || n === 0) return;
    // By rows and not by time: one minute of a clock that was years ahead must not cost the past.
    const { until } = fields(
      this.database
        .prepare('SELECT minute + 1 AS until FROM sample ORDER BY minute LIMIT 1 OFFSET ?')
        .get(Math.floor((n - 1) * FORGET_SHARE)),
    );
    if (typeof until !== 'number') return;
    this.database.prepare('DELETE FROM sample WHERE minute < ?').run(until);
    this.database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
  }

  read(series: string, from_ms: number, to_ms: number): readonly HistoryPoint[] {
    const id = this.ids.get(series);
    return id === undefined ? [] : pointsOf(this.database, id, from_ms, to_ms);
  }

  series(): readonly string[] {
    return [...this.ids.keys()];
  }

  /** Bytes of the pages in use. */
  private bytes(): number {
    const read = (name: string): number => {
      const value = Object.values(fields(this.database.prepare(`PRAGMA ${name}`).get()))[0];
      return typeof value === 'number' ? value : 0;
    };
    return (read('page_count') - read('freelist_count')) * read('page_size');
  }

  size(): { bytes: number; writtenPerDay_bytes: number } {
    const span = this.lastWrite_ms - this.firstWrite_ms;
    const perDay = span > 0 ? (this.written_bytes * DAY_ms) / span : 0;
    return { bytes: this.bytes(), writtenPerDay_bytes: perDay };
  }

  close(): void {
    if (this.minute >= 0) this.flush();
    this.database.close();
  }
}
