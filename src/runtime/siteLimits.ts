/**
 * Limits that follow from the site file and the grid operator's contacts: the averaged contract as
 * an energy window, the operator's signal by the rules of a limit that may fall silent. Pure.
 */
import {
  type EnergyWindow,
  nextOperator,
  nextWindow,
  operatorLimit,
  operatorStart,
  type OperatorConfig,
  type OperatorState,
  windowLimit,
  windowStart,
} from '../allocation';
import type { NodeLimit } from '../model';
import { GRID, type Site } from '../site';
import { type Instant, instant } from '../time';
import { watts } from '../units';

/** A potential-free contact as read now. */
export type Contact = 'open' | 'closed' | 'unknown';

export interface SiteLimitState {
  readonly window?: EnergyWindow;
  readonly operator?: OperatorState;
}

export interface SiteLimitFacts {
  readonly site: Site;
  /** Import now, W; absent: not measured. Export is negative. */
  readonly import_W?: number;
  readonly contact: (name: string) => Contact;
  /** Contract windows lie on the wall clock (:00, :10, ...). */
  readonly wall_ms: number;
}

/** Nothing is known yet: the operator is not heard, of the window the contract is used up. */
export const NO_SITE_LIMITS: SiteLimitState = {};

/** One cycle. Pure. */
export function nextSiteLimits(
  before: SiteLimitState,
  facts: SiteLimitFacts,
  now: Instant,
): { readonly state: SiteLimitState; readonly limits: readonly NodeLimit[] } {
  const limits: NodeLimit[] = [];
  const state: { -readonly [K in keyof SiteLimitState]: SiteLimitState[K] } = {};
  const { site } = facts;
  const contract_W = site.connection.contract_10min_W;
  if (contract_W !== undefined) {
    const wall = instant(Math.max(0, facts.wall_ms));
    const window = before.window ?? windowStart(wall, contract_W);
    state.window = nextWindow(window, facts.import_W, contract_W, wall);
    const { limit_W, text } = windowLimit(state.window, contract_W, wall);
    limits.push({ node: GRID, source: 'energy-window', import_W: watts(limit_W), text });
  }
  const config = operatorConfig(site);
  if (config !== undefined) {
    const start = before.operator ?? operatorStart(now);
    state.operator = nextOperator(start, heard(facts), config, now);
    const { limit_W, text } = operatorLimit(state.operator, config);
    if (limit_W !== undefined) {
      limits.push({ node: GRID, source: 'grid-operator', import_W: watts(limit_W), text });
    }
  }
  return { state, limits };
}

/** Contacts that can all be read are the heartbeat; the lowest limit of the closed ones holds. */
function heard(facts: SiteLimitFacts): Parameters<typeof nextOperator>[1] {
  const inputs = facts.site.connection.operator?.inputs ?? [];
  const read = inputs.map((i) => ({ ...i, contact: facts.contact(i.input) }));
  if (read.some((i) => i.contact === 'unknown')) return { heartbeat: false };
  const closed = read.filter((i) => i.contact === 'closed').map((i) => i.limit_W);
  const value_W = Math.min(...closed);
  return {
    heartbeat: true,
    write: closed.length === 0 ? { active: false, value_W: 0 } : { active: true, value_W },
  };
}

function operatorConfig(site: Site): OperatorConfig | undefined {
  const { operator, operator_fail_safe_W: failsafe_W } = site.connection;
  if (operator === undefined || failsafe_W === undefined) return undefined;
  return {
    failsafe_W,
    failsafeDuration_ms: operator.fail_safe_duration_s * 1000,
    selfDetermined_W: operator.self_determined_W ?? failsafe_W,
  };
}
