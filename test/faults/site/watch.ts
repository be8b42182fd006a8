/** What is looked at in each run of a case, and its bars. */
import type { Bar } from '../../../scripts/campaign';
import { between, type Instant, later } from '../../../src/time';
import type { CaseRun, Control, SiteFault } from './types';

/** Current above static by more than this is not static yet, A. */
const SLACK_A = 0.6;
const LOOK_ms = 100;

/** What one run showed; times in seconds after the fault began. */
export interface Seen {
  detected_s: number | undefined;
  static_true_s: number | undefined;
  line_dropped: boolean;
  left_normal: boolean;
  violations: number;
  trip_integral: number;
  excess_ms: number;
}

export const nothingSeen = (): Seen => ({
  detected_s: undefined,
  static_true_s: undefined,
  line_dropped: false,
  left_normal: false,
  violations: 0,
  trip_integral: 0,
  excess_ms: 0,
});

/** Begins the fault, with a protection switched off if asked, and watches what follows. */
export function beginFault(fault: SiteFault, run: CaseRun, control?: Control): Seen {
  const seen = nothingSeen();
  const at = run.fault_at;
  if (fault.lying === true) run.rig.sim.judge.setLying(true, at);
  if (fault.disturbance === true) run.rig.sim.judge.disturb(at);
  control?.weaken?.(run);
  const before = alarmsOf(run);
  fault.begin(run, at);
  watch(run, seen, before);
  return seen;
}

export function endFault(fault: SiteFault, run: CaseRun): void {
  const now = run.time.now();
  fault.end?.(run, now);
  if (fault.lying === true) run.rig.sim.judge.setLying(false, now);
}

const alarmsOf = ({ rig }: CaseRun): ReadonlySet<string> =>
  new Set(rig.runtime.snapshot()?.alarms.map((a) => `${a.id} ${a.subject}`));

/** A healthy site gives an edge each second. */
const EDGE_LATE_ms = 1500;

/** Looks every 100 ms: noticed, left normal, line dropped, truly static. */
function watch(run: CaseRun, seen: Seen, before: ReadonlySet<string>): void {
  const { rig, time, fault_at } = run;
  let edges = rig.line.edgeCount;
  let edge_at = fault_at;
  const look = (due: Instant): void => {
    const now = time.now();
    if (rig.line.edgeCount !== edges) edge_at = now;
    edges = rig.line.edgeCount;
    const s = between(fault_at, now) / 1000;
    const snapshot = rig.runtime.snapshot();
    const alarmed = [...alarmsOf(run)].some((a) => !before.has(a));
    const withheld = between(edge_at, now) > EDGE_LATE_ms || !rig.line.energised(now);
    if (alarmed || withheld) seen.detected_s ??= s;
    if (!rig.line.energised(now)) seen.line_dropped = true;
    if (snapshot !== undefined && snapshot.mode !== 'normal') seen.left_normal = true;
    if (trulyStatic(run, now) && (alarmed || withheld || s > 1)) seen.static_true_s ??= s;
    const next = later(now - due > 1000 ? now : due, LOOK_ms);
    time.at(next, () => look(next));
  };
  look(time.now());
}

function trulyStatic({ rig }: CaseRun, now: Instant): boolean {
  return rig.facts.site.stations.every((station) => {
    const current = rig.sim.stations.station(station.id)?.trueCurrent_A(now) ?? [0, 0, 0];
    return current.every((a) => a <= station.static_A + SLACK_A);
  });
}

/** What `seeds` runs of the fault must show together. */
export function barsOf(fault: SiteFault, seeds: number): readonly Bar[] {
  const bars: Bar[] = [{ name: 'violations', op: '==', value: 0 }];
  const { detected_s, static_true_s, lineDrops, leavesNormal } = fault.expect;
  if (detected_s !== undefined) bars.push({ name: 'detected_s', op: '<=', value: detected_s });
  if (static_true_s !== undefined) {
    bars.push({ name: 'static_true_s', op: '<=', value: static_true_s });
  }
  if (lineDrops !== undefined) {
    bars.push({ name: 'lines_dropped', op: '==', value: lineDrops ? seeds : 0 });
  }
  if (leavesNormal !== undefined) {
    bars.push({ name: 'left_normal', op: '==', value: leavesNormal ? seeds : 0 });
  }
  return bars;
}
