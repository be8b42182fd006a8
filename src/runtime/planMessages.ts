/** What the planner tells the site, as it comes over IPC: checked, clipped, with an expiry. Pure. */
import type { StorageAdvice } from '../allocation';
import { PLAN_LIFE_ms } from '../planning';
import { type Instant, later } from '../time';

/** The slow loop as people see it. */
export interface PlanView {
  /** Advice in one clause, or why there is none. */
  readonly text: string;
  readonly mode: 'balance' | 'delay' | 'charge' | 'none';
  readonly socMin?: number;
  readonly socMax?: number;
  readonly peakTarget_W?: number;
  /** Worth of one more stored kWh. */
  readonly shadowPrice?: number;
  /** Seconds until the advice ends by itself. */
  readonly left_s?: number;
  readonly priceCheck: string;
  readonly findings: readonly string[];
  /** Yesterday against plan and against doing nothing; bias of the forecast. */
  readonly review: readonly string[];
  readonly bias: boolean;
  readonly offPlan: boolean;
}

/** One message of the planner. */
export interface PlanMessage extends Omit<PlanView, 'left_s'> {
  readonly chargeTo?: number;
  /** Time until it ends, counted from sending. */
  readonly life_ms: number;
}

const LINES_MAX = 12;
const TEXT_MAX = 300;
const MODES = ['balance', 'delay', 'charge', 'none'] as const;

/** Undefined for anything that is not a plan message. */
export function decodePlan(body: unknown): PlanMessage | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(body));
  const mode = MODES.find((m) => m === given.get('mode'));
  const life = number(given.get('life_ms'), 0, PLAN_LIFE_ms);
  const text = line(given.get('text'));
  if (mode === undefined || life === undefined || text === undefined) return undefined;
  const out: { -readonly [K in keyof PlanMessage]: PlanMessage[K] } = {
    mode,
    text,
    life_ms: life,
    priceCheck: line(given.get('priceCheck')) ?? '',
    findings: lines(given.get('findings')),
    review: lines(given.get('review')),
    bias: given.get('bias') === true,
    offPlan: given.get('offPlan') === true,
  };
  for (const key of ['socMin', 'socMax', 'chargeTo'] as const) {
    const v = number(given.get(key), 0, 1);
    if (v !== undefined) out[key] = v;
  }
  const peak = number(given.get('peakTarget_W'), 0, 1e9);
  if (peak !== undefined) out.peakTarget_W = peak;
  const shadow = number(given.get('shadowPrice'), -1e6, 1e6);
  if (shadow !== undefined) out.shadowPrice = shadow;
  return out;
}

/** The part the allocation may look at; undefined where the planner has no advice. Pure. */
export function adviceFrom(message: PlanMessage, now: Instant): StorageAdvice | undefined {
  const { mode, socMin, socMax, chargeTo, peakTarget_W, life_ms } = message;
  if (mode === 'none' || socMin === undefined || socMax === undefined) return undefined;
  return {
    mode,
    socMin,
    socMax,
    ...(chargeTo === undefined ? {} : { chargeTo }),
    ...(peakTarget_W === undefined ? {} : { peakTarget_W }),
    expires_at: later(now, life_ms),
  };
}

function number(value: unknown, min: number, max: number): number | undefined {
  const known = typeof value === 'number' && value >= min && value <= max;
  return known ? value : undefined;
}

const line = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.slice(0, TEXT_MAX) : undefined;

const lines = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.flatMap((v: unknown) => line(v) ?? []).slice(0, LINES_MAX) : [];
