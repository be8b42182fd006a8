import type { StationImage } from '../model';
import { between, type Instant } from '../time';

/**
 * As long as a station's meter value counts at most: stations meter each 5 s. Shorter than the
 * supervisor's patience with a contradiction, so that a station that falls silent while its vehicle
 * leaves is none.
 */
const METERED_MAX_ms = 8500;

/**
 * What the stations draw at least by their own meters, W. One that has not metered lately may draw
 * nothing by now: neither its last value nor its silence may speak against the grid meter. Pure.
 */
export function stationsLeast_W(images: readonly StationImage[], now: Instant): number {
  let sum_W = 0;
  for (const { power_W, metered_at } of images) {
    if (power_W === undefined || metered_at === undefined) continue;
    if (between(metered_at, now) <= METERED_MAX_ms) sum_W += power_W;
  }
  return sum_W;
}
