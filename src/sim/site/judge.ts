/**
 * The judge: INV-1 on true RMS values every 100 ms, at every node, per phase, import and export.
 *
 * (a) no sample over a limit unless a declared disturbance explains it; (b) after a disturbance the
 * excess ends within the node's declared reaction time with D <= 0.5; (c) while a part lies, is
 * deaf
 * or hostile, D < 0.8; (d) the averaged contract in each whole window. An excess that breaks its
 * rule is one violation, however long it lasts.
 */
import { advanceTrip, type Curve, type Site } from '../../site';
import { between, type Instant } from '../../time';
import { ContractWatch } from './contract';
import type { SiteTruth } from './truth';

/** Rounding of the simulation itself. */
const TOLERANCE = 1.0005;
const D_DISTURBED = 0.5;
const D_LYING = 0.8;

export interface Verdict {
  readonly node: string;
  readonly what: string;
  readonly from: Instant;
  readonly rule: 'a' | 'b' | 'c' | 'd';
  readonly text: string;
}

export interface JudgeReport {
  readonly violations: readonly Verdict[];
  readonly grid_peak_W: number;
  readonly grid_peak_VA: number;
  readonly phase_peak_A: readonly [number, number, number];
  readonly export_peak_W: number;
  readonly longest_excess_ms: number;
  readonly trip_integral_max: number;
}

interface Watch {
  readonly node: string;
  /** Where the truth has this node, if it keeps the site's order. */
  readonly index: number;
  readonly what: string;
  readonly limit: number;
  readonly curve?: Curve;
  readonly phase?: 0 | 1 | 2;
  since: Instant | undefined;
  /** What explained the excess when it began. */
  explained: 'none' | 'disturbance' | 'lying';
  d: number;
  judged: boolean;
}

export class Judge {
  private readonly watches: Watch[];
  private readonly reaction_ms: ReadonlyMap<string, number>;
  private readonly violations: Verdict[] = [];
  private readonly contract:
    { readonly watch: ContractWatch; readonly wall_ms: () => number } | undefined;
  private disturbedAt: Instant | undefined;
  private lying = false;
  private lyingEnded: Instant | undefined;
  private peak_W = 0;
  private peak_VA = 0;
  private export_W = 0;
  private readonly peaks_A: [number, number, number] = [0, 0, 0];
  private longest_ms = 0;
  private tripMax = 0;

  /** `wall_ms`: contract windows lie on the wall clock; without it the contract is not judged. */
  constructor(site: Site, reaction_ms: ReadonlyMap<string, number>, wall_ms?: () => number) {
    this.reaction_ms = reaction_ms;
    const { contract_10min_W } = site.connection;
    if (contract_10min_W !== undefined && wall_ms !== undefined) {
      this.contract = { watch: new ContractWatch(contract_10min_W), wall_ms };
    }
    this.watches = site.nodes.flatMap((node, index) => {
      const begin = { since: undefined, explained: 'none' as const, d: 0, judged: false };
      const base = { node: node.id, index, ...begin };
      const phases = ([0, 1, 2] as const).map((phase) => ({
        ...base,
        what: `L${phase + 1}`,
        limit: node.import_A,
        curve: node.curve,
        phase,
      }));
      const VA =
        node.apparent_VA === undefined ? [] : [{ ...base, what: 'VA', limit: node.apparent_VA }];
      const exported =
        node.export_W === undefined ? [] : [{ ...base, what: 'export', limit: node.export_W }];
      return [...phases, ...VA, ...exported];
    });
  }

  /** A declared disturbance (base-load step, loss of BESS or PV) happens now. */
  disturb(now: Instant): void {
    this.disturbedAt = now;
  }

  /** A part begins or ends to lie, to be deaf or hostile. */
  setLying(lying: boolean, now: Instant): void {
    if (this.lying && !lying) this.lyingEnded = now;
    this.lying = lying;
  }

