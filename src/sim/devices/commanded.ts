import type { DeviceProfile, Quantity, ValueExpression } from '../../device';
import type { RegisterFace } from './registerFace';

type Named = readonly (readonly [point: string, expression: ValueExpression])[];

/** All assignments of a setpoint's frames; looked at every simulated tenth of a second. */
const ALL_SETS = new WeakMap<object, Named>();
const NAMES = new WeakMap<Named, Map<ValueExpression, readonly string[]>>();

/** Points of the setpoint frames whose expression this is. */
function namesOf(set: Named, expression: ValueExpression): readonly string[] {
  const known = NAMES.get(set) ?? new Map<ValueExpression, readonly string[]>();
  let names = known.get(expression);
  if (names === undefined) {
    names = set.flatMap(([name, one]) => (one === expression ? [name] : []));
    known.set(expression, names);
    NAMES.set(set, known);
  }
  return names;
}

/** Sum of the points of the setpoint frames with this expression; undefined where there is none. */
function sumOf(face: RegisterFace, set: Named, expression: ValueExpression): number | undefined {
  const values = namesOf(set, expression).map((name) => face.bank.get(name));
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + (value.ok ? value.value : 0), 0);
}

/** -1 charging, 1 discharging, 0 idle by the selector register; 1 where there is none. */
function direction(face: RegisterFace, set: Named): number | undefined {
  for (const [name, expression] of set) {
    if (typeof expression !== 'object') continue;
    const value = face.bank.get(name);
    if (!value.ok) return undefined;
    // Where idle shares a word with one direction, that direction with 0 W is meant.
    if (value.value === expression.charge) return -1;
    if (value.value === expression.discharge) return 1;
    return value.value === expression.idle ? 0 : undefined;
  }
  return 1;
}

/** Whether every register that switches the setpoint on holds its word. */
function isEnabled(face: RegisterFace, last: Named): boolean {
  return last.every(([name, expression]) => {
    if (typeof expression !== 'number') return true;
    const value = face.bank.get(name);
    return value.ok && value.value === expression;
  });
}

/** The power that the registers hold, W. */
function powerIn(face: RegisterFace, profile: DeviceProfile, set: Named): number | undefined {
  const { power_W, charge_W = power_W, discharge_W = power_W } = profile.rating;
  const whole = sumOf(face, set, 'value') ?? sumOf(face, set, 'third');
  if (whole !== undefined) return whole;
  const percent = sumOf(face, set, 'percent');
  if (percent !== undefined) return (percent * power_W) / 100;
  const way = direction(face, set);
  if (way === undefined) return undefined;
  const [expression, share, rated_W] =
    way < 0
      ? (['charge', 'charge-percent', charge_W] as const)
      : (['discharge', 'discharge-percent', discharge_W] as const);
  const power = sumOf(face, set, expression);
  if (power !== undefined) return way * power;
  return (way * (sumOf(face, set, share) ?? 0) * rated_W) / 100;
}

/**
 * The setpoint in the registers, W, by the profile's own frames read backwards; undefined where
 * none is in force. A device whose profile names nothing that changes at expiry keeps its registers
 * then: it returns to its own control silently.
 */
export function commandedPower(
  face: RegisterFace,
  profile: DeviceProfile,
  quantity: Quantity,
): number | undefined {
  const data = profile.data.setpoints?.[quantity];
  const { lease } = profile.data;
  if (data === undefined || lease.mechanism === 'none') return undefined;
  const isShown = (lease.reverts ?? []).length + (lease.disables ?? []).length > 0;
  if (!isShown && !face.lease.isRunning) return undefined;
  const last = data.writes[data.writes.length - 1]?.set ?? [];
  if (!isEnabled(face, last)) return undefined;
  let all = ALL_SETS.get(data);
  if (all === undefined) {
    all = data.writes.flatMap((step) => step.set);
    ALL_SETS.set(data, all);
  }
  return powerIn(face, profile, all);
}
