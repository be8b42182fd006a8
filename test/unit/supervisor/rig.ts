/** Cycle records as a healthy site makes them, and doors to spoil one thing at a time. */
import { strict as assert } from 'node:assert';
import { crc16 } from '../../../src/modbus';
import type { CycleRecord, RecordEntry } from '../../../src/model';
import { Supervisor, type SupervisorSetup } from '../../../src/supervisor';
import { type Instant, instant, later } from '../../../src/time';
import { parsed, registersOf } from '../device/support';
import { BESS, PV, siteBlock, siteOf } from '../site/fixtures';

export const SITE = siteOf(siteBlock({ bess: [BESS], pv: [PV] }));
export const METER = parsed('eastron-sdm630');
export const REACTION_ms = 9000;
export const START = instant(5_000_000);

/** The raw reply of the meter's cyclic read: RTU ADU in hex. */
export function gridFrame(current_A = 60, change: Readonly<Record<string, number>> = {}): string {
  const raw: Record<string, number> = { ...change };
  for (const phase of ['L1', 'L2', 'L3']) {
    raw[`A_${phase}`] ??= current_A;
    raw[`W_${phase}`] ??= current_A * 230;
    raw[`V_${phase}`] ??= 230;
  }
  const read = METER.reads.find((r) => r.every === 'cycle');
  assert(read !== undefined);
  const { table, address, count } = read.request;
  const words = registersOf(METER, raw).find((b) => b.address === address)?.values ?? [];
  const data = Array.from(words).flatMap((w) => [w >> 8, w & 0xff]);
  const body = Uint8Array.from([10, table === 'holding' ? 3 : 4, count * 2, ...data]);
  const crc = crc16(body);
  return Buffer.from([...body, crc & 0xff, crc >> 8]).toString('hex');
}

export const entry = (id: string, change: Partial<RecordEntry> = {}): RecordEntry => ({
  id,
  kind: id === 'bess' ? 'bess' : id === 'pv' ? 'pv' : 'station',
  commanded: id === 'bess' || id === 'pv' ? 0 : 8,
  proved: 'acknowledged',
  counted: 8,
  ...change,
});
export const ENTRIES = ['one', 'two', 'bess', 'pv'].map((id) => entry(id));
/** The entries with one of them changed. */
export const told = (id: string, change: Partial<RecordEntry>): readonly RecordEntry[] =>
  ENTRIES.map((e) => (e.id === id ? { ...e, ...change } : e));

/** The record of cycle `n`, one a second, decided 20 ms after its latch. */
export function record(n: number, change: Partial<CycleRecord> = {}): CycleRecord {
  const latched_at = later(START, n * 1000);
  return {
    bootId: 'boot-1',
    cycle: n,
    latched_at,
    decided_at: later(latched_at, 20),
    wall_ms: 1_767_600_000_000 + n * 1000,
    mode: 'static',
    links: { uplink: 'up', cpms: 'down' },
    gridFrame: { device: 'meter', at: later(latched_at, -400), frame: gridFrame() },
    entries: ENTRIES,
    oldestUnacknowledged_ms: 0,
    decisionDone: true,
    ...change,
  };
}
/** When the record of cycle `n` arrives. */
export const arrival = (n: number): Instant => later(START, n * 1000 + 25);

export function supervisor(change: Partial<SupervisorSetup> = {}): Supervisor {
  return new Supervisor(
    {
      site: SITE,
      gridProfile: METER,
      reaction_ms: REACTION_ms,
      start: 'first',
      kept: { returnsWithinHour: 0, latched: false },
      random: () => 0,
      ...change,
    },
    START,
  );
}

/** A supervisor that feeds since three good records; the next cycle is 4. */
export function fed(change: Partial<SupervisorSetup> = {}): Supervisor {
  const s = supervisor(change);
  for (let n = 1; n <= 3; n += 1) s.record(record(n), arrival(n));
  assert.equal(s.report().line, 'fed');
  return s;
}
/** The answer to a changed record of cycle 4. */
export const answer = (change: Partial<CycleRecord>, at = arrival(4)) =>
  fed().record(record(4, change), at);
