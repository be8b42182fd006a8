import type { ActiveAlarm } from '../alarm';
import type { Links, Mode, Reason } from '../model';
import type { ThreePhase } from '../units';
import type { PlanView } from './planMessages';

/** One station as people see it. */
export interface StationView {
  readonly id: string;
  readonly connected: boolean;
  readonly status: string;
  readonly power_W?: number;
  readonly limit_A: number;
  readonly static_A: number;
  readonly max_A: number;
  readonly phases: number;
  /** Seconds until the lease ends by itself; absent at the static limit. */
  readonly leaseLeft_s?: number;
  /** Most binding first. */
  readonly reasons: readonly Reason[];
  readonly floorVerified: boolean;
}

export interface StorageView {
  readonly id: string;
  readonly kind: 'bess' | 'pv';
  readonly power_W?: number;
  readonly soc?: number;
  readonly setpoint_W?: number;
  readonly leaseLeft_s?: number;
  readonly reasons: readonly Reason[];
}

/** The site at the end of one cycle: what the view, `why`, the uplink and the console show. */
export interface SiteSnapshot {
  readonly site: string;
  readonly bootId: string;
  readonly cycle: number;
  readonly wall_ms: number;
  readonly mode: Mode;
  readonly modeWhy: string;
  readonly modeSince_s: number;
  readonly links: Links;
  readonly line: string;
  readonly grid?: {
    readonly power_W: number;
    readonly current_A: ThreePhase<number>;
    readonly age_ms: number;
  };
  readonly gridHealth: string;
  /** Least of connection, averaged contract and grid operator at this instant. */
  readonly importLimit_W: number;
  readonly importLimit_A: number;
  readonly nominal_V: number;
  readonly support_W: number;
  readonly supportCap_W: number;
  readonly capCost_W: number;
  readonly reaction_s: number;
  readonly stations: readonly StationView[];
  readonly storage: readonly StorageView[];
  /** The slow loop's advice and its review; absent where nothing is planned. */
  readonly plan?: PlanView;
  readonly alarms: readonly ActiveAlarm[];
  readonly cycle_ms: number;
  readonly leasesAcknowledged: number;
}
