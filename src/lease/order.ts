import { type Instant, later } from '../time';

/**
 * Latest instant up to which a station lease may run on BESS support: the end of the BESS lease
 * less
 * the reaction of the loads (SAFETY.md "Leases"). Pure.
 */
export const supportUntil = (bessEnds_at: Instant, reaction_ms: number): Instant =>
  later(bessEnds_at, -reaction_ms);
