import type { ThreePhase } from '../../units';

/** True RMS values of one node at one instant. */
export interface NodeTruth {
  readonly id: string;
  /** Magnitude per phase, A. */
  readonly current_A: ThreePhase<number>;
  /** Active power per phase, W, positive = import. */
  readonly power_W: ThreePhase<number>;
  readonly apparent_VA: number;
}

export interface SiteTruth {
  readonly voltage_V: ThreePhase<number>;
  readonly nodes: readonly NodeTruth[];
  readonly bess_W: number;
  readonly pv_W: number;
  readonly stations_W: number;
  readonly base_W: number;
}
