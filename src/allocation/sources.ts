/**
 * Battery and sun as the allocation may trust them: readings, reliefs, and what they may still
 * draw.
 */
import { between, type Instant, later } from '../time';
import { addUp, type Circuit } from './circuit';
import type { AllocationMemory, PvMemory } from './memory';
import { clamp, finiteOr, positiveOr } from './sane';
import type { AllocationBess, AllocationInput, AllocationPv } from './types';

/** A lease that leaves less than this for the stations relieves nothing, ms. */
const LEASE_ROOM_ms = 8_000;
/** Nothing is raised on less: station leases of 30 s from before must end with it, ms. */
const RAISE_ROOM_ms = 20_000;
/** The smallest measured PV power of this time counts, ms. */
const PV_WINDOW_ms = 10_000;
/** An inverter that fell silent may still make this share of its rating. */
const PV_SILENT_SHARE = 0.05;
/** What a cloud takes until loads are down is not credited. */
const CLOUD_SHARE = 0.9;
/** Support must last this long down to the reserve, s: it fades out instead of ending. */
const FADE_s = 300;
/** Share of the smallest recent load that discharge may cover: nothing is exported. */
const EXPORT_GUARD = 0.98;
/** Of the export limit, while loads come down. */
const EXPORT_HELD = 0.9;
const IMPLAUSIBLE = 3;

export interface BessView {
  readonly source: AllocationBess;
  readonly node: number;
  /** A good, plausible reading is there. */
  readonly seen: boolean;
  readonly power_W: number;
  readonly soc: number;
  readonly chargeMax_W: number;
  readonly dischargeMax_W: number;
  readonly commanded_W: number;
  /** Value of a live acknowledged lease, and until when stations may rest on it. */
  readonly lease_W?: number;
  readonly restsUntil?: Instant;
  /** It lasts long enough to raise something on it. */
  readonly raises: boolean;
  /** What must be added to the net power to get the loads, W. */
  readonly out_W: number;
  /** Counted as load now, and whatever happens, W. */
  readonly loadNow_W: number;
  readonly loadExpiry_W: number;
}

export interface PvView {
  readonly source: AllocationPv;
  readonly node: number;
  readonly out_W: number;
  /** Relief that counts: the smallest of the recent past, W. */
  readonly relief_W: number;
  readonly memory: PvMemory;
}

/** Pure. */
export function bessView(
  b: AllocationBess,
  circuit: Circuit,
  reaction_ms: number,
  now: Instant,
): BessView {
  const rated = Math.max(positiveOr(b.discharge_W, 0), positiveOr(b.charge_W, 0));
  const r = b.reading;
  const seen =
    r !== undefined &&
    Math.abs(finiteOr(r.power_W, Infinity)) <= IMPLAUSIBLE * rated &&
    r.soc >= 0 &&
    r.soc <= 1;
  const commanded_W = finiteOr(b.commanded_W, -rated);
  const lease = b.lease !== undefined && b.lease.ends_at > now ? b.lease : undefined;
  const lease_W = lease === undefined ? undefined : finiteOr(lease.value_W, -rated);
  const power_W = seen ? r.power_W : 0;
  const expiryMin = finiteOr(b.expiryMin_W, -rated);
  const out_W = seen
    ? power_W
    : Math.max(0, commanded_W, lease_W ?? 0, finiteOr(b.expiryMax_W, rated));
  const rests = later(lease?.ends_at ?? now, -positiveOr(reaction_ms, 10_000));
  const enough = lease !== undefined && between(now, rests) >= LEASE_ROOM_ms;
  return {
    source: b,
    node: circuit.layout.index.get(b.node) ?? 0,
    seen,
    power_W,
    soc: seen ? r.soc : 0,
    chargeMax_W: seen ? Math.min(positiveOr(b.charge_W, 0), positiveOr(r.chargeMax_W, 0)) : 0,
    dischargeMax_W: seen
      ? Math.min(positiveOr(b.discharge_W, 0), positiveOr(r.dischargeMax_W, 0))
      : 0,
    commanded_W,
    out_W,
    loadNow_W: Math.max(0, -commanded_W, -(lease_W ?? 0), -power_W, -expiryMin),
    loadExpiry_W: Math.max(0, -expiryMin),
    raises: enough && between(now, rests) >= RAISE_ROOM_ms,
    ...(lease_W === undefined ? {} : { lease_W }),
    ...(enough ? { restsUntil: rests } : {}),
  };
}

