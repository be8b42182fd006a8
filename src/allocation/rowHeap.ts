/** A binary heap of row numbers, smallest key first, whose keys may change. */
export class RowHeap {
  private readonly key: Float64Array;
  private readonly place: Int32Array;
  private readonly heap: Int32Array;
  private size = 0;

  constructor(rows: number) {
    this.key = new Float64Array(rows);
    this.place = new Int32Array(rows).fill(-1);
    this.heap = new Int32Array(rows);
  }

  /** The row with the smallest key; -1 when empty. */
  first(): number {
    return this.size === 0 ? -1 : (this.heap[0] ?? -1);
  }

  /** Key of the first row; Infinity when empty. */
  firstKey(): number {
    return this.size === 0 ? Infinity : (this.key[this.heap[0] ?? 0] ?? Infinity);
  }

  /** Inserts the row or changes its key. */
  set(row: number, key: number): void {
    this.key[row] = key;
    let at = this.place[row] ?? -1;
    if (at < 0) {
      at = this.size;
      this.size += 1;
      this.put(at, row);
    }
    this.down(this.up(at));
  }

  remove(row: number): void {
    const at = this.place[row] ?? -1;
    if (at < 0) return;
    this.place[row] = -1;
    this.size -= 1;
    if (at === this.size) return;
    this.put(at, this.heap[this.size] ?? 0);
    this.down(this.up(at));
  }

  private put(at: number, row: number): void {
    this.heap[at] = row;
    this.place[row] = at;
  }

  private keyAt(at: number): number {
    return this.key[this.heap[at] ?? 0] ?? Infinity;
  }

  private up(from: number): number {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.keyAt(above) <= this.keyAt(at)) break;
      this.swap(at, above);
      at = above;
    }
    return at;
  }

  private down(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let least = at;
      if (left < this.size && this.keyAt(left) < this.keyAt(least)) least = left;
      if (left + 1 < this.size && this.keyAt(left + 1) < this.keyAt(least)) least = left + 1;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private swap(a: number, b: number): void {
    const row = this.heap[a] ?? 0;
    this.put(a, this.heap[b] ?? 0);
    this.put(b, row);
  }
}
