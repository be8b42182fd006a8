import { between, type Instant } from '../../time';
import { type Fault, type FaultHooks, FAULTS } from './faults';

export interface FaultResult {
  readonly fault: string;
  readonly at_s: number;
  readonly detected_s: number | null;
  readonly static_commanded_s: number | null;
  readonly static_true_s: number | null;
  readonly recovered_s: number | null;
}

interface Running {
  readonly fault: Fault;
  readonly began: Instant;
  detected?: Instant;
  staticCommanded?: Instant;
  staticTrue?: Instant;
  ended?: Instant;
  recovered?: Instant;
  leftNormal: boolean;
}

/** Current above static by more than this is not static yet, A. */
const SLACK_A = 0.6;

/** Begins and ends faults and watches what the site does about them. Sampled each 100 ms. */
export class FaultRun {
  private readonly hooks: FaultHooks;
  private readonly start: Instant;
  private readonly runs: Running[] = [];

  constructor(hooks: FaultHooks, start: Instant) {
    this.hooks = hooks;
    this.start = start;
  }

  active(fault: Fault): boolean {
    return this.runs.some((r) => r.fault === fault && r.ended === undefined);
  }

  begin(fault: Fault, now: Instant): void {
    if (this.active(fault)) return;
    fault.begin(this.hooks, now);
    this.runs.push({ fault, began: now, leftNormal: false });
    this.updateJudge(now);
  }

  end(fault: Fault, now: Instant): void {
    const run = this.runs.find((r) => r.fault === fault && r.ended === undefined);
    if (run === undefined) return;
    fault.end(this.hooks, now);
    run.ended = now;
    this.updateJudge(now);
  }

  toggle(key: string, now: Instant): Fault | undefined {
    const fault = FAULTS.find((f) => f.key === key);
    if (fault === undefined) return undefined;
    if (this.active(fault)) this.end(fault, now);
    else this.begin(fault, now);
    return fault;
  }

  names(): readonly string[] {
    return this.runs.filter((r) => r.ended === undefined).map((r) => r.fault.name);
  }

  private updateJudge(now: Instant): void {
    const lying = this.runs.some((r) => r.ended === undefined && r.fault.lying);
    this.hooks.rig.sim.judge.setLying(lying, now);
  }

  /** Looks at the site once. */
  watch(now: Instant): void {
    for (const run of this.runs) if (run.recovered === undefined) this.look(run, now);
  }

  private look(run: Running, now: Instant): void {
    const { rig } = this.hooks;
    const snapshot = rig.runtime.snapshot();
    const normal = snapshot?.mode === 'normal' && !rig.siteTimers.isHeld;
    const withheld = rig.supervisor.report().line === 'open';
    const alarmed = snapshot?.alarms.some(
      (a) => run.fault.alarms.includes(a.id) && a.raised_at >= run.began,
    );
    if (alarmed === true || withheld) run.detected ??= now;
    if (!normal || alarmed === true || withheld) run.leftNormal = true;
    if (run.fault.toStatic) {
      if (this.commandedStatic(now)) run.staticCommanded ??= now;
      if (run.staticCommanded !== undefined && this.trulyStatic(now)) run.staticTrue ??= now;
    }
    if (run.ended === undefined) return;
    const quiet = alarmed !== true && !withheld;
    const mustLeave = run.fault.toStatic && !run.leftNormal;
    if (normal && quiet && !mustLeave && between(run.ended, now) > 0) run.recovered = now;
  }

  /**
   * Every value the stations hold is at static: commanded so, cleared, expired or cut by the line.
   */
  private commandedStatic(now: Instant): boolean {
    const { rig } = this.hooks;
    if (!rig.line.energised(now)) return true;
    const snapshot = rig.runtime.snapshot();
    if (snapshot === undefined || rig.siteTimers.isHeld) {
      return rig.fleet.images(now).every((i) => i.lease === undefined);
    }
    return snapshot.stations.every((s) => s.limit_A <= s.static_A);
  }

  private trulyStatic(now: Instant): boolean {
    const { rig } = this.hooks;
    return rig.facts.site.stations.every((s) => {
      const current = rig.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
      return current.every((a) => a <= s.static_A + SLACK_A);
    });
  }

  results(): readonly FaultResult[] {
    return this.runs.map((r) => {
      const s = (at: Instant | undefined): number | null =>
        at === undefined ? null : Math.round(between(r.began, at) / 10) / 100;
      return {
        fault: r.fault.name,
        at_s: Math.round(between(this.start, r.began) / 100) / 10,
        detected_s: s(r.detected),
        static_commanded_s: s(r.staticCommanded),
        static_true_s: s(r.staticTrue),
        recovered_s: s(r.recovered),
      };
    });
  }
}
