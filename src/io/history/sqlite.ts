/** Node's own SQLite, where this Node has one: types of the few calls that are used. */

export interface SqliteStatement {
  run(...values: readonly (number | string)[]): unknown;
  all(...values: readonly (number | string)[]): readonly unknown[];
  get(...values: readonly (number | string)[]): unknown;
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface SqliteModule {
  readonly DatabaseSync: new (
    path: string,
    options?: { readonly readOnly: boolean },
  ) => SqliteDatabase;
}

function isModule(loaded: unknown): loaded is SqliteModule {
  return typeof loaded === 'object' && loaded !== null && 'DatabaseSync' in loaded;
}

export const NO_SQLITE =
  'No history is kept: this Node has no built-in SQLite (22.5 or newer has).';

/**
 * Opens a database, or undefined where this Node has no SQLite. Throws if the file is no database.
 */
export function openSqlite(path: string, readOnly = false): SqliteDatabase | undefined {
  const load: unknown = Reflect.get(process, 'getBuiltinModule');
  const loaded: unknown =
    typeof load === 'function' ? Reflect.apply(load, process, ['node:sqlite']) : undefined;
  return isModule(loaded) ? new loaded.DatabaseSync(path, { readOnly }) : undefined;
}
