/** What a fault of the site campaign is made of. */
import type { Injected } from '../../../src/runtime';
import type { SiteUnderTest, VirtualOptions } from '../../../src/sim/composition';
import type { Clock, Instant, Timers } from '../../../src/time';

/** What a case may touch, in the virtual and in the real composition alike. */
export interface CaseRun {
  readonly rig: SiteUnderTest;
  /** The site's clock; its wall clock can be wrong by so much. */
  readonly time: Clock & Timers & { wallOffset_ms: number };
  readonly segments: ReadonlyMap<string, { plugged: boolean }>;
  readonly uplink: CaseUplink;
  /** When the fault begins. */
  readonly fault_at: Instant;
}

export interface CaseUplink {
  setUp(up: boolean): void;
  /** Nothing arrives, nothing is closed. */
  setDeaf(deaf: boolean): void;
  /** What the site takes the link for, whatever it is; a negative control. */
  believe(up: boolean): void;
}

export interface SiteFault {
  readonly id: string;
  readonly says: string;
  /** Seconds it lasts; absent: to the end. */
  readonly for_s?: number;
  /** INV-1 (c) instead of (b): a part lies, is deaf or hostile. */
  readonly lying?: boolean;
  /** A disturbance inside the declared envelope, INV-1 (b). */
  readonly disturbance?: boolean;
  /** A base load that hardly moves, declared as closely: energies can be added up. */
  readonly tightBase?: boolean;
  /** A site on which the case is harder than on the demo's. */
  readonly site?: (demo: VirtualOptions['site']) => VirtualOptions['site'];
  /** Sun and base load of one run. */
  readonly world?: () => Pick<VirtualOptions, 'irradiance' | 'baseLoad'>;
  readonly begin: (run: CaseRun, now: Instant) => void;
  readonly end?: (run: CaseRun, now: Instant) => void;
  /** Steps of the cycle replaced from the start (planted defects, not weakened protections). */
  readonly inject?: Inject;
  readonly expect: Expectation;
  readonly control: Control;
}

/** The run is asked for only while it runs: it does not exist when steps are replaced. */
export type Inject = (run: () => CaseRun) => Injected;

/** Bars, in seconds after the fault began; absent: not asked for. */
export interface Expectation {
  readonly detected_s?: number;
  readonly static_true_s?: number;
  readonly lineDrops?: boolean;
  readonly leavesNormal?: boolean;
}

/** One protection switched off by injection; the run must then fail on the named assert. */
export interface Control {
  readonly disabled: string;
  readonly fails: 'violations' | 'static_true_s' | 'detected_s' | 'leavesNormal' | 'lineDrops';
  readonly inject?: Inject;
  /** Other options of the composition from the start. */
  readonly options?: Pick<VirtualOptions, 'contingency_A' | 'stationFlaws' | 'stationGate'>;
  /** At the moment of the fault, just before it. */
  readonly weaken?: (run: CaseRun) => void;
}
