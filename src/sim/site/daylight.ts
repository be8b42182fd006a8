import { between, type Instant } from '../../time';
import { seededRandom, seedFor } from '../random';

/**
 * Irradiance as a share of the rating: a slow half sine starting at `start` with passing clouds.
 * Seeded; the same instant always gives the same value when asked in order.
 */
export function daylight(seed: number, start: Instant, level = 0.6): (now: Instant) => number {
  const random = seededRandom(seedFor(seed, 'daylight'));
  let cloud = 1;
  let target = 1;
  let last = start;
  return (now) => {
    const dt_s = Math.max(0, between(last, now) / 1000);
    last = now;
    if (random() < dt_s / 45) target = 0.5 + 0.5 * random();
    cloud += Math.max(-1, Math.min(1, (target - cloud) * 10)) * 0.04 * dt_s;
    const hours = between(start, now) / 3_600_000;
    const arc = Math.max(0, Math.cos(((hours % 24) / 24) * 2 * Math.PI));
    return Math.max(0, Math.min(1, level * arc * cloud));
  };
}
