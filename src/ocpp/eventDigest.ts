import { later, passed } from '../time';
import type { Instant } from '../time';

/** Repeats within this time are one record. */
const WINDOW_MS = 60_000;
/** Different events of one station in one zone within a window; the rest are one record. */
const MAX_OPEN = 16;
/** Different events of one zone within a window, whoever caused them. */
const MAX_ZONE = 40;
/**
 * Digests kept for the peer; it takes what it has not seen, and it looks every second. Three zones
 * begin and end at most 40 each in half a minute, so that none is pushed out unseen.
 */
const MAX_KEPT = 256;
const KEPT_MS = 30_000;
const MAX_TEXT = 200;
const MORE = 'more-events';

/** Who caused an event. Each zone has its own room: a flood of one hides nothing of another. */
export type EventZone = 'gate' | 'station' | 'cpms';

/** One or more like events, for the audit record of the site (INV-5). */
export interface DigestedEvent {
  /** Rises by one; the reader takes what is above the last it has seen. */
  readonly sequence: number;
  readonly code: string;
  readonly station: string;
  readonly text: string;
  /** Occurrences after the first within the window; 0 = the first, told at once. */
  readonly repeats: number;
  /** Milliseconds from the first to the last of them. */
  readonly over_ms: number;
}

interface Open {
  readonly zone: EventZone;
  readonly code: string;
  readonly station: string;
  readonly first: Instant;
  last: Instant;
  text: string;
  repeats: number;
}

/**
 * Events on their way to the audit: the first of a kind is told at once, its repeats within a
 * window as one record with count and span. Bounded in every direction.
 */
export class EventDigest {
  private readonly open = new Map<string, Open>();
  private kept: { readonly event: DigestedEvent; readonly at: Instant }[] = [];
  private next: number;

  /** @param first - sequence of the first event: higher than any of an earlier process */
  constructor(first = 1) {
    this.next = first;
  }

  take(zone: EventZone, code: string, station: string, text: string, now: Instant): void {
    this.close(now);
    // Numbers vary in what is otherwise the same event.
    const key = `${zone} ${code} ${station} ${text.slice(0, 80).replace(/\d+/g, '#')}`;
    const known = this.open.get(key);
    if (known !== undefined) {
      known.repeats += 1;
      known.last = now;
      known.text = text;
      return;
    }
    const inZone = [...this.open.values()].filter((o) => o.zone === zone);
    const own = inZone.filter((o) => o.station === station).length;
    if ((own >= MAX_OPEN || inZone.length >= MAX_ZONE) && code !== MORE) {
      const whose = own >= MAX_OPEN ? station : zone;
      this.take(zone, MORE, whose, 'more different events than are recorded', now);
      return;
    }
    this.open.set(key, { zone, code, station, first: now, last: now, text, repeats: 0 });
    this.keep(code, station, text, 0, 0, now);
  }

  /** What the peer may not have seen yet, oldest first. */
  recent(now: Instant): readonly DigestedEvent[] {
    this.close(now);
    this.kept = this.kept.filter(({ at }) => !passed(later(at, KEPT_MS), now));
    return this.kept.map(({ event }) => event);
  }

  private close(now: Instant): void {
    for (const [key, open] of this.open) {
      if (!passed(later(open.first, WINDOW_MS), now)) continue;
      this.open.delete(key);
      if (open.repeats === 0) continue;
      this.keep(open.code, open.station, open.text, open.repeats, open.last - open.first, now);
    }
  }

  private keep(
    code: string,
    station: string,
    text: string,
    repeats: number,
    over: number,
    at: Instant,
  ): void {
    const short = text.slice(0, MAX_TEXT);
    const base = { sequence: this.next, code, station, text: short };
    this.kept.push({ event: { ...base, repeats, over_ms: Math.round(over) }, at });
    this.next += 1;
    if (this.kept.length > MAX_KEPT) this.kept = this.kept.slice(-MAX_KEPT);
  }
}
