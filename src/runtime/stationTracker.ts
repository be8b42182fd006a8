import type { AcknowledgedLease, StationImage, StationLease } from '../model';
import { between, type Instant, later } from '../time';
import { mapPhases, type ThreePhase } from '../units';

/** Samples kept per station: the grid meter's window plus one older sample. */
const SAMPLES_MAX = 16;
/** The grid reading may describe a moment this much before it was asked for, ms (meter lag). */
const WINDOW_ms = 2500;
/**
 * Its own meter speaks each 5 s at most (plus the way here). One that has been silent for longer
 * draws nothing for sure; until then the allocation's window of base loads covers what may have gone.
 */
const SURELY_AGE_MAX_ms = 8500;
/** Instants of one machine's clock differ between processes by no more. */
const FUTURE_ms = 1000;
/** A station whose images are older than this counts at its worst. */
export const IMAGE_STALE_ms = 3000;
/** Leases that may be under way at once before the oldest is folded into the next. */
const SENT_MAX = 64;

/** Cycles within the time in which a vehicle follows, and some more. */
const RECENT_MAX = 32;

interface Sample {
  readonly at: Instant;
  readonly current_A: ThreePhase<number>;
}

interface Sent {
  readonly cycle: number;
  readonly limit_A: number;
  readonly ends_at: Instant;
}

/**
 * What one station may be drawing, as far as anybody can know: leases sent and not yet replaced or
 * ended, its own meter values, and since when it draws more than it was told.
 */
export class StationTracker {
  readonly id: string;
  private readonly floor_A: number;
  private samples: readonly Sample[] = [];
  private sent: readonly Sent[] = [];
  private image: StationImage | undefined;
  private recent: readonly { readonly at: Instant; readonly limit_A: number }[] = [];
  private clearedAfter: number | undefined;
  private lastWrite: { readonly limit_A: number; readonly at: Instant } | undefined;

  constructor(id: string, floor_A: number) {
    this.id = id;
    this.floor_A = floor_A;
  }

  /** Takes the newest image; an older one, or one from the future, changes nothing. */
  observe(image: StationImage, now: Instant): void {
    const before = this.image;
    if (before !== undefined && image.lastSeen_at < before.lastSeen_at) return;
    if (between(now, image.lastSeen_at) > FUTURE_ms) return;
    this.image = image;
    const at = image.metered_at;
    const last = this.samples.at(-1);
    const newer = at !== undefined && (last === undefined || at > last.at);
    if (newer && image.current_A !== undefined && between(now, at) <= FUTURE_ms) {
      const sample = { at, current_A: mapPhases(image.current_A, Number) };
      this.samples = [...this.samples, sample].slice(-SAMPLES_MAX);
    }
    const acknowledged = image.lease?.cycle;
    const cleared = before?.lease !== undefined && image.lease === undefined;
    const clear = cleared ? this.clearedAfter : undefined;
    this.sent = this.sent.filter(
      (s) =>
        s.ends_at > now &&
        (acknowledged === undefined || s.cycle > acknowledged) &&
        (clear === undefined || s.cycle > clear),
    );
  }

  /** One decided lease leaves for the station. */
  sending(lease: StationLease, cycle: number, now: Instant): void {
    if (lease.action === 'keep') return;
    if (lease.action === 'clear') {
      this.clearedAfter = cycle;
      return;
    }
    const entry = { cycle, limit_A: lease.limit_A, ends_at: later(now, lease.ttl_ms) };
    this.sent = [...this.sent, entry].slice(-SENT_MAX);
    this.lastWrite = { limit_A: lease.limit_A, at: now };
  }

  latest(): StationImage | undefined {
    return this.image;
  }

  /** The lease the station acknowledged, while it lasts. */
  acknowledged(now: Instant): AcknowledgedLease | undefined {
    const lease = this.image?.lease;
    return lease !== undefined && lease.ends_at > now ? lease : undefined;
  }

  /** Last value written and when, for the renew rules. */
  written(): { readonly limit_A: number; readonly at: Instant } | undefined {
    return this.lastWrite;
  }

  /** Greatest limit that may be in force now, A: floor, acknowledged, or sent and not replaced. */
  inForce_A(now: Instant): number {
    const lease = this.acknowledged(now);
    // Below the floor the lease holds now; that the floor comes back at its end, the callers count.
    let most = lease === undefined ? this.floor_A : lease.limit_A;
    for (const s of this.sent) if (s.ends_at > now) most = Math.max(most, s.limit_A);
    return most;
  }

  /**
   * Greatest current it may still draw, A: a vehicle goes on at the value before for `settles_ms`
   * after the station has taken a lower one. To be asked once per cycle.
   */
  mayDraw_A(now: Instant, settles_ms: number): number {
    const kept = this.recent.filter((r) => between(r.at, now) <= settles_ms);
    this.recent = [...kept, { at: now, limit_A: this.inForce_A(now) }].slice(-RECENT_MAX);
    return Math.max(...this.recent.map((r) => r.limit_A));
  }

  /** Latest end of anything that may be in force; absent when nothing is. */
  endsAt(now: Instant): Instant | undefined {
    const ends = this.sent.filter((s) => s.ends_at > now).map((s) => s.ends_at);
    const lease = this.acknowledged(now);
    if (lease !== undefined) ends.push(lease.ends_at);
    return ends.length === 0 ? undefined : ends.reduce((a, b) => (a > b ? a : b));
  }

  /**
   * Smallest current within the window of a grid reading: what surely is part of it. 0 if unknown,
   * and once its meter has been silent for too long: it may draw less by now.
   */
  surely_A(gridAt: Instant): ThreePhase<number> {
    const from = gridAt - WINDOW_ms;
    const before = this.samples.filter((s) => s.at <= from).at(-1);
    const inside = this.samples.filter((s) => s.at > from && s.at <= gridAt);
    if (before === undefined || between(before.at, gridAt) > SURELY_AGE_MAX_ms) return [0, 0, 0];
    let least = before.current_A;
    for (const s of inside) least = mapPhases(least, (a, i) => Math.min(a, s.current_A[i]));
    return least;
  }

  /** Newest own meter values, while they are fresh. */
  measured_A(now: Instant, maxAge_ms: number): ThreePhase<number> | undefined {
    const last = this.samples.at(-1);
    return last !== undefined && between(last.at, now) <= maxAge_ms ? last.current_A : undefined;
  }
}
