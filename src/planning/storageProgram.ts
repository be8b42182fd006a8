/**
 * The program of the slow loop over the horizon: import, export, charge, discharge, stored energy,
 * the peak with its price, and the vehicles as one aggregate. The import bound is always part of
 * it, and it is never infeasible: what does not fit is paid for as `over` or `unserved`.
 */
import { LpBuilder, type LinearProgram, type LpSolution } from './linearProgram';
import type { Battery, PriceView, VehicleNeed } from './types';

/** Far above any price; below it the numbers stay well conditioned. */
const OVER_COST = 100;
const TIE_BREAK = 1e-5;

export interface StorageProblem {
  readonly battery: Battery;
  readonly step_h: number;
  readonly soc: number;
  /** Expected net load without vehicles and battery, kW. */
  readonly net_kW: readonly number[];
  readonly price: PriceView;
  readonly importBound_kW: number;
  readonly exportBound_kW: number;
  /** Price of one kW of peak above what was drawn already in the billing period. */
  readonly peak?: { readonly price: number; readonly reached_kW: number };
  readonly vehicles?: VehicleNeed;
  readonly salvage: number;
}

/** Builds the program. Pure. */
export function storageProgram(p: StorageProblem): LinearProgram {
  const lp = new LpBuilder();
  const b = p.battery;
  const usable = b.capacity_kWh * (b.socMax - b.socMin);
  const stored = Math.min(usable, Math.max(0, (p.soc - b.socMin) * b.capacity_kWh));
  const n = p.net_kW.length;
  const balance = p.net_kW.map((net) => lp.constrain({ least: net, most: net }));
  const store = p.net_kW.map((_, t) => {
    const start = t === 0 ? stored : 0;
    return lp.constrain({ least: start, most: start });
  });
  const served = p.vehicles === undefined ? -1 : lp.constrain(equal(p.vehicles.energy_kWh));
  const peaks = p.peak === undefined ? [] : p.net_kW.map(() => lp.constrain({ most: 0 }));
  for (let t = 0; t < n; t += 1) {
    const eq = balance[t] ?? 0;
    const st = store[t] ?? 0;
    const peak = peaks[t];
    const inPeak = peak === undefined ? [] : [[peak, 1] as const];
    const h = p.step_h;
    const cap = (most: number): readonly [number, number] => [lp.constrain({ most }), 1];
    const buy = (p.price.import[t] ?? 0) * h;
    const sell = (p.price.export[t] ?? 0) * h;
    // Import has its bound; what must come above it is dear, so that a solution always exists.
    lp.variable(`import${t}`, buy, [[eq, 1], cap(p.importBound_kW), ...inPeak]);
    lp.variable(`over${t}`, buy + OVER_COST * h, [[eq, 1], ...inPeak]);
    // Export above its bound is curtailment: it earns nothing.
    lp.variable(`export${t}`, -sell, [[eq, -1], cap(p.exportBound_kW)]);
    lp.variable(`curtail${t}`, TIE_BREAK * h, [[eq, -1]]);
    const worn = (b.cycleCost + TIE_BREAK) * h;
    lp.variable(`charge${t}`, worn, [[eq, -1], [st, -b.efficiency * h], cap(b.charge_kW)]);
    lp.variable(`discharge${t}`, worn, [[eq, 1], [st, h / b.efficiency], cap(b.discharge_kW)]);
    const onward = t + 1 < n ? [[store[t + 1] ?? 0, -1] as const] : [];
    const worth = t + 1 < n ? 0 : -p.salvage;
    lp.variable(`stored${t}`, worth, [[st, 1], cap(usable), ...onward]);
    if (p.vehicles !== undefined) {
      lp.variable(`vehicles${t}`, 0, [[eq, -1], [served, h], cap(p.vehicles.power_kW)]);
    }
  }
  if (p.vehicles !== undefined) lp.variable('unserved', p.vehicles.unservedCost, [[served, 1]]);
  if (p.peak !== undefined) {
    lp.variable('peakReached', 0, [
      ...peaks.map((c) => [c, -1] as const),
      atMost(lp, p.peak.reached_kW),
    ]);
    lp.variable(
      'peakMore',
      p.peak.price,
      peaks.map((c) => [c, -1] as const),
    );
  }
  return lp.build();
}

const equal = (value: number): { least: number; most: number } => ({ least: value, most: value });
const atMost = (lp: LpBuilder, most: number): readonly [number, number] => [
  lp.constrain({ most }),
  1,
];

export interface StorageSchedule {
  readonly cost: number;
  /** Positive = charge, kW. */
  readonly battery_kW: readonly number[];
  readonly import_kW: readonly number[];
  readonly soc: readonly number[];
  readonly vehicles_kW: readonly number[];
  readonly peak_kW: number;
  readonly unserved_kWh: number;
}

/** Reads the schedule out of a solution; undefined where there is none. Pure. */
export function readSchedule(p: StorageProblem, s: LpSolution): StorageSchedule | undefined {
  if (s.status !== 'optimal') return undefined;
  const of = (name: string): number => s.values.get(name) ?? 0;
  const steps = p.net_kW.map((_, t) => t);
  const import_kW = steps.map((t) => of(`import${t}`) + of(`over${t}`));
  const b = p.battery;
  return {
    cost: s.cost,
    battery_kW: steps.map((t) => of(`charge${t}`) - of(`discharge${t}`)),
    import_kW,
    soc: steps.map((t) => b.socMin + of(`stored${t}`) / b.capacity_kWh),
    vehicles_kW: steps.map((t) => of(`vehicles${t}`)),
    peak_kW: Math.max(0, ...import_kW),
    unserved_kWh: of('unserved'),
  };
}
