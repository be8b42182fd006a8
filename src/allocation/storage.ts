/**
 * What the batteries are asked for. Order of rules: what the battery management system allows;
 * never export; loss of all inverters carried by the breaker; then peak shaving, surplus of the
 * sun, and recharging from headroom that nobody claims. The sign turns only after a dwell.
 */
import type { Reason } from '../model';
import { between, type Instant } from '../time';
import type { Circuit } from './circuit';
import { missing_W } from './demand';
import type { Loads } from './loads';
import type { AllocationMemory, BessMemory } from './memory';
import { clamp, kW, positiveOr } from './sane';
import type { BessView, PvView, Support } from './sources';
import type { AllocationInput, StorageAdvice, StorageWish } from './types';

/** Time at 0 W before the sign turns, ms. */
const TO_DISCHARGE_ms = 5_000;
const TO_CHARGE_ms = 120_000;
/** Discharge leads the loads by this share of the connection while they may still rise. */
const LEAD_SHARE = 0.05;
/** Rise of power per second as a share of the rating; falling is at once. */
const RISE_DISCHARGE = 0.2;
const RISE_CHARGE = 0.02;
/** Recharging starts above and ends below these shares of the connection's limit. */
const RECHARGE_START = 0.08;
const RECHARGE_STOP = 0.02;
/** Without advice the grid fills the battery up to this share of its band; the sun may fill all. */
const RECHARGE_TO = 0.95;
/** Of the surplus of the sun: the rest keeps a rising load from importing for it. */
const SURPLUS_SHARE = 0.97;
const SMALL_SHARE = 0.01;

export interface StorageSituation {
  readonly circuit: Circuit;
  readonly input: AllocationInput;
  readonly bess: readonly BessView[];
  readonly pv: readonly PvView[];
  readonly support: Support;
  readonly loads: Loads;
  readonly demand_A: Float64Array;
  /** By phase of the connection first: what the stations count for after this decision, A. */
  readonly counted_A: Float64Array;
  /** Bound of all relief by N-1 at the connection point, W. */
  readonly cap_W: number;
  readonly memory: AllocationMemory;
  readonly now: Instant;
}

interface Wanted {
  readonly discharge_W: number;
  readonly charge_W: number;
  readonly why: string;
  readonly source: Reason['source'];
}

export interface StorageDecided {
  readonly wishes: readonly StorageWish[];
  readonly memory: ReadonlyMap<string, BessMemory>;
}

/** Pure. */
export function storageWishes(s: StorageSituation): StorageDecided {
  const wishes: StorageWish[] = [];
  const memory = new Map<string, BessMemory>();
  if (s.bess.length === 0) return { wishes, memory };
  const pressure = pressureOf(s);
  const wanted = wantedOf(s, pressure);
  const gives_W = s.bess.map((b, i) => mayGive_W(s, b, i, pressure.present));
  const canGive = gives_W.reduce((a, b) => a + b, 0);
  const canTake = s.bess.reduce((a, b) => a + chargeable_W(b), 0);
  s.bess.forEach((b, i) => {
    const give = share(wanted.discharge_W, gives_W[i] ?? 0, canGive);
    const take = share(wanted.charge_W, chargeable_W(b), canTake);
    const { wish, next } = oneWish(s, b, give, take, wanted);
    wishes.push(wish);
    memory.set(b.source.id, next);
  });
  return { wishes, memory };
}

/** What it is allowed; more only as far as it gives it already and stations still rest on it. */
function mayGive_W(s: StorageSituation, b: BessView, i: number, present_W: number): number {
  const last_W = Math.max(0, s.memory.bess.get(b.source.id)?.wish_W ?? 0);
  const held_W = Math.min(s.support.holds_W[i] ?? 0, last_W);
  // What is too much already takes from the reserve until the loads are down.
  const urgent_W = Math.min(s.support.reserve_W[i] ?? 0, Math.max(0, present_W));
  return Math.max(s.support.allowed_W[i] ?? 0, held_W, urgent_W);
}

