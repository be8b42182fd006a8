/**
 * sim/line — a watchdog line on a laptop: edge-fed timer, one-shot, relay, feedback contact.
 *
 * Decides: whether the relay is energised, from the instants of the edges alone. A level never
 * keeps
 * it up. Times as on the boards: driver time-out 3 s, one-shot 0.8 s, relay 20 ms.
 */
import { between, type Instant } from '../../time';

export const LINE_TIMES = { timeout_ms: 3000, oneShot_ms: 800, relay_ms: 20 } as const;

export class SimLine {
  private lastEdge: Instant | undefined;
  private edges = 0;
  /** The relay is stuck or the wire is cut: faults of the line itself. */
  fault: 'none' | 'welded' | 'wire-break' = 'none';
  /** Time-out of the driver; a negative control shortens it, ms. */
  timeout_ms: number = LINE_TIMES.timeout_ms;

  /** One edge from the supervisor. */
  edge(now: Instant): void {
    this.lastEdge = now;
    this.edges += 1;
  }

  /** What the stations' cut inputs see. */
  energised(now: Instant): boolean {
    if (this.fault === 'welded') return true;
    if (this.fault === 'wire-break' || this.lastEdge === undefined) return false;
    const hold_ms = this.timeout_ms + LINE_TIMES.oneShot_ms + LINE_TIMES.relay_ms;
    return between(this.lastEdge, now) <= hold_ms;
  }

  /** Feedback contact, as the supervisor and the drill read it. */
  feedback(now: Instant): 'energised' | 'dropped' {
    return this.energised(now) ? 'energised' : 'dropped';
  }

  get edgeCount(): number {
    return this.edges;
  }
}
