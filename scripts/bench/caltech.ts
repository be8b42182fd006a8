/** Replays the Caltech sessions of March 2019 through the allocation, in five-minute steps. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allocate,
  type AllocationBound,
  type AllocationInput,
  type AllocationMemory,
  type AllocationStation,
  NO_ALLOCATION_MEMORY,
} from '../../src/allocation';
import { instant, later } from '../../src/time';
import { deltaBounds, type DeltaNetwork, violationsOf } from './caltechNetwork';

export const VOLTS = 208;
const RATED_A = 32;
const PILOT_MIN_A = 6;
const STEP_ms = 300_000;
const STEP_h = STEP_ms / 3_600_000;
/** Cycles in which earlier values leave and new ones come into force; the step then runs on. */
const CYCLES = 4;

export interface CaltechSession {
  readonly arrival: number;
  readonly departure: number;
  readonly station: string;
  readonly energy_kWh: number;
}

/** Sessions of the file `sessions/acn_caltech_2019-03_5min.csv`. */
export function readSessions(data: string): readonly CaltechSession[] {
  const path = join(data, 'sessions/acn_caltech_2019-03_5min.csv');
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [arrival, departure, station = '', energy] = line.split(',');
    return {
      arrival: Number(arrival),
      departure: Number(departure),
      station,
      energy_kWh: Number(energy),
    };
  });
}

export interface CaltechSetup {
  readonly sessions: readonly CaltechSession[];
  readonly cap_kW: number;
  /** Absent: one feeder. */
  readonly network?: DeltaNetwork;
  /** Whether the allocation is told when cars leave and what they need. */
  readonly departures: boolean;
}

export interface CaltechResult {
  readonly delivered_percent: number;
  readonly starts_per_session: number;
  readonly violations: number;
  readonly peak_kW: number;
  /** Jain's index over the share of its energy that each session got. */
  readonly fairness: number;
}

interface Car {
  readonly session: CaltechSession;
  readonly id: string;
  left_kWh: number;
  starts: number;
  charges: boolean;
  commanded_A: number;
}

/** Pure but for time: same sessions, same result. */
export function replayCaltech(setup: CaltechSetup): CaltechResult {
  const cars = setup.sessions.map((session, i): Car => ({
    session,
    id: `session-${i}`,
    left_kWh: session.energy_kWh,
    starts: 0,
    charges: false,
    commanded_A: 0,
  }));
  const last = Math.max(...setup.sessions.map((s) => s.departure));
  let memory: AllocationMemory = NO_ALLOCATION_MEMORY;
  let violations = 0;
  let peak_kW = 0;
  for (let step = 0; step < last; step += 1) {
    const present = cars.filter(
      (c) => c.session.arrival <= step && step < c.session.departure && c.left_kWh > 1e-6,
    );
    if (present.length === 0) continue;
    memory = decide(setup, present, step, memory);
    if (violated(setup, present)) violations += 1;
    let power_kW = 0;
    for (const car of present) power_kW += charge(car);
    peak_kW = Math.max(peak_kW, power_kW);
  }
  return summary(cars, violations, peak_kW);
}

function decide(
  setup: CaltechSetup,
  present: readonly Car[],
  step: number,
  memory: AllocationMemory,
): AllocationMemory {
  let next = memory;
  const bounds = setup.network === undefined ? undefined : boundsFor(setup, present);
  for (let k = 0; k < CYCLES; k += 1) {
    const now = later(instant(step * STEP_ms), k * 1000);
    const result = allocate(inputOf(setup, present, bounds), next, now);
    next = result.memory;
    result.stations.forEach((g, i) => {
      const car = present[i];
      if (car !== undefined) car.commanded_A = g.limit_A;
    });
  }
  return next;
}

