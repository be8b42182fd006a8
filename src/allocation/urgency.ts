/**
 * Least laxity in the form of weights: where departure and need are known, a session weighs more
 * the less time it can spare. Weights, not an order, because an order leaves one phase full and
 * the others empty; measured against both in the benchmark `caltech-3p-30`.
 */
import { between, type Instant } from '../time';
import { positiveOr } from './sane';
import type { AllocationStation } from './types';

/** Spare time assumed where nothing is known, and the most that counts, h. */
const UNKNOWN_h = 4;
const LAXITY_MAX_h = 24;
/** Keeps the weight of a session without spare time finite, h. */
const LEAST_h = 0.1;
const HOUR_ms = 3_600_000;

export interface Urgency {
  /** Whether any session says when it leaves and what it needs. */
  readonly any: boolean;
  /** By station: spare time, h; UNKNOWN_h where nothing is known. */
  readonly laxity_h: Float64Array;
  readonly known: Uint8Array;
}

/** Spare time of each session: time left less the time its need takes at full power. Pure. */
export function urgencyOf(
  stations: readonly AllocationStation[],
  nominal_V: number,
  now: Instant,
): Urgency {
  const laxity_h = new Float64Array(stations.length).fill(UNKNOWN_h);
  const known = new Uint8Array(stations.length);
  let any = false;
  stations.forEach((s, i) => {
    if (s.departs_at === undefined || s.energyNeed_Wh === undefined) return;
    const left_h = between(now, s.departs_at) / HOUR_ms;
    const need_Wh = positiveOr(s.energyNeed_Wh, 0) - positiveOr(s.delivered_Wh, 0);
    const rated_W = positiveOr(s.max_A, 0) * nominal_V * Math.max(1, s.wiring.length);
    // Who should have left, or has all that was asked for, tells nothing any more.
    if (!(left_h > 0) || need_Wh <= 0 || rated_W <= 0) return;
    laxity_h[i] = Math.min(LAXITY_MAX_h, Math.max(0, left_h - need_Wh / rated_W));
    known[i] = 1;
    any = true;
  });
  return { any, laxity_h, known };
}

/** Weight by spare time. Pure. */
export const weightOf = (laxity_h: number): number => 1 / (laxity_h + LEAST_h) ** 2;
