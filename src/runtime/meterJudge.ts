import { absent } from '../model';
import { type Instant, passed } from '../time';
import { energyFacts } from './energyFacts';
import { believed, nextEnergy, NO_ENERGY } from './energyWatch';
import type { GridWatch } from './gridWatch';
import { judgeGrid, type LatchSources } from './latch';

/**
 * Whether the grid meter is believed at this instant: by its readings, by ten minutes of energy,
 * and never during a meter drill.
 */
export class MeterJudge {
  private readonly byReading: typeof judgeGrid;
  private readonly byEnergy: boolean;
  private energy = NO_ENERGY;
  private readonly unusedUntil: () => Instant | undefined;

  /**
   * Until `unusedUntil` the meter counts as silent: a meter drill. Negative controls replace
   * `byReading` or leave `byEnergy` out.
   */
  constructor(
    unusedUntil: () => Instant | undefined,
    byReading: typeof judgeGrid = judgeGrid,
    byEnergy = true,
  ) {
    this.unusedUntil = unusedUntil;
    this.byReading = byReading;
    this.byEnergy = byEnergy;
  }

  /** Called once per cycle. */
  judge(from: LatchSources, now: Instant): GridWatch {
    if (this.byEnergy) this.energy = nextEnergy(this.energy, energyFacts(from, now), now);
    const until = this.unusedUntil();
    if (until !== undefined && !passed(until, now)) {
      const why = 'meter drill: its answers are left unused';
      return { health: 'silent', why, reading: absent('stale', why) };
    }
    return believed(this.byReading(from, now), this.energy);
  }

  /** Why ten minutes of energy contradict the meter; absent while they do not. */
  energyWhy(): string | undefined {
    return this.energy.why;
  }
}
