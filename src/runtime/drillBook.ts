/**
 * What drills have shown, kept for good: newest result of each, and what follows from it. A
 * station whose silence drill failed or is overdue is treated as one that does not fall back by
 * itself: it is never raised above its floor. Nothing was drilled yet when a site is commissioned,
 * so the intervals count from then at first. Pure.
 */
import type { Condition } from '../alarm';
import type { Site } from '../site';
import type { Drill } from './drill';

const DAY_ms = 86_400_000;

export interface DrillResult {
  readonly kind: Drill['kind'];
  readonly subject: string;
  readonly phase: 'passed' | 'failed';
  /** Wall clock at its end. */
  readonly at_ms: number;
  readonly bound_s: number;
  readonly measured_s?: number;
  readonly text: string;
}

export interface DrillBook {
  /** Wall clock of the first start; 0: not known, so everything never drilled is overdue. */
  readonly commissioned_ms: number;
  readonly results: readonly DrillResult[];
}

/** A book that says nothing good: what was kept cannot be read. */
export const UNREADABLE: DrillBook = { commissioned_ms: 0, results: [] };

/** The book with one more result; an aborted drill shows nothing. Pure. */
export function withResult(book: DrillBook, drill: Drill, at_ms: number): DrillBook {
  const { phase, kind, subject, bound_s, measured_s, text } = drill;
  if (phase !== 'passed' && phase !== 'failed') return book;
  const others = book.results.filter((r) => r.kind !== kind || r.subject !== subject);
  const measured = measured_s === undefined ? {} : { measured_s };
  return {
    ...book,
    results: [...others, { kind, subject, phase, at_ms, bound_s, text, ...measured }],
  };
}

export interface DrillDuty {
  readonly kind: 'silence' | 'line';
  readonly subject: string;
  /** Wall clock until which the last drill, or commissioning, counts. */
  readonly due_ms: number;
  readonly state: 'good' | 'overdue' | 'failed';
  readonly last?: DrillResult;
}

/** The newest stamp of the book: the clock was there at least once. Pure. */
export const newest_ms = (book: DrillBook): number =>
  Math.max(book.commissioned_ms, ...book.results.map((r) => r.at_ms));

/** Every drill the site must repeat, and how it stands. Pure. */
export function duties(book: DrillBook, site: Site, wall_ms: number): readonly DrillDuty[] {
  // A clock that was set back makes nothing young again.
  const now_ms = Math.max(wall_ms, newest_ms(book));
  const duty = (kind: 'silence' | 'line', subject: string, days: number): DrillDuty => {
    const last = book.results.find((r) => r.kind === kind && r.subject === subject);
    const due_ms = (last?.at_ms ?? book.commissioned_ms) + days * DAY_ms;
    const state = last?.phase === 'failed' ? 'failed' : now_ms > due_ms ? 'overdue' : 'good';
    return { kind, subject, due_ms, state, ...(last === undefined ? {} : { last }) };
  };
  return [
    ...site.lines.map((l) => duty('line', l.id, site.drills.line_days)),
    ...site.stations.map((s) => duty('silence', s.id, site.drills.silence_days)),
  ];
}

/** Stations that may not be raised by their lease alone, as drills stand. Pure. */
export function notSelfExpiring(all: readonly DrillDuty[], site: Site): ReadonlySet<string> {
  const bad = (kind: string, subject: string): boolean =>
    all.some((d) => d.kind === kind && d.subject === subject && d.state !== 'good');
  return new Set(
    site.stations
      .filter((s) => bad('silence', s.id) || (s.line !== undefined && bad('line', s.line)))
      .map((s) => s.id),
  );
}

/** What people are told of the duties that are not kept. Pure. */
export function drillConditions(all: readonly DrillDuty[]): readonly Condition[] {
  return all.flatMap((d): readonly Condition[] => {
    if (d.state === 'good') return [];
    if (d.state === 'failed') {
      return [{ id: 'drill-failed', subject: d.subject, text: d.last?.text ?? '' }];
    }
    const since = new Date(d.due_ms).toISOString().slice(0, 10);
    const command = `holdfast drill ${d.kind} ${d.subject}`;
    const text = `${d.kind} drill overdue since ${since}: ${command}`;
    return [{ id: 'drill-overdue', subject: d.subject, text }];
  });
}

/** A book from what was kept; undefined when it is not of this form. Pure. */
export function decodeBook(value: unknown): DrillBook | undefined {
  const given = fields(value);
  const commissioned_ms = given.get('commissioned_ms');
  const list = given.get('results');
  if (typeof commissioned_ms !== 'number' || !Array.isArray(list)) return undefined;
  const results = list.map(decodeResult);
  if (results.some((r) => r === undefined)) return undefined;
  return { commissioned_ms, results: results.filter((r) => r !== undefined) };
}

const fields = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );

function decodeResult(value: unknown): DrillResult | undefined {
  const given = fields(value);
  const kind = (['silence', 'line', 'meter', 'uplink'] as const).find(
    (k) => k === given.get('kind'),
  );
  const phase = (['passed', 'failed'] as const).find((p) => p === given.get('phase'));
  const subject = given.get('subject');
  const text = given.get('text');
  const [at_ms, bound_s, measured_s] = ['at_ms', 'bound_s', 'measured_s'].map((k) => given.get(k));
  if (kind === undefined || phase === undefined) return undefined;
  if (typeof subject !== 'string' || typeof text !== 'string') return undefined;
  if (typeof at_ms !== 'number' || typeof bound_s !== 'number') return undefined;
  const measured = typeof measured_s === 'number' ? { measured_s } : {};
  return { kind, phase, subject, text, at_ms, bound_s, ...measured };
}
