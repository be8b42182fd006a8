/** What a fault of the site campaign is made of. */
import type { Injected } from '../../../src/runtime';
import type { VirtualOptions, VirtualRun } from '../../../src/sim/composition';
import type { Instant } from '../../../src/time';

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
  readonly begin: (run: VirtualRun, now: Instant) => void;
  readonly end?: (run: VirtualRun, now: Instant) => void;
  /** Steps of the cycle replaced from the start (planted defects, not weakened protections). */
  readonly inject?: Inject;
  readonly expect: Expectation;
  readonly control: Control;
}

/** The run is asked for only while it runs: it does not exist when steps are replaced. */
export type Inject = (run: () => VirtualRun) => Injected;

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
  readonly options?: Pick<VirtualOptions, 'contingency_A' | 'stationFlaws'>;
  /** At the moment of the fault, just before it. */
  readonly weaken?: (run: VirtualRun) => void;
}
