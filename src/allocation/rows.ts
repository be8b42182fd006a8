/**
 * The linear bounds of one allocation: `sum(coefficient * current of station) <= bound` per row,
 * kept by station and by row, because filling walks it both ways.
 */
export interface Rows {
  readonly count: number;
  readonly stations: number;
  /** Entries of station i: `start[i] .. start[i + 1]`. */
  readonly start: Int32Array;
  readonly row: Int32Array;
  readonly coefficient: Float64Array;
  /** Stations of row r: `memberStart[r] .. memberStart[r + 1]`. */
  readonly memberStart: Int32Array;
  readonly member: Int32Array;
}

/** Collects the entries station by station, in the order of the stations. */
export class RowsBuilder {
  private readonly count: number;
  private readonly start: number[] = [0];
  private readonly row: number[] = [];
  private readonly coefficient: number[] = [];

  constructor(count: number) {
    this.count = count;
  }

  add(row: number, coefficient: number): void {
    this.row.push(row);
    this.coefficient.push(coefficient);
  }

  /** The next entries belong to the next station. */
  endStation(): void {
    this.start.push(this.row.length);
  }

  build(): Rows {
    const stations = this.start.length - 1;
    const memberStart = new Int32Array(this.count + 1);
    for (const r of this.row) memberStart[r + 1] = (memberStart[r + 1] ?? 0) + 1;
    for (let r = 0; r < this.count; r += 1) {
      memberStart[r + 1] = (memberStart[r + 1] ?? 0) + (memberStart[r] ?? 0);
    }
    const next = memberStart.slice();
    const member = new Int32Array(this.row.length);
    for (let i = 0; i < stations; i += 1) {
      const end = this.start[i + 1] ?? 0;
      for (let e = this.start[i] ?? 0; e < end; e += 1) {
        const r = this.row[e] ?? 0;
        const at = next[r] ?? 0;
        member[at] = i;
        next[r] = at + 1;
      }
    }
    return {
      count: this.count,
      stations,
      start: Int32Array.from(this.start),
      row: Int32Array.from(this.row),
      coefficient: Float64Array.from(this.coefficient),
      memberStart,
      member,
    };
  }
}

/** Adds `sum(coefficient * x)` of every station to `into`, row by row. */
export function addUse(rows: Rows, x: Float64Array, into: Float64Array): void {
  for (let i = 0; i < rows.stations; i += 1) addStation(rows, i, x[i] ?? 0, into);
}

/** Adds `coefficient * current` of one station to `into`. */
export function addStation(rows: Rows, i: number, current: number, into: Float64Array): void {
  const end = rows.start[i + 1] ?? 0;
  for (let e = rows.start[i] ?? 0; e < end; e += 1) {
    const r = rows.row[e] ?? 0;
    into[r] = (into[r] ?? 0) + (rows.coefficient[e] ?? 0) * current;
  }
}

/** The greatest step by which station i may rise within `room`; Infinity without rows. */
export function stepWithin(rows: Rows, i: number, room: Float64Array): number {
  let least = Infinity;
  const end = rows.start[i + 1] ?? 0;
  for (let e = rows.start[i] ?? 0; e < end; e += 1) {
    const c = rows.coefficient[e] ?? 0;
    if (c > 0) least = Math.min(least, (room[rows.row[e] ?? 0] ?? 0) / c);
  }
  return least;
}
