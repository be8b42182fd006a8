/** Records that must never feed, for the refusal drill: each is false in one way. Pure. */
import type { CycleRecord } from '../model';
import { type Instant, instant } from '../time';
import type { Site } from './siteView';

/** An hour ago, ms: older than any record may be. */
const LONG_AGO_ms = 3_600_000;

const falseEntries = (next: CycleRecord): readonly CycleRecord[] => [
  { ...next, mode: 'static', entries: next.entries.map((e) => ({ ...e, commanded: 1e6 })) },
  { ...next, mode: 'static', entries: [] },
  { ...next, mode: 'static', entries: [...next.entries, ...next.entries] },
];

/** From the newest true record, or from nothing while none has come. */
export function falseRecords(
  site: Site,
  last: CycleRecord | undefined,
  now: Instant,
): readonly CycleRecord[] {
  const base: CycleRecord = last ?? {
    bootId: 'refusal-drill',
    cycle: 1,
    latched_at: now,
    decided_at: now,
    wall_ms: 0,
    mode: 'static',
    links: { uplink: 'down', cpms: 'down' },
    entries: site.stations.map((s) => ({
      id: s.id,
      kind: 'station' as const,
      commanded: s.static_A,
      proved: 'reserved' as const,
      counted: s.max_A,
    })),
    oldestUnacknowledged_ms: 0,
    decisionDone: true,
  };
  // Otherwise as good as the next true one would be.
  const next = { ...base, cycle: base.cycle + 1, latched_at: now, decided_at: now };
  const long_ago = instant(now - LONG_AGO_ms);
  return [
    ...(last === undefined ? [] : [{ ...last, cycle: last.cycle - 1 }]),
    { ...next, decided_at: long_ago, latched_at: long_ago },
    { ...next, decisionDone: false },
    { ...next, mode: 'normal', gridFrame: { device: '', at: now, frame: '' } },
    ...(base.entries.length === 0 ? [] : falseEntries(next)),
  ];
}
