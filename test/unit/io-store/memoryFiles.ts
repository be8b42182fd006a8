/** Files in memory whose N-th operation fails; a failing write leaves a part of its bytes behind. */
import type { FileSystem } from '../../../src/io/store';

export class MemoryFiles implements FileSystem {
  readonly content = new Map<string, Uint8Array>();
  readonly log: string[] = [];
  /** Operations from this one (counted from 1) fail; 0 = none. */
  failAt = 0;
  /** How many operations fail in a row. */
  failFor = 1;
  /** Bytes of a failing write that reach the file all the same. */
  partial = (bytes: Uint8Array): number => bytes.length >> 1;
  private count = 0;
  private nextFile = 3;
  private readonly open_ = new Map<number, string>();

  get operations(): number {
    return this.count;
  }
  get openFiles(): number {
    return this.open_.size;
  }

  /** A restart of the process: open files are gone, contents stay. */
  restarted(): MemoryFiles {
    const next = new MemoryFiles();
    for (const [name, bytes] of this.content) next.content.set(name, bytes.slice());
    return next;
  }

  private step(what: string): void {
    this.count += 1;
    this.log.push(what);
    if (this.fails()) throw new Error(`EIO: ${what}`);
  }
  private fails(): boolean {
    const { failAt, failFor } = this;
    return failAt > 0 && this.count >= failAt && this.count < failAt + failFor;
  }

  list(folder: string): readonly string[] {
    this.step('list');
    return [...this.content.keys()]
      .filter((p) => p.startsWith(`${folder}/`))
      .map((p) => p.slice(folder.length + 1));
  }
  read(path: string): Uint8Array {
    this.step('read');
    const bytes = this.content.get(path);
    if (bytes === undefined) throw new Error(`ENOENT ${path}`);
    return bytes.slice();
  }
  makeFolder(): void {
    this.step('makeFolder');
  }
  open(path: string, flags: 'a' | 'wx' | 'w' | 'r'): number {
    this.step(`open ${flags}`);
    if (flags === 'wx' && this.content.has(path)) throw new Error(`EEXIST ${path}`);
    if (flags === 'w' || (flags !== 'r' && !this.content.has(path))) {
      this.content.set(path, new Uint8Array());
    }
    const file = this.nextFile;
    this.nextFile += 1;
    this.open_.set(file, path);
    return file;
  }
  write(file: number, bytes: Uint8Array): void {
    const path = this.open_.get(file);
    if (path === undefined) throw new Error('EBADF');
    const append = (part: Uint8Array): void => {
      const before = this.content.get(path) ?? new Uint8Array();
      this.content.set(path, new Uint8Array(Buffer.concat([before, part])));
    };
    try {
      this.step('write');
    } catch (error) {
      append(bytes.subarray(0, this.partial(bytes)));
      throw error;
    }
    append(bytes);
  }
  sync(file: number): void {
    this.step(`sync ${this.open_.get(file) ?? 'EBADF'}`);
  }
  close(file: number): void {
    this.open_.delete(file);
    this.step('close');
  }
  truncate(path: string, length: number): void {
    this.step('truncate');
    this.content.set(path, (this.content.get(path) ?? new Uint8Array()).slice(0, length));
  }
  rename(from: string, to: string): void {
    this.step('rename');
    const bytes = this.content.get(from);
    if (bytes === undefined) throw new Error(`ENOENT ${from}`);
    this.content.delete(from);
    this.content.set(to, bytes);
  }
  remove(path: string): void {
    this.step('remove');
    this.content.delete(path);
  }
  exists(path: string): boolean {
    return this.content.has(path);
  }
}
