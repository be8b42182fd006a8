import type { Point } from './compiled';
import type { Bound, Rating, ValueExpression } from './profile';

/** What a write expression may refer to. */
export interface ExpressionContext {
  readonly value_W: number;
  readonly ttl_s: number;
  readonly rating: Rating;
  /** 0..4294967295. */
  readonly tag: number;
}

/** Greatest charging power of the installed device, W. Pure. */
export const chargeRating = (rating: Rating): number => rating.charge_W ?? rating.power_W;
/** Greatest discharging power of the installed device, W. Pure. */
export const dischargeRating = (rating: Rating): number => rating.discharge_W ?? rating.power_W;

/** An expression's value in the point's unit. Pure. */
export function evaluate(expression: ValueExpression, context: ExpressionContext): number {
  const { value_W, ttl_s, rating } = context;
  if (typeof expression === 'number') return expression;
  if (typeof expression === 'object') {
    if (value_W === 0) return expression.idle;
    return value_W < 0 ? expression.charge : expression.discharge;
  }
  switch (expression) {
    case 'value':
      return value_W;
    case 'percent':
      return (100 * value_W) / rating.power_W;
    case 'minus-percent':
      return (-100 * value_W) / rating.power_W;
    case 'charge':
      return Math.max(0, -value_W);
    case 'discharge':
      return Math.max(0, value_W);
    case 'charge-percent':
      return (100 * Math.max(0, -value_W)) / chargeRating(rating);
    case 'discharge-percent':
      return (100 * Math.max(0, value_W)) / dischargeRating(rating);
    case 'third':
      return value_W / 3;
    case 'ttl':
      return ttl_s;
    case 'tag':
      return context.tag;
  }
}

/** Setpoint in W that a written value of this expression means; undefined where it means none. */
export function meaningOf(
  expression: ValueExpression,
  written: number,
  { rating, value_W }: ExpressionContext,
): number | undefined {
  if (typeof expression !== 'string') return undefined;
  switch (expression) {
    case 'value':
      return written;
    case 'third':
      return 3 * written;
    case 'percent':
      return (written * rating.power_W) / 100;
    case 'charge':
      return value_W < 0 ? -written : undefined;
    case 'discharge':
      return value_W > 0 ? written : undefined;
    case 'charge-percent':
      return value_W < 0 ? (-written * chargeRating(rating)) / 100 : undefined;
    case 'discharge-percent':
      return value_W > 0 ? (written * dischargeRating(rating)) / 100 : undefined;
    case 'minus-percent':
    case 'ttl':
    case 'tag':
      return undefined;
  }
}

/** Room for binary error: a value this near to the next raw step counts as that step. */
const EPSILON = 1e-6;

/**
 * Raw value of a physical one. Integers are cut towards zero: never more power, never a longer
 * lease than asked for. Pure.
 */
export function toRaw(point: Point, value: number): number {
  const exponent = point.declaredExponent ?? 0;
  const exact = (point.sign * value - point.offset) / (point.scale * 10 ** exponent);
  if (point.type === 'float32') return Math.fround(exact);
  return Math.trunc(exact + Math.sign(exact) * EPSILON) || 0;
}

/** Physical value of a raw one, with the declared exponent. Pure. */
export function fromRaw(point: Point, raw: number): number {
  const exponent = point.declaredExponent ?? 0;
  const scaled = exponent >= 0 ? raw * 10 ** exponent : raw / 10 ** -exponent;
  return point.sign * (scaled * point.scale + point.offset) || 0;
}

/** A bound in W. Pure. */
export const boundOf = (bound: Bound, rating: Rating): number =>
  'W' in bound ? bound.W : bound.share * rating.power_W;
