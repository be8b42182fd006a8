import { later, passed, type Instant } from '../../time';

/** Dead time and slope of an inverter's power stage. */
export interface PowerStage {
  readonly dead_ms: number;
  /** W per ms. */
  readonly slope: number;
}

interface Waiting {
  readonly due_at: Instant;
  readonly target_W: number;
}

/** Power that follows a target after a dead time, with a limited slope. */
export class DelayedPower {
  readonly #stage: PowerStage;
  readonly #waiting: Waiting[] = [];
  #asked_W: number;
  #target_W: number;
  power_W: number;

  constructor(stage: PowerStage, start_W: number) {
    this.#stage = stage;
    this.#asked_W = start_W;
    this.#target_W = start_W;
    this.power_W = start_W;
  }

  /**
   * Asks for a target at `now`; acts after the dead time. Moves the power on by `dt_ms` and then
   * into min_W..max_W at once: a protection has no slope.
   */
  step(now: Instant, dt_ms: number, asked_W: number, min_W: number, max_W: number): void {
    if (asked_W !== this.#asked_W) {
      this.#asked_W = asked_W;
      this.#waiting.push({ due_at: later(now, this.#stage.dead_ms), target_W: asked_W });
    }
    let next = this.#waiting[0];
    while (next !== undefined && passed(next.due_at, now)) {
      this.#target_W = next.target_W;
      this.#waiting.shift();
      next = this.#waiting[0];
    }
    const most = this.#stage.slope * dt_ms;
    const change = Math.max(-most, Math.min(most, this.#target_W - this.power_W));
    this.power_W = Math.max(min_W, Math.min(max_W, this.power_W + change));
  }
}

/**
 * A power stage that reaches a full step within `reaction_ms`: half of it dead time, half slope.
 * Pure.
 */
export const stageFor = (reaction_ms: number, step_W: number): PowerStage => ({
  dead_ms: reaction_ms / 2,
  slope: step_W / (reaction_ms / 2),
});
