/** How far the sun must be held back so that the export limit holds. */
import type { Instant } from '../time';
import { between } from '../time';
import type { Loads } from './loads';
import type { AllocationMemory, PvMemory } from './memory';
import { clamp, finiteOr, kW, positiveOr } from './sane';
import type { PvView } from './sources';
import type { AllocationInput, PvWish } from './types';

/** A higher bound is given slowly: share of the rating per second. */
const RISE_PER_SECOND = 0.02;

export interface Curtailed {
  readonly wishes: readonly PvWish[];
  readonly memory: ReadonlyMap<string, PvMemory>;
}

/**
 * Export limit and the smallest recent load are shared by rating. Batteries are not counted on:
 * their charging may end before a bound on the sun does. Pure.
 */
export function curtail(
  input: AllocationInput,
  pv: readonly PvView[],
  loads: Loads,
  memory: AllocationMemory,
  now: Instant,
): Curtailed {
  const root = input.nodes[0];
  const rated_W = pv.reduce((sum, p) => sum + positiveOr(p.source.rated_W, 0), 0);
  const margin = clamp(finiteOr(root?.margin, 0.1), 0, 0.5);
  const limit_W =
    root?.export_W === undefined ? Infinity : positiveOr(root.export_W, 0) * (1 - margin);
  const allowed_W = limit_W + loads.least_W;
  const wishes: PvWish[] = [];
  const next = new Map<string, PvMemory>();
  const dt_s = clamp(between(memory.at ?? now, now) / 1000, 0, 2);
  for (const p of pv) {
    const rated = positiveOr(p.source.rated_W, 0);
    const { limit_W: before, ...rest } = p.memory;
    if (rated_W <= limit_W || !p.source.usable) {
      wishes.push({ id: p.source.id, reasons: [] });
      next.set(p.source.id, rest);
      continue;
    }
    const fair = rated_W > 0 ? (allowed_W * rated) / rated_W : 0;
    const slow =
      input.risePerSecond >= 1 ? Infinity : (before ?? 0) + rated * RISE_PER_SECOND * dt_s;
    const value = Math.min(rated, fair, before === undefined ? fair : slow);
    const text = `export limit ${kW(limit_W)} and the smallest recent load ${kW(loads.least_W)}`;
    const reason = { source: 'contract' as const, at: root?.id ?? 'grid', text };
    wishes.push({ id: p.source.id, limit_W: value, reasons: [reason] });
    next.set(p.source.id, { ...rest, limit_W: value });
  }
  return { wishes, memory: next };
}
