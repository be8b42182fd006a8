import type { FaultResult } from './faultRun';
import type { SiteUnderTest } from './siteUnderTest';

/** The last line of a headless demo; schema in test/demo.schema.json. */
export interface DemoReport {
  readonly cycles: number;
  readonly cycle_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly grid_limit_W: number;
  readonly grid_peak_W: number;
  readonly grid_peak_VA: number;
  readonly phase_peak_A: readonly [number, number, number];
  readonly export_peak_W: number;
  readonly limit_violations: number;
  readonly longest_excess_ms: number;
  readonly trip_integral_max: number;
  readonly energy_delivered_Wh: number;
  readonly leases_renewed: number;
  readonly faults: readonly FaultResult[];
  readonly bus: {
    readonly utilisation: number;
    readonly t35_violations: number;
    readonly errors: number;
  };
  readonly stations: number;
  readonly mode: string;
  readonly rss_MiB: number;
  readonly started_ms: number | null;
  readonly seed: number;
}

/** Value at quantile `q` of unsorted values; 0 when there are none. Pure. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

const round = (x: number, digits = 1): number => Math.round(x * 10 ** digits) / 10 ** digits;

/** Figures of a run, from the simulator's truth. Pure over its sources. */
export function demoReport(
  rig: SiteUnderTest,
  from: {
    readonly faults: readonly FaultResult[];
    readonly wire: { readonly utilisation: number; readonly t35_violations: number };
    readonly rss_MiB: number;
    readonly started_ms: number | null;
    readonly seed: number;
    readonly connected: number;
  },
): DemoReport {
  const judged = rig.sim.judge.report();
  const durations = rig.runtime.cycleDurations_ms();
  const snapshot = rig.runtime.snapshot();
  let errors = 0;
  for (const bus of rig.buses.values()) errors += bus.statistics().errors;
  return {
    cycles: snapshot?.cycle ?? 0,
    cycle_ms: {
      p50: round(quantile(durations, 0.5), 2),
      p99: round(quantile(durations, 0.99), 2),
      max: round(Math.max(0, ...durations), 2),
    },
    grid_limit_W: Math.round(rig.facts.grid.apparent_VA ?? 0),
    grid_peak_W: Math.round(judged.grid_peak_W),
    grid_peak_VA: Math.round(judged.grid_peak_VA),
    phase_peak_A: [
      round(judged.phase_peak_A[0]),
      round(judged.phase_peak_A[1]),
      round(judged.phase_peak_A[2]),
    ],
    export_peak_W: Math.round(judged.export_peak_W),
    limit_violations: judged.violations.length,
    longest_excess_ms: Math.round(judged.longest_excess_ms),
    trip_integral_max: round(judged.trip_integral_max, 4),
    energy_delivered_Wh: Math.round(rig.sim.energyDelivered_Wh()),
    leases_renewed: snapshot?.leasesAcknowledged ?? 0,
    faults: from.faults,
    bus: {
      utilisation: round(from.wire.utilisation, 4),
      t35_violations: from.wire.t35_violations,
      errors,
    },
    stations: from.connected,
    mode: snapshot?.mode ?? 'static',
    rss_MiB: round(from.rss_MiB),
    started_ms: from.started_ms === null ? null : Math.round(from.started_ms),
    seed: from.seed,
  };
}
