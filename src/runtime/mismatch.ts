/**
 * Does the grid meter show more load than anybody admits? A station that reports what it was told
 * and draws what it likes shows here: base load above its declared maximum. Pure reducer.
 */
import type { SiteState } from '../model';
import type { Site } from '../site';
import { between, type Instant } from '../time';
import { mapPhases, maxPhase, type ThreePhase } from '../units';

/** Stations report every 10 s and vehicles take 5 s: shorter differences are no contradiction. */
const LASTS_ms = 15_000;
const SLACK_A = 2;
/** The usual base load is followed upwards no faster than a building drifts, A/s. */
const DRIFT_A_PER_S = 0.2;
/**
 * Downwards a little faster, but no faster than a late report is put right: a load that has left
 * and is still reported must not make the true base load look like a rise afterwards.
 */
const FALL_A_PER_S = 0.5;

/**
 * A rise within the declared base load is usual after so long: nobody can tell it from a load of
 * the building that stays, and what was usual before may have been wrong.
 */
const ACCEPTED_ms = 3_600_000;
/** Nothing is known of what is usual after so long without a reading: a sun that slept. */
const UNKNOWN_ms = 60_000;

export interface MismatchState {
  /** Usual unexplained load by phase, A; absent until the first reading. */
  readonly usual_A?: ThreePhase<number>;
  readonly at?: Instant;
  readonly since?: Instant;
  readonly excess_A: number;
}
export const NO_MISMATCH: MismatchState = { excess_A: 0 };

/** Load per phase that neither stations nor sources explain, A; undefined when it is not known. */
export function unexplained_A(
  state: SiteState,
  stations_A: ThreePhase<number>,
): ThreePhase<number> | undefined {
  if (state.grid.quality !== 'good') return undefined;
  const { power, voltage } = state.grid.value;
  let sources_W = 0;
  for (const d of [...state.bess, ...state.pv]) {
    if (d.reading.quality !== 'good') return undefined;
    sources_W += d.reading.value.power;
  }
  return mapPhases(power, (p, i) => (p + sources_W / 3) / voltage[i] - stations_A[i]);
}

/**
 * Contradiction: more than the declared base load, or a rise above the usual one by more than the
 * declared largest step. `complete`: each station has told what it draws; else some count at what
 * they may draw, and what is usual stands still. Pure.
 */
export function nextMismatch(
  before: MismatchState,
  site: Site,
  load_A: ThreePhase<number> | undefined,
  now: Instant,
  complete = true,
): MismatchState {
  const known = complete || before.usual_A !== undefined;
  if (load_A === undefined || !known) return before;
  const declared_A = site.nodes.reduce((sum, n) => sum + n.baseLoadMax_A, 0);
  const gap_ms = before.at === undefined ? Infinity : between(before.at, now);
  const since = gap_ms > UNKNOWN_ms && complete ? undefined : before.since;
  const anew = gap_ms > UNKNOWN_ms || (since !== undefined && between(since, now) >= ACCEPTED_ms);
  const dt_s = Math.min(10, gap_ms / 1000);
  const old_A = anew && complete ? load_A : (before.usual_A ?? load_A);
  const step_A = site.connection.base_load_step_A;
  const rise_A = maxPhase(mapPhases(load_A, (a, i) => a - old_A[i])) - step_A;
  const excess_A = Math.max(maxPhase(load_A) - declared_A, rise_A);
  // While it contradicts, the usual value stands still: a lie does not become usual.
  const still = since !== undefined;
  const usual_A = mapPhases(old_A, (a, i) =>
    !complete
      ? a
      : load_A[i] < a
        ? Math.max(load_A[i], a - FALL_A_PER_S * dt_s)
        : still
          ? a
          : Math.min(load_A[i], a + DRIFT_A_PER_S * dt_s),
  );
  const base = { usual_A, at: now, excess_A };
  return excess_A <= SLACK_A ? base : { ...base, since: since ?? now };
}

/** The difference has lasted long enough to be told. Pure. */
export const contradicts = (state: MismatchState, now: Instant): boolean =>
  state.since !== undefined && between(state.since, now) >= LASTS_ms;