/** Pure. */
export function pvView(
  p: AllocationPv,
  circuit: Circuit,
  memory: AllocationMemory,
  now: Instant,
): PvView {
  const before = memory.pv.get(p.id);
  const rated = positiveOr(p.rated_W, 0);
  const value = p.measured_W;
  const seen =
    value !== undefined && Number.isFinite(value) && Math.abs(value) <= IMPLAUSIBLE * rated;
  const kept = (before?.recent ?? []).filter((r) => {
    const age = between(r.at, now);
    return age >= 0 && age <= PV_WINDOW_ms;
  });
  const limit = before?.limit_W === undefined ? {} : { limit_W: before.limit_W };
  if (!seen) {
    const last_W = before?.last_W;
    const silent = Math.max(last_W ?? rated, rated * PV_SILENT_SHARE);
    const past = last_W === undefined ? {} : { last_W };
    const next: PvMemory = { recent: [], ...past, ...limit };
    return {
      source: p,
      node: circuit.layout.index.get(p.node) ?? 0,
      out_W: silent,
      relief_W: 0,
      memory: next,
    };
  }
  const power_W = Math.max(0, value);
  const latest = kept.at(-1);
  // One entry a second is enough; within a second the smaller value stays.
  const recent =
    latest !== undefined && between(latest.at, now) < 1000
      ? [...kept.slice(0, -1), { at: latest.at, power_W: Math.min(latest.power_W, power_W) }]
      : [...kept, { at: now, power_W }];
  let least_W = Math.min(power_W, positiveOr(p.commanded_W, Infinity));
  for (const r of recent) least_W = Math.min(least_W, r.power_W);
  const relief_W = least_W * CLOUD_SHARE;
  return {
    source: p,
    node: circuit.layout.index.get(p.node) ?? 0,
    out_W: power_W,
    relief_W,
    memory: { recent, last_W: power_W, ...limit },
  };
}

export interface Support {
  /** By BESS: discharge it may be asked for, W. */
  readonly allowed_W: readonly number[];
  /**
   * By BESS: discharge it may be held at until the stations that rest on it have come down, W. Up
   * to the export limit: what one phase loses must not be missing on another at once.
   */
  readonly holds_W: readonly number[];
  /** By BESS: discharge out of the reserve for what is above a limit already, W; never credited. */
  readonly reserve_W: readonly number[];
  /** By BESS: relief that counts now, W. */
  readonly relief_W: readonly number[];
  /** By node: relief of BESS and PV below it, and of PV alone, W. */
  readonly all_W: Float64Array;
  /** The same, of leases that last long enough to raise anything on them. */
  readonly raising_W: Float64Array;
  readonly pv_W: Float64Array;
  /** By node: end of the shortest lease behind it; Infinity where none. */
  readonly until: Float64Array;
  /** By node: what BESS draw: planned, now, and after their leases, W. */
  readonly loadPlanned_W: Float64Array;
  readonly loadNow_W: Float64Array;
  readonly loadExpiry_W: Float64Array;
}

/**
 * How far each BESS may support: rating and battery management system, energy above the reserve,
 * never more than the load, and with no stop input never more than may be exported when all loads
 * are lost at once (SAFETY.md "Watchdog line"). Pure.
 */
