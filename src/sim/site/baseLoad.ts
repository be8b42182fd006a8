/** The uncontrolled load of a site: everything but stations and BESS. */
import type { ThreePhase } from '../../units';
import { seededRandom, seedFor } from '../random';

export interface BaseLoad {
  /** Current per phase, A, after `dt_s` more. */
  step(dt_s: number): ThreePhase<number>;
  /** Adds a step, A per phase (negative removes it); the declared disturbance of INV-1 (b). */
  jump(by_A: number): void;
}

/** The same current for ever, plus jumps. */
export function steadyBaseLoad(current_A: number): BaseLoad {
  let level = current_A;
  return {
    step: () => [level, level, level],
    jump: (by_A) => {
      level = Math.max(0, level + by_A);
    },
  };
}

/** Largest drift, A per second; a building, not a welding shop. */
const DRIFT_A_PER_S = 0.15;
/** Fast noise of many small appliances, A. */
const NOISE_A = 0.3;

/** A seeded walk between `low_A` and `high_A`, each phase on its own. */
export function walkingBaseLoad(low_A: number, high_A: number, seed: number): BaseLoad {
  const random = seededRandom(seedFor(seed, 'base load'));
  const span = high_A - low_A;
  const levels: [number, number, number] = [0, 0, 0];
  const targets: [number, number, number] = [0, 0, 0];
  for (const i of [0, 1, 2] as const) {
    levels[i] = low_A + span * random();
    targets[i] = levels[i];
  }
  let extra_A = 0;
  return {
    step(dt_s) {
      for (const i of [0, 1, 2] as const) {
        if (random() < dt_s / 60) targets[i] = low_A + span * random();
        const move = Math.max(-1, Math.min(1, targets[i] - levels[i])) * DRIFT_A_PER_S * dt_s;
        levels[i] = Math.max(low_A, Math.min(high_A, levels[i] + move));
      }
      const noise = (): number => NOISE_A * (random() - 0.5);
      const at = (i: 0 | 1 | 2): number => Math.max(0, levels[i] + extra_A + noise());
      return [at(0), at(1), at(2)];
    },
    jump: (by_A) => {
      extra_A += by_A;
    },
  };
}
