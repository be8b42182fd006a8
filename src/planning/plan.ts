/**
 * From the worth of stored energy to advice: a mode, a corridor, a peak target and a shadow price,
 * each with an expiry. The fast loop turns it into power by what it measures.
 */
import { bestPower_kW, type EnergyValue, shadowPrice } from './energyValue';
import type { StorageSchedule } from './storageProgram';
import type { StoragePlan } from './types';

/** Advice lives two planning periods: one failed planning does not end it. */
export const PLAN_LIFE_ms = 30 * 60_000;
/** Differences of state of charge below this are none. */
const SAME_SOC = 0.01;
/** A peak target a little above the planned peak is not chased by every cloud. */
const PEAK_SLACK = 1.03;

export interface AdviceFacts {
  readonly soc: number;
  readonly importPrice: number;
  readonly exportPrice: number;
  readonly now_ms: number;
  /** Highest import of the month that is paid for already, W. */
  readonly peakReached_W: number;
}

/**
 * Advice from the worth of energy; the schedule adds the peak target and the expected cost. Pure.
 */
export function adviceOf(
  value: EnergyValue,
  facts: AdviceFacts,
  schedule?: StorageSchedule,
): StoragePlan {
  const b = value.battery;
  const shadow = shadowPrice(value, facts.soc);
  // Where the battery would go if there were a need, nothing, or a surplus as large as it can take.
  const reach = (net_kW: number): number => {
    const power = bestPower_kW(value, { ...facts, net_kW, importBound_kW: Infinity });
    const stored_kW = power > 0 ? power * b.efficiency : power / b.efficiency;
    return facts.soc + (stored_kW * value.step_h) / b.capacity_kWh;
  };
  const socDown = Math.min(facts.soc, reach(b.discharge_kW));
  const chargeUp = Math.max(facts.soc, reach(0));
  const storeUp = Math.max(facts.soc, reach(-b.charge_kW));
  const peak =
    schedule === undefined
      ? {}
      : {
          peakTarget_W: Math.max(facts.peakReached_W, schedule.peak_kW * 1000 * PEAK_SLACK),
          expectedCost: schedule.cost,
        };
  const base = { shadowPrice: shadow, expires_ms: facts.now_ms + PLAN_LIFE_ms, ...peak };
  const worth = `a stored kWh is worth ${shadow.toFixed(3)}`;
  const socMax = Math.max(storeUp, chargeUp);
  if (chargeUp > facts.soc + SAME_SOC) {
    const why = `${worth}, the grid sells at ${facts.importPrice.toFixed(3)}: charge`;
    return { ...base, mode: 'charge', socMin: b.socMin, socMax, chargeTo: chargeUp, why };
  }
  if (socDown < facts.soc - SAME_SOC) {
    const why = `${worth}, less than ${facts.importPrice.toFixed(3)} from the grid: use it`;
    return { ...base, mode: 'balance', socMin: socDown, socMax, why };
  }
  const why = `${worth}, more than what the grid asks now: keep it`;
  return { ...base, mode: 'delay', socMin: b.socMin, socMax, why };
}

export interface FollowFacts {
  readonly soc: number;
  readonly net_kW: number;
  readonly importBound_kW: number;
  readonly step_h: number;
}

/**
 * Power of a battery that follows the advice by what is measured, kW, positive = charge; no advice:
 * greedy own use. The way the fast loop does it, for simulations. Pure.
 */
export function followAdvice(
  value: Pick<EnergyValue, 'battery'>,
  plan: Pick<StoragePlan, 'mode' | 'socMin' | 'socMax' | 'chargeTo'> | undefined,
  now: FollowFacts,
): number {
  const b = value.battery;
  const toward = (soc: number): number => ((soc - now.soc) * b.capacity_kWh) / now.step_h;
  const up = (soc: number): number => Math.max(0, toward(Math.min(soc, b.socMax))) / b.efficiency;
  const down = (soc: number): number =>
    Math.max(0, -toward(Math.max(soc, b.socMin))) * b.efficiency;
  const over = now.net_kW - now.importBound_kW;
  if (over > 0) return -Math.min(over, b.discharge_kW, down(b.socMin));
  const headroom = now.importBound_kW - now.net_kW;
  if (plan?.mode === 'charge') {
    const fromGrid = Math.min(b.charge_kW, headroom, up(plan.chargeTo ?? plan.socMax));
    const fromSun = Math.min(b.charge_kW, -now.net_kW, up(plan.socMax));
    return Math.max(fromGrid, fromSun);
  }
  if (now.net_kW < 0) return Math.min(-now.net_kW, b.charge_kW, up(plan?.socMax ?? b.socMax));
  if (plan?.mode === 'delay') return 0;
  return -Math.min(now.net_kW, b.discharge_kW, down(plan?.socMin ?? b.socMin));
}