  /** Judges one sample that stands for `dt_s`. */
  sample(truth: SiteTruth, now: Instant, dt_s: number): void {
    const [grid] = truth.nodes;
    if (grid !== undefined) {
      const power = grid.power_W[0] + grid.power_W[1] + grid.power_W[2];
      this.peak_W = Math.max(this.peak_W, power);
      const { contract } = this;
      const mean_W = contract?.watch.sample(power, contract.wall_ms(), dt_s * 1000);
      if (mean_W !== undefined) {
        const text = `mean of ten minutes ${mean_W.toFixed(0)} W over the contract`;
        this.violations.push({ node: 'grid', what: 'contract', from: now, rule: 'd', text });
      }
      this.export_W = Math.max(this.export_W, 0 - power);
      this.peak_VA = Math.max(this.peak_VA, grid.apparent_VA);
      for (const i of [0, 1, 2] as const) {
        this.peaks_A[i] = Math.max(this.peaks_A[i], grid.current_A[i]);
      }
    }
    for (const watch of this.watches) this.look(watch, truth, now, dt_s);
  }

  private look(watch: Watch, truth: SiteTruth, now: Instant, dt_s: number): void {
    const there = truth.nodes[watch.index];
    const node = there?.id === watch.node ? there : truth.nodes.find((n) => n.id === watch.node);
    if (node === undefined) return;
    const value =
      watch.phase !== undefined
        ? node.current_A[watch.phase]
        : watch.what === 'VA'
          ? node.apparent_VA
          : 0 - (node.power_W[0] + node.power_W[1] + node.power_W[2]);
    if (watch.curve !== undefined) {
      watch.d = advanceTrip(watch.curve, watch.d, value, dt_s);
      this.tripMax = Math.max(this.tripMax, watch.d);
    }
    if (value <= watch.limit * TOLERANCE) {
      watch.since = undefined;
      watch.judged = false;
      return;
    }
    if (watch.since === undefined) {
      watch.since = now;
      watch.explained = this.explanation(watch.node, now);
    }
    this.longest_ms = Math.max(this.longest_ms, between(watch.since, now) + dt_s * 1000);
    this.judge(watch, watch.since, value, now);
  }

  private explanation(node: string, now: Instant): Watch['explained'] {
    const reaction_ms = this.reaction_ms.get(node) ?? 10_000;
    const lied = this.lyingEnded !== undefined && between(this.lyingEnded, now) <= 2 * reaction_ms;
    if (this.lying || lied) return 'lying';
    const near = this.disturbedAt !== undefined && between(this.disturbedAt, now) <= reaction_ms;
    return near ? 'disturbance' : 'none';
  }

  private judge(watch: Watch, since: Instant, value: number, now: Instant): void {
    if (watch.judged) return;
    const over = `${watch.node} ${watch.what}: ${value.toFixed(1)} over ${watch.limit}`;
    const convict = (rule: Verdict['rule'], text: string): void => {
      watch.judged = true;
      const { node, what } = watch;
      this.violations.push({ node, what, from: since, rule, text: `${over}; ${text}` });
    };
    if (watch.explained === 'none') return convict('a', 'nothing explains it');
    if (watch.explained === 'lying') {
      if (watch.d >= D_LYING) convict('c', `D = ${watch.d.toFixed(2)}`);
      return;
    }
    const allowed_ms = this.reaction_ms.get(watch.node) ?? 10_000;
    const lasted_ms = between(since, now);
    if (lasted_ms > allowed_ms) convict('b', `lasts ${(lasted_ms / 1000).toFixed(1)} s`);
    else if (watch.d > D_DISTURBED) convict('b', `D = ${watch.d.toFixed(2)}`);
  }

  report(): JudgeReport {
    return {
      violations: this.violations,
      grid_peak_W: this.peak_W,
      grid_peak_VA: this.peak_VA,
      phase_peak_A: [...this.peaks_A],
      export_peak_W: this.export_W,
      longest_excess_ms: this.longest_ms,
      trip_integral_max: this.tripMax,
    };
  }
}