export function supportOf(
  circuit: Circuit,
  input: AllocationInput,
  bess: readonly BessView[],
  pv: readonly PvView[],
  leastLoad_W: number,
): Support {
  const n = circuit.count;
  const sun_W = pv.reduce((sum, p) => sum + p.out_W, 0);
  const export_W = input.nodes[0]?.export_W;
  const exportRoom = export_W === undefined ? Infinity : positiveOr(export_W, 0) - sun_W;
  const loadRoom = leastLoad_W * EXPORT_GUARD - sun_W;
  const rooms = { loadRoom, exportRoom, heldRoom: leastLoad_W + heldExport_W(export_W) - sun_W };
  const kept = bounded(bess, (b) => Math.max(reserveSoc(b), lowestSoc(b)), rooms);
  const { allowed_W } = kept;
  const out: Support = {
    allowed_W,
    holds_W: kept.holds_W,
    reserve_W: bounded(bess, lowestSoc, rooms).holds_W,
    relief_W: bess.map((b, i) => relief_W(b, allowed_W[i] ?? 0)),
    all_W: new Float64Array(n),
    raising_W: new Float64Array(n),
    pv_W: new Float64Array(n),
    until: new Float64Array(n).fill(Infinity),
    loadPlanned_W: new Float64Array(n),
    loadNow_W: new Float64Array(n),
    loadExpiry_W: new Float64Array(n),
  };
  bess.forEach((b, i) => {
    const relief = out.relief_W[i] ?? 0;
    addUp(circuit, b.node, relief, out.all_W);
    if (b.raises) addUp(circuit, b.node, relief, out.raising_W);
    // While it discharges under a lease that outlives the stations' leases it cannot draw.
    addUp(circuit, b.node, relief > 0 ? 0 : b.loadExpiry_W, out.loadPlanned_W);
    addUp(circuit, b.node, relief > 0 ? 0 : b.loadNow_W, out.loadNow_W);
    addUp(circuit, b.node, b.loadExpiry_W, out.loadExpiry_W);
    if (relief <= 0) return;
    for (let k = b.node; k >= 0; k = circuit.parent[k] ?? -1) {
      out.until[k] = Math.min(out.until[k] ?? Infinity, b.restsUntil ?? 0);
    }
  });
  for (const p of pv) {
    addUp(circuit, p.node, p.relief_W, out.all_W);
    addUp(circuit, p.node, p.relief_W, out.raising_W);
    addUp(circuit, p.node, p.relief_W, out.pv_W);
  }
  return out;
}

const lowestSoc = (b: BessView): number => positiveOr(b.source.socMin, 1);
const reserveSoc = (b: BessView): number => positiveOr(b.source.socReserve, 1);
const heldExport_W = (export_W: number | undefined): number =>
  EXPORT_HELD * positiveOr(export_W, 0);

interface Rooms {
  /** Nothing is exported; not more than may be while loads come down; all loads lost, W. */
  readonly loadRoom: number;
  readonly heldRoom: number;
  readonly exportRoom: number;
}

/** Discharge down to a state of charge by BESS, within what may be exported, W. */
function bounded(
  bess: readonly BessView[],
  keep: (b: BessView) => number,
  rooms: Rooms,
): { readonly allowed_W: readonly number[]; readonly holds_W: readonly number[] } {
  const wished = bess.map((b) => (b.seen && b.source.usable ? lasting_W(b, keep(b)) : 0));
  const sum = wished.reduce((s, w) => s + w, 0);
  const stops = (i: number): boolean => bess[i]?.source.stopInput === true;
  const unstoppable = wished.reduce((s, w, i) => s + (stops(i) ? 0 : w), 0);
  const part = (room: number, of: number, none: number): number =>
    of > 0 ? clamp(room / of, 0, 1) : none;
  const unstopped = part(rooms.exportRoom, unstoppable, 1);
  const scaled = (most: number): readonly number[] =>
    wished.map((w, i) => w * Math.min(most, stops(i) ? 1 : unstopped));
  const share = part(rooms.loadRoom, sum, 0);
  return {
    allowed_W: scaled(share),
    holds_W: scaled(Math.max(share, part(rooms.heldRoom, sum, 0))),
  };
}

/** Discharge that lasts its time down to this state of charge, W. */
function lasting_W(b: BessView, keep: number): number {
  const energy_Wh = Math.max(0, b.soc - keep) * positiveOr(b.source.capacity_Wh, 0);
  return Math.min(b.dischargeMax_W, (energy_Wh * 3600) / FADE_s);
}

/** Commanded, acknowledged and measured: the smallest counts, and only under a lease that lasts. */
function relief_W(b: BessView, allowed_W: number): number {
  if (b.restsUntil === undefined || b.lease_W === undefined) return 0;
  if (!b.seen || !b.source.usable || !b.source.supports) return 0;
  return Math.max(0, Math.min(b.commanded_W, b.lease_W, b.power_W, allowed_W));
}
