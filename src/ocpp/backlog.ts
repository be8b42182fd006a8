import { isObject } from './codec';
import { numberOf, textOf } from './fields';
import type { RecordStore } from './relayTypes';

/** Kept for all stations; they are in memory too. 50 stations, a value a minute, fill it in 3 days. */
const MAX_CHARACTERS = 128 * 1024 * 1024;
/** Share of one station, so that a hostile one cannot take the room of the others. */
const MAX_STATION_CHARACTERS = 8 * 1024 * 1024;
/** Provisional transaction ids remembered; far more than can be running. */
const MAX_MAPPED = 10_000;
/** Dead records that are worth a rewrite of the store. */
const MIN_GARBAGE = 5_000;

/** One message of a station that we acknowledged and the CPMS has not. */
export interface BacklogRecord {
  readonly sequence: number;
  readonly station: string;
  readonly id: string;
  readonly action: string;
  /** The message as received; what is sent is this, byte for byte, unless an id is mapped. */
  readonly raw: string;
  /** The provisional transaction id given to it (1.6 StartTransaction). */
  readonly provisional?: number;
  /** Sent to the CPMS at least once without an answer. */
  sent: boolean;
  /** On disk: only then may its sender be told. */
  stored: boolean;
  /** Who repeated it before that, and waits to be told. */
  repeater?: () => void;
}

/**
 * The durable queue between stations and an absent CPMS: per station in order, acknowledged only
 * when on disk, removed only when the CPMS answered.
 */
export class Backlog {
  private readonly store: RecordStore;
  private readonly queues = new Map<string, BacklogRecord[]>();
  private readonly mapped = new Map<string, number>();
  private next = 1;
  private readonly stored = new Map<string, number>();
  private live = 0;
  private characters = 0;
  private garbage = 0;
  /** Notes that the disk refused; they go before the next record, so that its order stays true. */
  private owed: string[] = [];
  repeated = 0;

  constructor(store: RecordStore, recovered: readonly string[]) {
    this.store = store;
    for (const text of recovered) this.recover(text);
  }

  get size(): number {
    return this.live;
  }

  stations(): readonly string[] {
    return [...this.queues].flatMap(([station, queue]) => (queue.length > 0 ? [station] : []));
  }

  first(station: string): BacklogRecord | undefined {
    return this.queues.get(station)?.[0];
  }

  isEmpty(station: string): boolean {
    return this.first(station) === undefined;
  }

  /** A message that is already kept: its sender did not hear our acknowledgement. */
  find(station: string, id: string, raw: string): BacklogRecord | undefined {
    return this.queues.get(station)?.findLast((record) => record.id === id && record.raw === raw);
  }

  /**
   * Keeps a message; false when the bound is reached or the disk refuses, and the station must keep
   * it itself.
   */
  add(record: Omit<BacklogRecord, 'sequence' | 'sent' | 'stored'>, durable: () => void): boolean {
    const { length } = record.raw;
    if (this.characters + length > MAX_CHARACTERS) return false;
    if ((this.stored.get(record.station) ?? 0) + length > MAX_STATION_CHARACTERS) return false;
    const kept: BacklogRecord = { ...record, sequence: this.next, sent: false, stored: false };
    this.insert(kept);
    try {
      this.settleOwed();
      this.store.append(messageText(kept), () => {
        kept.stored = true;
        durable();
        kept.repeater?.();
        delete kept.repeater;
      });
    } catch (error) {
      if (kept.stored) throw error;
      // What is not on disk must not be found as kept when its sender repeats it.
      this.drop(kept.sequence, kept.station);
      return false;
    }
    return true;
  }

  /** Tells a sender who repeated a kept message: at once, or when it is on disk. */
  whenStored(record: BacklogRecord, tell: () => void): void {
    if (record.stored) tell();
    else record.repeater = tell;
  }

  /** A note about records; what the disk refuses now is written before the next record. */
  private note(text: string): void {
    this.owed.push(text);
    try {
      this.settleOwed();
    } catch {
      // At worst a restart sends an answered record again, with the same id and bytes.
    }
  }

  private settleOwed(): void {
    for (;;) {
      const [oldest] = this.owed;
      if (oldest === undefined) return;
      this.store.append(oldest, nothing);
      this.owed.shift();
    }
  }

