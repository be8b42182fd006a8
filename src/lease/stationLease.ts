import type { AcknowledgedLease, StationLease } from '../model';
import { between, type Instant, later } from '../time';

/** A lease shorter than this is not worth a profile write; the station stays at its floor. */
export const TTL_MIN_ms = 5_000;
/** Changes below this are not written while the old value is still within the decision, A. */
const DEAD_BAND_A = 1;

export interface StationLeaseRules {
  readonly station: string;
  readonly floor_A: number;
  readonly ttl_ms: number;
  readonly minRenew_ms: number;
}

/** What is known about the station's lease at the latch. */
export interface StationLeaseView {
  readonly acknowledged?: AcknowledgedLease;
  /** Last value sent and when; it may be in force although unacknowledged. */
  readonly sent?: { readonly limit_A: number; readonly at: Instant };
}

/**
 * The action for one station. `wanted_A` is the decision; `until` bounds the lease end (absent: no
 * BESS support in it). Below or at the floor without a live lease nothing is written: the floor
 * holds by itself. Pure.
 */
export function nextStationLease(
  rules: StationLeaseRules,
  view: StationLeaseView,
  wanted_A: number,
  now: Instant,
  until?: Instant,
): StationLease {
  const room_ms = until === undefined ? rules.ttl_ms : between(now, until);
  const ttl_ms = Math.min(rules.ttl_ms, room_ms);
  const raised = wanted_A > rules.floor_A + 1e-9;
  const usable = raised && ttl_ms < TTL_MIN_ms ? rules.floor_A : wanted_A;
  const make = (action: StationLease['action'], limit_A: number): StationLease => ({
    station: rules.station,
    limit_A: limit_A as StationLease['limit_A'],
    action,
    ttl_ms: Math.max(ttl_ms, TTL_MIN_ms),
  });
  const live = liveLease(view, now);
  const atFloor = Math.abs(usable - rules.floor_A) < 1e-9;
  if (live === undefined) {
    if (!atFloor) return make('grant', usable);
    return make(unanswered(rules, view, now) ? 'clear' : 'keep', usable);
  }
  if (atFloor) return make('clear', rules.floor_A);
  if (usable < live.limit_A - 1e-9) return make('lower', usable);
  // A lease that outlives what it rests on is shortened at once, whatever the write interval.
  if (until !== undefined && live.ends_at > until) return make('renew', usable);
  const sinceWrite_ms = between(live.at, now);
  const mayWrite = sinceWrite_ms >= rules.minRenew_ms;
  if (usable >= live.limit_A + DEAD_BAND_A && mayWrite) return make('grant', usable);
  const due = between(now, live.ends_at) <= (rules.ttl_ms * 2) / 3;
  if (due && mayWrite) return make('renew', usable);
  return make('keep', live.limit_A);
}

interface LiveLease {
  readonly limit_A: number;
  readonly at: Instant;
  readonly ends_at: Instant;
}

/** Whether a write without an answer may still hold the station above its floor. */
function unanswered(rules: StationLeaseRules, view: StationLeaseView, now: Instant): boolean {
  const { sent } = view;
  if (sent === undefined || sent.limit_A <= rules.floor_A) return false;
  return later(sent.at, rules.ttl_ms) > now;
}

function liveLease(view: StationLeaseView, now: Instant): LiveLease | undefined {
  const a = view.acknowledged;
  if (a === undefined || a.ends_at <= now) return undefined;
  const sent = view.sent;
  const at = sent === undefined ? a.acknowledged_at : sent.at;
  const limit_A = sent === undefined ? a.limit_A : Math.max(a.limit_A, sent.limit_A);
  return { limit_A, at, ends_at: a.ends_at };
}