const share = (total: number, part: number, sum: number): number =>
  sum <= 0 ? 0 : Math.min(part, (total * part) / sum);

function chargeable_W(b: BessView): number {
  return b.seen && b.source.usable && b.soc < positiveOr(b.source.socMax, 0) ? b.chargeMax_W : 0;
}

interface Pressure {
  readonly claimed: number;
  readonly present: number;
}

/** What is claimed, and what counts already, above the limit at the connection, W. */
function pressureOf(s: StorageSituation): Pressure {
  const advice = liveAdvice(s.input.advice, s.now);
  const relief_W = s.support.pv_W[0] ?? 0;
  const at = (stations_A: Float64Array): number => {
    const load = (p: number): number => (s.loads.base_A[p] ?? 0) + (stations_A[p] ?? 0);
    return missing_W(s.circuit, 0, load, advice?.peakTarget_W) - relief_W;
  };
  // What counts, not what is measured: grants rest on it, also where a vehicle uses one phase.
  return { claimed: at(s.demand_A), present: at(s.counted_A) };
}

function wantedOf(s: StorageSituation, { claimed, present }: Pressure): Wanted {
  const advice = liveAdvice(s.input.advice, s.now);
  const sun_W = s.pv.reduce((sum, p) => sum + p.out_W, 0);
  const relief_W = s.support.pv_W[0] ?? 0;
  const limit_W = limitOf(s.circuit);
  const ramped = s.input.risePerSecond < 1;
  const lead = ramped ? LEAD_SHARE * limit_W : Infinity;
  const wish = Math.min(Math.max(claimed, present), present + lead);
  const shave = Math.min(wish, Math.max(0, s.cap_W - relief_W));
  if (shave > 0) {
    const why = `loads claim ${kW(claimed)} above the limit`;
    return { discharge_W: shave, charge_W: 0, why, source: 'contract' };
  }
  const surplus = sun_W - s.loads.now_W;
  const export_W = positiveOr(s.input.nodes[0]?.export_W, Infinity);
  // The plan may leave the surplus to the grid, but nothing is held back for it.
  const stores = advice === undefined || meanSoc(s.bess) < advice.socMax || surplus > export_W;
  if (surplus > 0 && !stores) {
    return { discharge_W: 0, charge_W: 0, why: 'plan: the sun is sold', source: 'share' };
  }
  if (surplus > 0) {
    const why = `${kW(surplus)} of sun is left over`;
    return { discharge_W: 0, charge_W: surplus * SURPLUS_SHARE, why, source: 'share' };
  }
  if (advice?.mode === 'balance' && meanSoc(s.bess) > advice.socMin) {
    const own = s.loads.now_W - sun_W;
    return { discharge_W: own, charge_W: 0, why: 'plan: own use', source: 'share' };
  }
  return recharge(s, advice, -claimed, limit_W);
}

function recharge(
  s: StorageSituation,
  advice: StorageAdvice | undefined,
  free_W: number,
  limit_W: number,
): Wanted {
  const none = { discharge_W: 0, charge_W: 0, source: 'share' as const };
  if (advice !== undefined && advice.mode !== 'charge') {
    return { ...none, why: 'the plan wants no charge from the grid' };
  }
  const to =
    advice?.chargeTo ?? advice?.socMax ?? RECHARGE_TO * meanOf(s.bess, (b) => b.source.socMax);
  if (meanSoc(s.bess) >= to) return { ...none, why: 'charged as far as wanted' };
  const going = s.bess.some((b) => s.memory.bess.get(b.source.id)?.recharging === true);
  const threshold = (going ? RECHARGE_STOP : RECHARGE_START) * limit_W;
  if (free_W <= threshold) return { ...none, why: 'no headroom that nobody claims' };
  const why = `${kW(free_W)} of headroom that nobody claims`;
  return { ...none, charge_W: free_W - RECHARGE_STOP * limit_W, why };
}

