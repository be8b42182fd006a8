/**
 * Drills: proofs in the field that a protection works. Pure reducer; the runtime only asks it
 * whether to leave a renewal out and tells it what it sees.
 *
 * Silence drill: one station's lease is not renewed; does it fall to its floor by itself, and in
 * what time? Line drill: the supervisor gives no edges; does the relay drop, do all stations on
 * it go to their cut value? Safety-concept "Plausibility": never while support above the limit is
 * granted, ended by any alarm.
 */
import { between, type Instant } from '../time';

export type DrillKind = 'silence' | 'line';

export interface Drill {
  readonly kind: DrillKind;
  /** Station of a silence drill, `line` otherwise. */
  readonly subject: string;
  readonly began: Instant;
  readonly phase: 'running' | 'passed' | 'failed' | 'aborted';
  /** Declared bound, s. */
  readonly bound_s: number;
  /** Measured from the last renewal or the last edge to the static value, s. */
  readonly measured_s?: number;
  readonly text: string;
}

/** What a drill is started on and judged by; all from the latest cycle. */
export interface DrillFacts {
  readonly mode: string;
  readonly support_W: number;
  readonly alarms: readonly string[];
  /** Lease of the station, if it is live and above the floor. */
  readonly raised: boolean;
  /** When that lease was last renewed. */
  readonly renewed_at?: Instant;
  readonly ttl_ms: number;
  /** Own meter of the station(s): greatest current above the static value, A; absent: unknown. */
  readonly aboveStatic_A?: number;
  readonly line: 'energised' | 'dropped' | 'unknown';
}

/** A current this close to static is static, A. */
const SLACK_A = 0.6;
/** Vehicle and one meter interval after the lease ended (safety-concept: TTL + 7 s), and 5 s. */
const AFTER_LEASE_ms = 12_000;
/** Line 4 s, vehicle 5 s, meter interval 5 s. */
const LINE_ms = 14_000;
/** Alarms that a drill itself raises. */
const EXPECTED: Readonly<Record<DrillKind, readonly string[]>> = {
  silence: [],
  line: ['line-dropped'],
};

/** Starts a drill, or says why not. Pure. */
export function startDrill(
  kind: DrillKind,
  subject: string,
  f: DrillFacts,
  now: Instant,
): Drill | { readonly refused: string } {
  if (f.mode !== 'normal') return { refused: `mode is ${f.mode}; drills start from normal only` };
  if (f.alarms.length > 0) return { refused: `alarms are active: ${f.alarms.join(', ')}` };
  if (f.support_W > 0) {
    return { refused: `${f.support_W.toFixed(0)} W of support above the limit are granted` };
  }
  if (kind === 'silence' && !f.raised) {
    return { refused: `${subject} holds no lease above its floor; start while it charges` };
  }
  const bound_ms = kind === 'silence' ? f.ttl_ms + AFTER_LEASE_ms : LINE_ms;
  const text = kind === 'silence' ? 'its lease is no longer renewed' : 'no edges are given';
  return { kind, subject, began: now, phase: 'running', bound_s: bound_ms / 1000, text };
}

/** The drill after one more cycle. Pure. */
export function nextDrill(drill: Drill, f: DrillFacts, now: Instant): Drill {
  if (drill.phase !== 'running') return drill;
  const foreign = f.alarms.filter((a) => !EXPECTED[drill.kind].includes(a));
  if (foreign.length > 0) return end(drill, 'aborted', `alarm ${foreign[0] ?? ''}`);
  const from = drill.kind === 'silence' ? (f.renewed_at ?? drill.began) : drill.began;
  const measured_s = between(from, now) / 1000;
  const fallen = drill.kind === 'silence' ? !f.raised : f.line === 'dropped';
  const atStatic = f.aboveStatic_A !== undefined && f.aboveStatic_A <= SLACK_A;
  if (fallen && atStatic) {
    const text = `at its static value ${measured_s.toFixed(1)} s after the last renewal`;
    return { ...end(drill, 'passed', text), measured_s };
  }
  if (measured_s <= drill.bound_s) return drill;
  const why = fallen
    ? `it still draws ${(f.aboveStatic_A ?? Number.NaN).toFixed(1)} A above static`
    : drill.kind === 'silence'
      ? 'its lease is still live'
      : 'the relay did not drop';
  return { ...end(drill, 'failed', `${why} after ${measured_s.toFixed(0)} s`), measured_s };
}

/** A person stops it. Pure. */
export const abortDrill = (drill: Drill): Drill =>
  drill.phase === 'running' ? end(drill, 'aborted', 'stopped by a person') : drill;

const end = (drill: Drill, phase: Drill['phase'], text: string): Drill => ({
  ...drill,
  phase,
  text,
});
