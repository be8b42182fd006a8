/**
 * The protections that carry the cases, each with the way to switch it off: negative controls. All
 * of it acts on the composition of the campaign; nothing here exists in a gateway.
 */
import { good } from '../../../src/model';
import {
  decide,
  type DecisionInput,
  type Injected,
  judgeGrid,
  type LatchSources,
} from '../../../src/runtime';
import { type Instant, later } from '../../../src/time';
import type { CaseRun, Control } from './types';

export const gridMeter = (r: CaseRun) => r.rig.sim.meters.get(r.rig.facts.site.gridMeter.id);
export const setMeter =
  (fault: NonNullable<ReturnType<typeof gridMeter>>['fault']) =>
  (r: CaseRun): void => {
    const m = gridMeter(r);
    if (m !== undefined) m.fault = fault;
  };

export const weld = (r: CaseRun): void => {
  for (const line of [r.rig.line, ...r.rig.lines.values()]) line.fault = 'welded';
};
/** The relay welds, and nobody notices that its contact holds without edges. */
export const weldUnseen = (r: CaseRun): void => {
  weld(r);
  r.rig.contactsJudged = false;
};
export const cutCommands = (r: CaseRun): void => {
  r.rig.commandPath = false;
};

export const allBess = (r: CaseRun) => [...r.rig.sim.bess.values()];

/** Nobody sees these two until the end of the case; what they were told they have forgotten. */
export function coldStart(r: CaseRun, now: Instant): void {
  const { fleet, sim } = r.rig;
  const unseen = sim.stations.stations.slice(-2);
  const ids = new Set(unseen.map((s) => s.id));
  const connect = fleet.connect.bind(fleet);
  const back = later(now, 90_000);
  fleet.connect = (id, ...rest) =>
    ids.has(id) && rest[2] < back
      ? { accepted: false, reason: 'site-silent' }
      : connect(id, ...rest);
  for (const s of unseen) {
    s.setBehaviour('pre-boot-gap', now);
    s.unplug(now);
    const comes = later(now, 60_000);
    const vehicle = { phases: 3, rotation: 0, max_A: 32, need_Wh: 30_000 } as const;
    r.time.at(comes, () => s.plug(vehicle, comes));
  }
  for (const s of sim.stations.stations) s.reboot(now);
  for (const b of allBess(r)) b.fault = 'silent';
}

/** Edges from a timer, whatever is known: peers' watchdogs. */
export function feedForever(r: CaseRun): void {
  const feed = (): void => {
    const now = r.time.now();
    for (const line of [r.rig.line, ...r.rig.lines.values()]) line.edge(now);
    r.time.at(later(now, 1000), feed);
  };
  feed();
}

/** A judge that believes whatever the meter last said, for ever: peers' fail-open behaviour. */
function credulous(): Injected {
  let last: ReturnType<typeof judgeGrid> | undefined;
  return {
    judgeGrid: (sources: LatchSources, now: Instant) => {
      const judged = judgeGrid(sources, now);
      if (judged.health === 'fresh') last = judged;
      if (last?.reading.quality !== 'good') return judged;
      return { ...last, reading: good(last.reading.value, now) };
    },
  };
}

/** Three protections see a bad meter: reading, energy and, through the line, the supervisor. */
export const trustsMeter: Control = {
  disabled:
    'grid plausibility (the last reading is believed for ever), energy check and watchdog line',
  fails: 'leavesNormal',
  inject: () => ({ ...credulous(), energyCheck: false }),
  weaken: weldUnseen,
};
export const noEnergyCheck: Control = {
  disabled: 'the ten-minute energy check of the site, and the watchdog line',
  fails: 'leavesNormal',
  inject: () => ({ energyCheck: false }),
  weaken: weldUnseen,
};
/** The last reading of before the fault is used for the next minutes. */
export const stopsMeasuring = (run: () => CaseRun): Injected => {
  let last: ReturnType<typeof judgeGrid> | undefined;
  return {
    energyCheck: false,
    judgeGrid: (sources, now) => {
      if (now < run().fault_at || last?.reading.quality !== 'good') {
        last = judgeGrid(sources, now);
        return last;
      }
      return { ...last, reading: good(last.reading.value, now) };
    },
  };
};

/** Ages of measurements by the wall clock, which can jump. */
export const wallClockAges = (run: () => CaseRun): Injected => ({
  judgeGrid: (sources, now) => judgeGrid(sources, later(now, run().time.wallOffset_ms)),
});

/** The decision looks at other facts of the site than the true ones. */
export const deciding = (change: (input: DecisionInput) => DecisionInput): Injected => ({
  decide: (input) => decide(change(input)),
});

/** What may be exported does not count. */
export const exportUnbounded = (input: DecisionInput): DecisionInput => {
  const { facts } = input;
  const most_W = 1e6;
  const nodes = facts.site.nodes.map((n) => ({ ...n, export_W: most_W }));
  const connection = { ...facts.site.connection, export_W: most_W };
  const grid = { ...facts.grid, export_W: most_W };
  return { ...input, facts: { ...facts, grid, site: { ...facts.site, nodes, connection } } };
};

/** A station that nobody can see counts as if its floor held. */
export const floorsTakenAsVerified = (input: DecisionInput): DecisionInput => {
  const stations = input.facts.stations.map((s) => ({ ...s, silent_A: s.station.static_A }));
  return { ...input, facts: { ...input.facts, stations } };
};

/** NaN goes out as if it were a value. */
export const passesNaN = (broken: () => boolean): Injected => ({
  decide: (input) => {
    const made = decide(input);
    if (!broken()) return made;
    // The unit's constructor would throw: it is gone round, too.
    const stations = made.stations.map((s) => ({
      ...s,
      lease: Object.assign({ ...s.lease }, { limit_A: Number.NaN, action: 'grant' as const }),
    }));
    return { ...made, stations, sound: true };
  },
});

/** A battery whose registers and answers are taken for live, whatever they are. */
export function believesBattery(r: CaseRun): void {
  for (const { device, actuator } of r.rig.runtime.devices.bess) {
    device.frozen = () => false;
    const last = actuator.current();
    actuator.current = () => last;
  }
}

export const noContingency: Control = {
  disabled: 'the cap on support by what the curve carries when it is lost (N-1), and the line',
  fails: 'violations',
  options: { contingency_A: 1000 },
  weaken: weldUnseen,
};
export const leasesForEver: Control = {
  disabled: 'expiry on the stations: they ignore the duration of a profile',
  fails: 'static_true_s',
  options: { stationFlaws: { ignoresDuration: true } },
};
export const weldedLine: Control = {
  disabled: 'the watchdog line: its relay is welded, and nobody looks at its contact',
  fails: 'lineDrops',
  weaken: weldUnseen,
};