function inputOf(
  setup: CaltechSetup,
  present: readonly Car[],
  bounds: readonly AllocationBound[] | undefined,
): AllocationInput {
  const limit_A = setup.network === undefined ? (setup.cap_kW * 1000) / VOLTS : 10_000;
  return {
    nodes: [
      {
        id: 'grid',
        import_A: [limit_A, limit_A, limit_A],
        limitReason: { source: 'contract', text: `${setup.cap_kW} kW`, at: 'grid' },
        margin: 0,
        voltage_V: [VOLTS, VOLTS, VOLTS],
        baseWorst_A: 0,
        contingency_A: limit_A,
      },
    ],
    stations: present.map((car): AllocationStation => stationOf(setup, car)),
    bess: [],
    pv: [],
    nominal_V: VOLTS,
    reaction_ms: 10_000,
    risePerSecond: 1,
    ...(bounds === undefined ? {} : { bounds }),
  };
}

/** Ideal cars: they take what they are given until they have what they want. */
function stationOf(setup: CaltechSetup, car: Car): AllocationStation {
  const most_A = Math.min(RATED_A, (car.left_kWh * 1000) / STEP_h / VOLTS);
  const energyNeed_Wh = car.session.energy_kWh * 1000;
  return {
    id: car.id,
    node: 'grid',
    wiring: ['L1'],
    kind: 'ac',
    floor_A: 0,
    max_A: RATED_A,
    // The last step takes what is left.
    requested_A: most_A,
    minStart_A: Math.min(PILOT_MIN_A, most_A),
    weight: 1,
    priority: 5,
    state: 'claims',
    reserved_A: 0,
    commanded_A: Math.min(car.commanded_A, RATED_A),
    surely_A: [0, 0, 0],
    plugged_at: instant(car.session.arrival * STEP_ms),
    delivered_Wh: (car.session.energy_kWh - car.left_kWh) * 1000,
    ...(setup.departures
      ? { departs_at: instant(car.session.departure * STEP_ms), energyNeed_Wh }
      : {}),
  };
}

/** Draws one step; the power in kW. */
function charge(car: Car): number {
  const power_kW = (car.commanded_A * VOLTS) / 1000;
  const taken = Math.min(car.left_kWh, power_kW * STEP_h);
  const charges = car.commanded_A > 0.01;
  if (charges && !car.charges) car.starts += 1;
  car.charges = charges;
  car.left_kWh -= taken;
  return taken / STEP_h;
}

/** Bounds of the network among the sessions that are there. */
function boundsFor(setup: CaltechSetup, present: readonly Car[]): readonly AllocationBound[] {
  if (setup.network === undefined) return [];
  const stations = present.map((c) => ({ id: c.id, station: c.session.station }));
  return deltaBounds(setup.network, setup.cap_kW, stations);
}

function violated(setup: CaltechSetup, present: readonly Car[]): boolean {
  if (setup.network === undefined) {
    const sum = present.reduce((s, c) => s + c.commanded_A, 0);
    return sum * VOLTS > setup.cap_kW * 1000 + 1e-3;
  }
  const currents = present.map((c) => ({ station: c.session.station, current_A: c.commanded_A }));
  return violationsOf(setup.network, setup.cap_kW, currents) > 0;
}

function summary(cars: readonly Car[], violations: number, peak_kW: number): CaltechResult {
  const wanted = cars.reduce((s, c) => s + c.session.energy_kWh, 0);
  const left = cars.reduce((s, c) => s + Math.max(0, c.left_kWh), 0);
  const starts = cars.reduce((s, c) => s + c.starts, 0);
  const shares = cars.map((c) => 1 - Math.max(0, c.left_kWh) / c.session.energy_kWh);
  const sum = shares.reduce((s, x) => s + x, 0);
  const squares = shares.reduce((s, x) => s + x * x, 0);
  return {
    delivered_percent: (100 * (wanted - left)) / wanted,
    starts_per_session: starts / cars.length,
    violations,
    peak_kW,
    fairness: squares === 0 ? 0 : (sum * sum) / (shares.length * squares),
  };
}