function oneWish(
  s: StorageSituation,
  b: BessView,
  give: number,
  take: number,
  wanted: Wanted,
): { wish: StorageWish; next: BessMemory } {
  const before = s.memory.bess.get(b.source.id);
  const id = b.source.id;
  const held = { wish_W: 0, turned: before?.turned ?? 0, turned_at: before?.turned_at ?? s.now };
  if (!b.seen || !b.source.usable) {
    const text = b.seen
      ? 'it does not follow setpoints'
      : 'no good reading: nothing is asked of it';
    return {
      wish: { id, power_W: 0, reasons: [{ source: 'station', at: id, text }] },
      next: { ...held, recharging: false },
    };
  }
  const rated = Math.max(positiveOr(b.source.discharge_W, 0), positiveOr(b.source.charge_W, 0));
  const raw = give > take ? give : -take;
  const small = Math.abs(raw) < SMALL_SHARE * rated ? 0 : raw;
  const ramped = s.input.risePerSecond < 1 ? ramp(s, before, small, rated) : small;
  const turning = dwell(before, ramped, s.now);
  const power_W = turning ? 0 : clamp(ramped, -b.chargeMax_W, b.dischargeMax_W);
  const sign = power_W > 0 ? 1 : power_W < 0 ? -1 : 0;
  const text = turning ? `waits before it turns: ${wanted.why}` : wanted.why;
  return {
    wish: { id, power_W, reasons: [{ source: wanted.source, at: id, text }] },
    next: {
      wish_W: power_W,
      turned: sign === 0 ? held.turned : sign,
      turned_at: sign === 0 ? held.turned_at : s.now,
      recharging: power_W < 0,
    },
  };
}

/** Away from 0 it rises by steps, towards 0 it goes at once. */
function ramp(
  s: StorageSituation,
  before: BessMemory | undefined,
  raw: number,
  rated: number,
): number {
  const last = before?.wish_W ?? 0;
  const dt_s = clamp(between(s.memory.at ?? s.now, s.now) / 1000, 0, 2);
  const step = rated * dt_s * (raw > 0 ? RISE_DISCHARGE : RISE_CHARGE);
  if (raw > 0) return Math.min(raw, Math.max(0, last) + Math.max(step, SMALL_SHARE * rated));
  return Math.max(raw, Math.min(0, last) - Math.max(step, SMALL_SHARE * rated));
}

/** Whether the wish has the other sign than the last one, and that one is too recent. */
function dwell(before: BessMemory | undefined, wish_W: number, now: Instant): boolean {
  if (before === undefined || before.turned === 0 || wish_W === 0) return false;
  if (Math.sign(wish_W) === before.turned) return false;
  const least = wish_W > 0 ? TO_DISCHARGE_ms : TO_CHARGE_ms;
  return between(before.turned_at, now) < least;
}

function liveAdvice(advice: StorageAdvice | undefined, now: Instant): StorageAdvice | undefined {
  if (advice === undefined || advice.expires_at <= now) return undefined;
  const sane = advice.socMin >= 0 && advice.socMax <= 1 && advice.socMin <= advice.socMax;
  return sane ? advice : undefined;
}

function limitOf(circuit: Circuit): number {
  let sum = 0;
  for (let p = 0; p < 3; p += 1) sum += (circuit.limit_A[p] ?? 0) * (circuit.volts[p] ?? 0);
  return Math.min(sum, circuit.total_W[0] ?? Infinity);
}

const meanSoc = (bess: readonly BessView[]): number => meanOf(bess, (b) => b.soc);

/** Mean over the batteries by capacity. */
function meanOf(bess: readonly BessView[], of: (b: BessView) => number): number {
  let sum = 0;
  let weight = 0;
  for (const b of bess) {
    const w = positiveOr(b.source.capacity_Wh, 0);
    sum += w * of(b);
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}
