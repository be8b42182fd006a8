/**
 * The virtual composition: injected clock, whole frames on the emulated wire, stations in memory,
 * no
 * sockets. Campaigns counted in simulated minutes or days run here.
 */
import type { PduCodec } from '../../modbus';
import type { BusPlan } from '../../runtime';
import type { Clock, Timers } from '../../time';
import { later } from '../../time';
import { createMemoryTcp, createSegment, type Segment } from '../segment';
import type { SimSite } from '../site';
import { memoryTransport } from '../stations';
import { VirtualTime } from '../time';
import { type Fault, faultNamed } from './faults';
import { FaultRun } from './faultRun';
import { type DemoReport, demoReport } from './report';
import { SiteUnderTest, type SiteUnderTestOptions } from './siteUnderTest';

export interface FaultPlan {
  readonly fault: string;
  readonly at_s: number;
  /** Absent: to the end. */
  readonly for_s?: number;
}

export interface VirtualOptions extends Pick<
  SiteUnderTestOptions,
  | 'site'
  | 'profiles'
  | 'catalogue'
  | 'seed'
  | 'sessions'
  | 'start'
  | 'inputs'
  | 'onSnapshot'
  | 'inject'
  | 'contingency_A'
  | 'baseLoad'
  | 'irradiance'
  | 'stationFlaws'
  | 'drillBook'
> {
  readonly codec: PduCodec;
  /** False: a station that sends too much is not cut; a negative control. */
  readonly stationGate?: boolean;
  readonly duration_s: number;
  readonly faults?: readonly FaultPlan[];
  /** Called after the assembly and before the start, to plant more. */
  readonly prepare?: (run: VirtualRun) => void;
}

export interface VirtualRun {
  readonly rig: SiteUnderTest;
  readonly time: VirtualTime;
  readonly faults: FaultRun;
  readonly segments: ReadonlyMap<string, Segment>;
  /** `believed`: what the site takes the link for, whatever it is; a negative control. */
  readonly uplink: { up: boolean; believed?: boolean; published: number };
  readonly audit: string[];
}

/** Audit lines kept in memory. */
const AUDIT_MAX = 10_000;

/** The device side of one bus on the emulated wire. */
export function simDevicesOn(plan: BusPlan, sim: SimSite) {
  return plan.devices.map((d) => ({
    unit: d.unit,
    turnaround_ms: 8,
    respond: (adu: Uint8Array) => sim.device(d.id)?.answer(adu) ?? null,
  }));
}

/** Builds a site in virtual time without starting it. */
export function buildVirtual(options: VirtualOptions): VirtualRun {
  const time = new VirtualTime();
  const segments = new Map<string, Segment>();
  const uplink: VirtualRun['uplink'] = { up: true, published: 0 };
  const audit: string[] = [];
  const rig = new SiteUnderTest({
    ...options,
    clock: time,
    timers: time,
    horizon_ms: options.duration_s * 1000,
    transportFor: (fleet) => {
      const flood = (station: string): void => {
        rig.gateEvent('flood', station, 'too many messages');
      };
      return memoryTransport(fleet, time, time, options.stationGate === false ? undefined : flood);
    },
    portFor: (plan, sim, timers) => virtualPort(plan, sim, time, timers, options.seed, segments),
    uplink: {
      publish: () => {
        if (uplink.up) uplink.published += 1;
      },
      connected: () => uplink.believed ?? uplink.up,
    },
    audit: {
      append: (entry) => {
        if (audit.length < AUDIT_MAX) audit.push(`${entry.kind} ${entry.subject}: ${entry.text}`);
      },
    },
  });
  const hooks = {
    rig,
    setUplink: (up: boolean) => {
      uplink.up = up;
    },
  };
  return { rig, time, segments, uplink, audit, faults: new FaultRun(hooks, time.now()) };
}

function virtualPort(
  plan: BusPlan,
  sim: SimSite,
  clock: Clock,
  timers: Timers,
  seed: number,
  segments: Map<string, Segment>,
) {
  const devices = simDevicesOn(plan, sim);
  if (plan.bus.kind === 'tcp') return createMemoryTcp({ clock, timers, devices });
  const segment = createSegment({ clock, timers, baud: plan.bus.baud, devices, seed });
  segments.set(plan.key, segment);
  return segment.framePort();
}

/** Runs a whole virtual campaign and reports what the judge saw. */
export function runVirtual(options: VirtualOptions): { report: DemoReport; run: VirtualRun } {
  const run = buildVirtual(options);
  const { rig, time } = run;
  const begin = time.now();
  for (const plan of options.faults ?? []) scheduleFault(run, plan);
  options.prepare?.(run);
  rig.start();
  const watch = (): void => {
    run.faults.watch(time.now());
    if (options.faults !== undefined && options.faults.length > 0) {
      time.at(later(time.now(), 100), watch);
    }
  };
  watch();
  time.runUntil(later(begin, options.duration_s * 1000));
  const connected = rig.fleet.stats().connected;
  rig.stop();
  let wire = { utilisation: 0, t35_violations: 0 };
  for (const segment of run.segments.values()) {
    const s = segment.statistics();
    wire = {
      utilisation: Math.max(wire.utilisation, s.utilisation),
      t35_violations: wire.t35_violations + s.t35_violations,
    };
  }
  const accepted = rig.firstAccepted_at;
  const report = demoReport(rig, {
    faults: run.faults.results(),
    wire,
    rss_MiB: 0,
    started_ms: accepted === undefined ? null : accepted - begin,
    seed: options.seed,
    connected,
  });
  return { report, run };
}

function scheduleFault(run: VirtualRun, plan: FaultPlan): void {
  const fault: Fault | undefined = faultNamed(plan.fault);
  if (fault === undefined) throw new RangeError(`no fault named ${plan.fault}`);
  const at = later(run.time.now(), plan.at_s * 1000);
  run.time.at(at, () => run.faults.begin(fault, at));
  if (plan.for_s === undefined) return;
  const end = later(at, plan.for_s * 1000);
  run.time.at(end, () => run.faults.end(fault, end));
}