  private insert(record: BacklogRecord): void {
    this.next = Math.max(this.next, record.sequence + 1);
    const queue = this.queues.get(record.station) ?? [];
    queue.push(record);
    this.queues.set(record.station, queue);
    this.live += 1;
    this.count(record.station, record.raw.length);
  }

  private count(station: string, characters: number): void {
    this.characters += characters;
    this.stored.set(station, (this.stored.get(station) ?? 0) + characters);
  }

  /** The CPMS answered; the record is done with. */
  done(record: BacklogRecord): void {
    this.drop(record.sequence, record.station);
    this.note(JSON.stringify({ t: 'd', n: record.sequence, s: record.station }));
    this.garbage += 2;
    if (this.garbage > MIN_GARBAGE && this.garbage > 2 * this.live) this.compact();
  }

  private drop(sequence: number, station: string): void {
    const queue = this.queues.get(station);
    const index = queue?.findIndex((record) => record.sequence === sequence) ?? -1;
    if (queue === undefined || index < 0) return;
    const [gone] = queue.splice(index, 1);
    this.live -= 1;
    this.count(station, -(gone?.raw.length ?? 0));
    if (queue.length === 0) this.queues.delete(station);
  }

  /** Remembers which id the CPMS gave to a transaction that we had numbered. */
  map(station: string, provisional: number, real: number): void {
    this.mapped.set(`${station} ${provisional}`, real);
    if (this.mapped.size > MAX_MAPPED) {
      const [oldest] = this.mapped.keys();
      if (oldest !== undefined) this.mapped.delete(oldest);
    }
    this.note(JSON.stringify({ t: 'r', s: station, p: provisional, r: real }));
  }

  realOf(station: string, provisional: number): number | undefined {
    return this.mapped.get(`${station} ${provisional}`);
  }

  provisionalOf(station: string, real: number): number | undefined {
    for (const [key, value] of this.mapped) {
      if (value === real && key.startsWith(`${station} `)) {
        return Number(key.slice(station.length + 1));
      }
    }
    return undefined;
  }

  private compact(): void {
    const records: string[] = [];
    for (const [key, real] of this.mapped) {
      const [station, provisional] = key.split(' ');
      records.push(JSON.stringify({ t: 'r', s: station, p: Number(provisional), r: real }));
    }
    const all = [...this.queues.values()].flat().sort((a, b) => a.sequence - b.sequence);
    for (const record of all) records.push(messageText(record));
    this.garbage = 0;
    try {
      this.store.rewrite(records);
      this.owed = [];
    } catch {
      // The old ones stand, and are rewritten when as many more have died.
    }
  }

  /** Takes one stored record; what is no record of ours is passed over. */
  private recover(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    if (!isObject(value)) return;
    const station = textOf(value, 's', 64);
    const sequence = numberOf(value, 'n');
    if (station === undefined) return;
    const type = textOf(value, 't', 1);
    if (type === 'd' && sequence !== undefined) {
      this.drop(sequence, station);
      this.next = Math.max(this.next, sequence + 1);
      this.garbage += 2;
    } else if (type === 'r') {
      const provisional = numberOf(value, 'p');
      const real = numberOf(value, 'r');
      if (provisional !== undefined && real !== undefined) {
        this.mapped.set(`${station} ${provisional}`, real);
      }
    } else if (type === 'm' && sequence !== undefined) {
      const id = textOf(value, 'i', 36);
      const action = textOf(value, 'a', 50);
      const raw = textOf(value, 'x', Number.MAX_SAFE_INTEGER);
      const provisional = numberOf(value, 'p');
      if (id === undefined || action === undefined || raw === undefined) return;
      const base = { sequence, station, id, action, raw, stored: true };
      // Whether it was sent before the restart is not known: it counts as a possible repeat.
      this.insert({ ...base, ...(provisional !== undefined && { provisional }), sent: true });
    }
  }
}

const nothing = (): void => undefined;

function messageText(record: BacklogRecord): string {
  return JSON.stringify({
    t: 'm',
    n: record.sequence,
    s: record.station,
    i: record.id,
    a: record.action,
    x: record.raw,
    ...(record.provisional !== undefined && { p: record.provisional }),
  });
}
