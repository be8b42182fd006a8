import type {
  DeviceLeaseTerms,
  DeviceProfile,
  Point,
  WritableRange,
  WritableValue,
} from './compiled';
import {
  boundOf,
  chargeRating,
  dischargeRating,
  evaluate,
  toRaw,
  type ExpressionContext,
} from './expression';
import type { Quantity, StepData, ValueExpression, WritableData } from './profile';
import { pointNamed, setpointRange, TAG_MAX } from './setpoint';

/** Bound of a writable point in its unit. Pure. */
export function writeBound(
  profile: DeviceProfile,
  bound: WritableData['min'] | WritableData['max'],
): number {
  if (typeof bound === 'number') return bound;
  const lease = profile.data.lease;
  const range_s = lease.mechanism === 'none' ? ([0, 0] as const) : lease.range_s;
  switch (bound) {
    case 'minus-charge':
      return -chargeRating(profile.rating);
    case 'charge':
      return chargeRating(profile.rating);
    case 'discharge':
      return dischargeRating(profile.rating);
    case 'power':
      return profile.rating.power_W;
    case 'lease-min':
      return range_s[0];
    case 'lease-max':
      return range_s[1];
  }
}

/** Bounds of a setpoint from outside the profile, W, our sign. */
export interface PowerLimits {
  readonly min_W: number;
  readonly max_W: number;
}
const NO_LIMITS: PowerLimits = { min_W: -Infinity, max_W: Infinity };

/** Contexts at the corners of a setpoint: every expression has its extremes at one of them. */
function corners(
  profile: DeviceProfile,
  quantity: Quantity,
  within: PowerLimits,
): ExpressionContext[] {
  const own = setpointRange(profile, quantity);
  const max_W = Math.min(own.max_W, within.max_W);
  const min_W = Math.min(Math.max(own.min_W, within.min_W), max_W);
  const lease = profile.data.lease;
  const range_s = lease.mechanism === 'none' ? ([0, 0] as const) : lease.range_s;
  const { rating } = profile;
  return [min_W, 0, max_W].flatMap((value_W) =>
    range_s.map((ttl_s, end) => ({ value_W, ttl_s, rating, tag: end * TAG_MAX })),
  );
}

function writableValue(
  profile: DeviceProfile,
  point: Point,
  expression: ValueExpression,
  at: readonly ExpressionContext[],
): WritableValue {
  if (point.type === 'string' || point.write === undefined)
    throw new Error(`${profile.id}: ${point.name} is not writable, not parsed?`);
  const reached = at.map((context) => toRaw(point, evaluate(expression, context)));
  const ends = [point.write.min, point.write.max].map((bound) =>
    toRaw(point, writeBound(profile, bound)),
  );
  const finite = typeof expression === 'number' || typeof expression === 'object';
  return {
    point: point.name,
    address: point.address,
    words: point.words,
    type: point.type,
    wordOrder: point.wordOrder,
    min_raw: Math.max(Math.min(...reached), Math.min(...ends)),
    max_raw: Math.min(Math.max(...reached), Math.max(...ends)),
    step_raw: Math.abs(point.write.step / (point.scale * 10 ** (point.declaredExponent ?? 0))),
    forbidden_raw: (point.write.forbidden ?? []).map((value) => toRaw(point, value)),
    ...(finite ? { allowed_raw: [...new Set(reached)].sort((a, b) => a - b) } : {}),
  };
}

function rangeOf(
  profile: DeviceProfile,
  quantity: Quantity,
  purpose: 'set' | 'clear',
  step: StepData,
  within: PowerLimits,
): WritableRange {
  const at = corners(profile, quantity, within);
  const values = step.set.map(([name, expression]) =>
    writableValue(profile, pointNamed(profile, name), expression, at),
  );
  return {
    quantity,
    purpose,
    table: 'holding',
    fc: step.fc,
    address: values[0]?.address ?? 0,
    count: values.reduce((sum, value) => sum + value.words, 0),
    values,
  };
}

/**
 * Every frame that a setpoint or its clearing may need, for the guard: all others are denied. A
 * profile without a lease has none. `within` narrows what may be set, never what clears. Pure.
 */
export function writableRanges(
  profile: DeviceProfile,
  within: PowerLimits = NO_LIMITS,
): readonly WritableRange[] {
  if (profile.data.lease.mechanism === 'none') return [];
  const ranges: WritableRange[] = [];
  for (const quantity of ['bess-power', 'pv-limit'] as const) {
    const data = profile.data.setpoints?.[quantity];
    if (data === undefined) continue;
    for (const step of data.writes) ranges.push(rangeOf(profile, quantity, 'set', step, within));
    for (const step of data.clear)
      ranges.push(rangeOf(profile, quantity, 'clear', step, NO_LIMITS));
  }
  return ranges;
}

/** The device's lease in numbers, with the ratings of the installed device. Pure. */
export function lease(profile: DeviceProfile): DeviceLeaseTerms {
  const data = profile.data.lease;
  if (data.mechanism === 'none') return data;
  const [min, max] = data.range_s;
  return {
    mechanism: data.mechanism,
    range_s: { min, max },
    expiry: {
      min_W: boundOf(data.expiry.min, profile.rating),
      max_W: boundOf(data.expiry.max, profile.rating),
    },
    fedByReads: data.fedByReads,
    source: data.source,
    ...(data.timeout === undefined ? {} : { timeoutPoint: data.timeout }),
    ...(data.remaining === undefined ? {} : { remainingPoint: data.remaining }),
  };
}
