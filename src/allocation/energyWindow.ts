/**
 * The averaged contract: mean power over ten minutes. Not a trip signal but an energy budget: what
 * the running window has left bounds the power for the rest of it.
 */
import { between, type Instant } from '../time';
import { positiveOr } from './sane';

export const WINDOW_ms = 600_000;
/** The budget of a window is spread over at least this, so that its end does not invite a jump. */
const SPREAD_ms = 60_000;

export interface EnergyWindow {
  readonly start: Instant;
  readonly used_Wms: number;
  /** Last import and when, for the time until the next reading. */
  readonly last?: { readonly at: Instant; readonly import_W: number };
}

const aligned = (now: Instant): Instant => (Math.floor(now / WINDOW_ms) * WINDOW_ms) as Instant;

/** Readings further apart than this belong to different clocks. */
const GAP_ms = 120_000;

/**
 * The window at `now` when nothing is known of its beginning: the contract itself counts as used.
 * Whoever keeps to `windowLimit` never used more, so a restart brings nothing back. Pure.
 */
export const windowStart = (now: Instant, contract_W: number): EnergyWindow => ({
  start: aligned(now),
  used_Wms: positiveOr(contract_W, 0) * between(aligned(now), now),
});

/**
 * Takes the import of this moment (W, export counts as 0). A missing reading counts as the contract
 * itself: what is not measured is used up. Windows are aligned to the clock; one that jumps starts
 * a window of which nothing is known. Pure.
 */
export function nextWindow(
  window: EnergyWindow,
  import_W: number | undefined,
  contract_W: number,
  now: Instant,
): EnergyWindow {
  const value = Math.max(
    0,
    positiveOr(import_W, import_W !== undefined && import_W < 0 ? 0 : contract_W),
  );
  const start = aligned(now);
  const from = window.last === undefined ? now : window.last.at;
  const elapsed_ms = between(from, now);
  const last = { at: now, import_W: value };
  const jumped = elapsed_ms < 0 || elapsed_ms > GAP_ms;
  if (jumped) return { ...windowStart(now, contract_W), last };
  const fresh = start !== window.start;
  const held_ms = fresh ? between(start, now) : elapsed_ms;
  const mean_W = Math.max(value, window.last?.import_W ?? value);
  return { start, used_Wms: (fresh ? 0 : window.used_Wms) + held_ms * mean_W, last };
}

/** Import that the rest of the window allows, W, and why. Pure. */
export function windowLimit(
  window: EnergyWindow,
  contract_W: number,
  now: Instant,
): { readonly limit_W: number; readonly text: string } {
  const contract = positiveOr(contract_W, 0);
  const passed = Math.min(WINDOW_ms, Math.max(0, between(window.start, now)));
  const left_ms = Math.max(SPREAD_ms, WINDOW_ms - passed);
  const left = Math.max(0, contract * WINDOW_ms - window.used_Wms);
  const limit_W = left / left_ms;
  const used = (window.used_Wms / WINDOW_ms / 1000).toFixed(1);
  const text = `10-minute mean: ${used} kW of ${(contract / 1000).toFixed(1)} kW used`;
  return { limit_W, text };
}
