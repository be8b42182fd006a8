/**
 * What energy in the battery is worth: cost to go by state of charge, by backward induction over
 * the same program as the LP (one storage, prices for import and export, import bound), averaged
 * over scenarios. From it follow the shadow price, the corridor and the best power for what is
 * really measured, so that a wrong forecast costs less than following a planned setpoint would.
 */
import type { Battery, PriceView } from './types';

/** States of charge looked at. */
const LEVELS = 41;
/** Above any price: the import bound is kept wherever that is possible. */
const OVER_BOUND = 1000;
const TIE_BREAK = 1e-6;

export interface ValueProblem {
  readonly battery: Battery;
  readonly step_h: number;
  /** Net loads ahead, kW, one row a scenario; the first entry is the step that runs now. */
  readonly net_kW: readonly (readonly number[])[];
  readonly price: PriceView;
  readonly importBound_kW: number;
  /** Worth of a kWh left at the end. */
  readonly salvage: number;
}

export interface EnergyValue {
  readonly battery: Battery;
  readonly step_h: number;
  /** Cost to go after the running step at evenly spaced energies from empty to full. */
  readonly cost: Float64Array;
  readonly spacing_kWh: number;
}

/** Cost of one step at the meter. Pure. */
export function stepCost(
  net_kW: number,
  price: { readonly import: number; readonly export: number },
  bound_kW: number,
  step_h: number,
): number {
  const energy = net_kW * step_h;
  const over = Math.max(0, net_kW - bound_kW) * step_h * OVER_BOUND;
  return over + (energy > 0 ? energy * price.import : energy * price.export);
}

/** AC energy that changes the stored energy by `stored_kWh`. Pure. */
const gridSide = (b: Battery, stored_kWh: number): number =>
  stored_kWh > 0 ? stored_kWh / b.efficiency : stored_kWh * b.efficiency;

/** Cost to go after the running step, averaged over the scenarios. Pure. */
export function energyValue(problem: ValueProblem): EnergyValue {
  const { battery } = problem;
  const spacing_kWh = (battery.capacity_kWh * (battery.socMax - battery.socMin)) / (LEVELS - 1);
  const mean = new Float64Array(LEVELS);
  const rows = problem.net_kW.length;
  for (const net of problem.net_kW) {
    const cost = costToGo(problem, net, spacing_kWh);
    for (let s = 0; s < LEVELS; s += 1) mean[s] = (mean[s] ?? 0) + (cost[s] ?? 0) / rows;
  }
  return { battery, step_h: problem.step_h, cost: mean, spacing_kWh };
}

function costToGo(
  problem: ValueProblem,
  net: readonly number[],
  spacing_kWh: number,
): Float64Array {
  const { battery, step_h, price } = problem;
  const most = Math.max(battery.charge_kW, battery.discharge_kW) / battery.efficiency;
  const reach = Math.min(LEVELS - 1, Math.ceil((most * step_h) / Math.max(1e-9, spacing_kWh)));
  let next = new Float64Array(LEVELS);
  for (let s = 0; s < LEVELS; s += 1) next[s] = -problem.salvage * s * spacing_kWh;
  const move = new Float64Array(2 * reach + 1);
  for (let t = net.length - 1; t >= 1; t -= 1) {
    const now = { import: price.import[t] ?? 0, export: price.export[t] ?? 0 };
    for (let k = -reach; k <= reach; k += 1) {
      const ac_kW = gridSide(battery, k * spacing_kWh) / step_h;
      const possible = ac_kW <= battery.charge_kW + 1e-9 && -ac_kW <= battery.discharge_kW + 1e-9;
      const at = stepCost((net[t] ?? 0) + ac_kW, now, problem.importBound_kW, step_h);
      const worn = Math.abs(ac_kW) * step_h * (battery.cycleCost + TIE_BREAK);
      move[k + reach] = possible ? at + worn : Infinity;
    }
    const here = new Float64Array(LEVELS);
    for (let s = 0; s < LEVELS; s += 1) {
      let best = Infinity;
      const from = Math.max(-reach, -s);
      const to = Math.min(reach, LEVELS - 1 - s);
      for (let k = from; k <= to; k += 1) {
        const value = (move[k + reach] ?? Infinity) + (next[s + k] ?? Infinity);
        if (value < best) best = value;
      }
      here[s] = best;
    }
    next = here;
  }
  return next;
}

/** Cost to go with this state of charge (0..1), between the levels straight lines. Pure. */
function costAt(value: EnergyValue, soc: number): number {
  const b = value.battery;
  const at = ((soc - b.socMin) * b.capacity_kWh) / Math.max(1e-9, value.spacing_kWh);
  const low = Math.max(0, Math.min(LEVELS - 2, Math.floor(at)));
  const share = Math.max(0, Math.min(1, at - low));
  return (value.cost[low] ?? 0) * (1 - share) + (value.cost[low + 1] ?? 0) * share;
}

/** What one more kWh in the battery saves at this state of charge. Pure. */
export function shadowPrice(value: EnergyValue, soc: number): number {
  const b = value.battery;
  const step = Math.max(1e-9, value.spacing_kWh) / b.capacity_kWh;
  const low = Math.max(b.socMin, Math.min(b.socMax - step, soc - step / 2));
  return (costAt(value, low) - costAt(value, low + step)) / Math.max(1e-9, value.spacing_kWh);
}

export interface StepFacts {
  readonly soc: number;
  /** Measured net load of the running step, kW. */
  readonly net_kW: number;
  readonly importPrice: number;
  readonly exportPrice: number;
  readonly importBound_kW: number;
}

/** Best power of the battery now, kW, positive = charge, for what is measured. Pure. */
export function bestPower_kW(value: EnergyValue, now: StepFacts): number {
  const b = value.battery;
  const price = { import: now.importPrice, export: now.exportPrice };
  let best = Infinity;
  let power = 0;
  const fine = value.spacing_kWh / 4;
  const room = {
    up: (b.socMax - now.soc) * b.capacity_kWh,
    down: (now.soc - b.socMin) * b.capacity_kWh,
  };
  const reach = Math.ceil(b.capacity_kWh / Math.max(1e-9, fine));
  for (let k = -reach; k <= reach; k += 1) {
    const stored = k * fine;
    if (stored > room.up + 1e-9 || -stored > room.down + 1e-9) continue;
    const ac_kW = gridSide(b, stored) / value.step_h;
    if (ac_kW > b.charge_kW || -ac_kW > b.discharge_kW) continue;
    const worn = Math.abs(ac_kW) * value.step_h * (b.cycleCost + TIE_BREAK);
    const at = stepCost(now.net_kW + ac_kW, price, now.importBound_kW, value.step_h);
    const cost = at + worn + costAt(value, now.soc + stored / b.capacity_kWh);
    if (cost < best - 1e-9) {
      best = cost;
      power = ac_kW;
    }
  }
  return power;
}
