/** One run of a case in the virtual composition. */
import { createPduCodec } from '../../../src/io/modbusSerial';
import { runVirtual, type VirtualOptions, type VirtualRun } from '../../../src/sim/composition';
import { walkingBaseLoad } from '../../../src/sim/site';
import { type Instant, later } from '../../../src/time';
import { demoSite, type SiteParts } from './sites';
import type { CaseRun, CaseUplink, Control, SiteFault } from './types';
import { beginFault, endFault, nothingSeen, type Seen } from './watch';

/** The site has charged for five minutes when the fault comes. */
const AT_s = 300;
const AFTER_s = 150;
/** Each seed begins its fault at another instant of the cycle. */
const PHASE_ms = 137;
/** A base load of nearly constant current, A per phase, for cases that add energies up. */
const TIGHT_A = 25;
const TIGHT_W = TIGHT_A * 3 * 230 * 0.93;
/** After this a client gives a link up on which nothing is answered (keep-alive 10 s). */
const KEEP_ALIVE_ms = 15_000;

/** The site and its world for one run of this fault. */
export function setting(fault: SiteFault, seed: number): SiteParts & Partial<VirtualOptions> {
  const from = demoSite(fault.site);
  const tight = fault.tightBase === true ? withTightBase(from, seed) : {};
  return { ...from, ...fault.world?.(), ...tight };
}

function withTightBase(from: SiteParts, seed: number): Pick<VirtualOptions, 'site' | 'baseLoad'> {
  const connection = { ...from.site.connection, base_load_min_W: TIGHT_W };
  const baseLoad = walkingBaseLoad(TIGHT_A, TIGHT_A + 0.5, seed);
  return { site: { ...from.site, connection }, baseLoad };
}

/** One run of one fault with one seed, with a protection switched off if asked. */
export function runFault(fault: SiteFault, seed: number, control?: Control): Seen {
  const lasts_s = Math.max(AFTER_s, (fault.for_s ?? 0) + 60);
  let current: CaseRun | undefined;
  const of = (): CaseRun => {
    if (current === undefined) throw new Error('asked before the run was built');
    return current;
  };
  let seen = nothingSeen();
  const { report } = runVirtual({
    ...setting(fault, seed),
    codec: createPduCodec(),
    seed,
    duration_s: AT_s + lasts_s,
    inject: { ...fault.inject?.(of), ...control?.inject?.(of) },
    ...control?.options,
    prepare: (run) => {
      const fault_at = later(run.time.now(), AT_s * 1000 + ((seed * PHASE_ms) % 1000));
      const made = virtualCase(run, fault_at);
      current = made;
      run.time.at(fault_at, () => {
        seen = beginFault(fault, made, control);
      });
      if (fault.for_s === undefined) return;
      run.time.at(later(fault_at, fault.for_s * 1000), () => endFault(fault, made));
    },
  });
  seen.violations = report.limit_violations;
  seen.trip_integral = report.trip_integral_max;
  seen.excess_ms = report.longest_excess_ms;
  return seen;
}

function virtualCase({ rig, time, segments, uplink }: VirtualRun, fault_at: Instant): CaseRun {
  const link: CaseUplink = {
    setUp: (up) => {
      uplink.up = up;
    },
    setDeaf: (deaf) => {
      if (!deaf) {
        uplink.up = true;
        return;
      }
      time.at(later(time.now(), KEEP_ALIVE_ms), () => {
        uplink.up = false;
      });
    },
    believe: (up) => {
      uplink.believed = up;
    },
  };
  return { rig, time, segments, uplink: link, fault_at };
}
