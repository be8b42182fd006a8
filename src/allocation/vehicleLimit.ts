/**
 * What the vehicle takes when it takes less than it may (its own charger, a full battery, the
 * taper of DC): the rest of its share is of use to others.
 */
import { between, type Instant } from '../time';
import type { StationMemory } from './memory';

/** Station 2 s, vehicle 5 s, meter interval 5 s, and as much again: then the difference is real. */
const SETTLED_ms = 20_000;
const GAP_A = 1.5;
const GAP_SHARE = 0.1;
/** Room above what it takes, so that a wish for more is seen. */
const HEADROOM_A = 2;
const HEADROOM_SHARE = 0.1;
/** It takes all but this: it may want more. */
const FULL_USE_A = 1;

export interface VehicleLimit {
  /** Learned bound, A; absent: none. */
  readonly learned_A?: number;
  readonly slackSince?: Instant;
}

/** One step of the learning; `measured_A` NaN: unknown. Pure. */
export function nextVehicleLimit(
  before: StationMemory | undefined,
  fact: {
    readonly measured_A: number;
    readonly commanded_A: number;
    readonly minStart_A: number;
  },
  now: Instant,
): VehicleLimit {
  const { measured_A, commanded_A, minStart_A } = fact;
  if (Number.isNaN(measured_A)) return {};
  const wish = Math.max(minStart_A, measured_A * (1 + HEADROOM_SHARE) + HEADROOM_A);
  const learned = before?.learned_A;
  if (learned !== undefined && measured_A >= learned - FULL_USE_A) return {};
  const kept = learned === undefined ? {} : { learned_A: learned };
  const bound = learned ?? commanded_A;
  const gap = learned === undefined ? Math.max(GAP_A, GAP_SHARE * commanded_A) : FULL_USE_A;
  const slack = learned === undefined ? measured_A < bound - gap : wish < bound - gap;
  if (!slack || wish >= bound) return kept;
  const since = before?.slackSince ?? now;
  if (between(since, now) < SETTLED_ms) return { ...kept, slackSince: since };
  return { learned_A: wish };
}
