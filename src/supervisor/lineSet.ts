/**
 * Several lines behind one heartbeat: all drop without it; one may be left out on its own, because
 * a station on it does not obey or does not fit yet, or because it is drilled. Leaving out is all
 * that can be asked for.
 */
import { RETURN } from '../mode';
import { between, type Instant, later } from '../time';

/** A drilled line gets no edge for so long: the relay must drop. */
export const DRILL_ms = RETURN.hold_ms + 2000;

export class LineSet {
  private readonly ids: readonly string[];
  private isolated: ReadonlySet<string> = new Set();
  private waiting: ReadonlySet<string> = new Set();
  /** By line: no edge before this instant. */
  private readonly openUntil = new Map<string, Instant>();
  /** By line: since when it has been left out. */
  private readonly since = new Map<string, Instant>();

  constructor(ids: readonly string[]) {
    this.ids = ids;
  }

  get count(): number {
    return this.ids.length;
  }

  /** The lines that the record wants left out. One that is taken back returns after a minute. */
  isolate(ids: readonly string[], now: Instant): void {
    const wanted = new Set(ids);
    for (const id of this.isolated) if (!wanted.has(id)) this.keepOpen(id, RETURN.wait_ms, now);
    this.isolated = wanted;
  }

  /** The lines that may not be energised yet: a station on them does not fit. */
  admit(waiting: readonly string[]): void {
    this.waiting = new Set(waiting);
  }

  /** Lines that wait to be energised. */
  get admitting(): readonly string[] {
    return [...this.waiting];
  }

  /** Leaves one line out until its relay has dropped, and for the time of a return. */
  drill(id: string, now: Instant): void {
    this.keepOpen(id, DRILL_ms + RETURN.wait_ms, now);
  }

  /** Lines left out on purpose now. */
  leftOut(now: Instant): readonly string[] {
    return this.ids.filter((id) => {
      const until = this.openUntil.get(id);
      if (this.isolated.has(id) || this.waiting.has(id)) return true;
      return until !== undefined && now < until;
    });
  }

  /** Of these, the ones whose relay must have dropped by now. */
  mustBeOpen(now: Instant): readonly string[] {
    return this.leftOut(now).filter((id) => {
      const since = this.since.get(id);
      return since !== undefined && between(since, now) > DRILL_ms;
    });
  }

  /** Lines that get the edge of this period; called once for each. */
  fed(now: Instant): readonly string[] {
    const out = this.leftOut(now);
    for (const id of this.ids) {
      if (!out.includes(id)) this.since.delete(id);
      else if (!this.since.has(id)) this.since.set(id, now);
    }
    return this.ids.filter((id) => !out.includes(id));
  }

  private keepOpen(id: string, for_ms: number, now: Instant): void {
    const until = later(now, for_ms);
    const before = this.openUntil.get(id);
    if (before === undefined || before < until) this.openUntil.set(id, until);
  }
}
