import type { DeviceLease } from '../model';
import { between, type Instant } from '../time';

export interface BessLeaseWish {
  /** Decided power, W; positive = discharge. */
  readonly wanted_W: number;
  readonly dischargeTtl_ms: number;
  readonly chargeTtl_ms: number;
  /** Smallest change worth a write, W. */
  readonly deadBand_W: number;
}

export type BessLeaseAction =
  | { readonly action: 'keep' }
  | {
      readonly action: 'grant' | 'renew' | 'clear';
      readonly value_W: number;
      readonly ttl_ms: number;
    };

/**
 * The action for one BESS: a new value or a renewal each third of its TTL while it is not 0; at 0 a
 * live lease is cleared once and then left alone. Pure.
 */
export function nextBessLease(
  wish: BessLeaseWish,
  lease: DeviceLease | undefined,
  now: Instant,
): BessLeaseAction {
  const ttl_ms = wish.wanted_W >= 0 ? wish.dischargeTtl_ms : wish.chargeTtl_ms;
  const live = lease !== undefined && lease.ends_at > now ? lease : undefined;
  if (wish.wanted_W === 0) {
    if (live === undefined || live.value === 0) return { action: 'keep' };
    return { action: 'clear', value_W: 0, ttl_ms };
  }
  if (live === undefined) return { action: 'grant', value_W: wish.wanted_W, ttl_ms };
  const changed = Math.abs(live.value - wish.wanted_W) >= wish.deadBand_W;
  const turned = Math.sign(live.value) !== Math.sign(wish.wanted_W);
  if (changed || turned) return { action: 'grant', value_W: wish.wanted_W, ttl_ms };
  if (between(now, live.ends_at) > (ttl_ms * 2) / 3) return { action: 'keep' };
  return { action: 'renew', value_W: wish.wanted_W, ttl_ms };
}
