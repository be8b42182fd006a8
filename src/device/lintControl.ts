import type { DeviceProfile, Point, Problem } from './compiled';
import { boundOf, toRaw } from './expression';
import { rawRange } from './numbers';
import type { LeaseData, SetpointData, StepData } from './profile';

type RealLease = Exclude<LeaseData, { mechanism: 'none' }>;

function missingNames(profile: DeviceProfile, names: readonly string[]): string[] {
  return names.filter((name) => !profile.points.has(name));
}

function* timeoutProblems(profile: DeviceProfile, lease: RealLease): Generator<Problem> {
  if (lease.timeout === undefined) {
    const needs = lease.mechanism !== 'resend' && lease.mechanism !== 'heartbeat';
    if (needs) yield { where: 'lease.timeout', why: `${lease.mechanism} needs a timeout point` };
    else if (lease.range_s[0] !== lease.range_s[1])
      yield { where: 'lease.range_s', why: 'without a timeout point the time is fixed: min = max' };
    return;
  }
  const point = profile.points.get(lease.timeout);
  if (point === undefined) {
    yield { where: 'lease.timeout', why: `there is no point ${lease.timeout}` };
    return;
  }
  if (point.write === undefined)
    yield { where: 'lease.timeout', why: `${lease.timeout} is not writable` };
  else if (!(point.write.forbidden ?? []).includes(0))
    yield { where: `points.${lease.timeout}.write.forbidden`, why: 'a timeout of 0 must be in it' };
  if (point.type === 'string') return;
  const [, most] = rawRange(point.type);
  if (toRaw(point, lease.range_s[1]) > most)
    yield { where: 'lease.range_s', why: `${lease.range_s[1]} s does not fit ${point.type}` };
}

/** What is wrong with the lease of a profile. Pure. */
export function* leaseProblems(profile: DeviceProfile): Generator<Problem> {
  const { lease } = profile.data;
  if (lease.mechanism === 'none') {
    if (lease.why.trim() === '') yield { where: 'lease.why', why: 'say what was looked for' };
    return;
  }
  const [min, max] = lease.range_s;
  if (!(min > 0)) yield { where: 'lease.range_s', why: `a lease of ${min} s is none` };
  if (!(max >= min && Number.isFinite(max)))
    yield { where: 'lease.range_s', why: `${min}..${max} s is no range` };
  if (lease.source.trim() === '') yield { where: 'lease.source', why: 'a lease needs a source' };
  if (lease.restartsOn.length === 0)
    yield { where: 'lease.restartsOn', why: 'say which write restarts the timer' };
  const from_W = boundOf(lease.expiry.min, profile.rating);
  if (!(boundOf(lease.expiry.max, profile.rating) >= from_W))
    yield { where: 'lease.expiry', why: 'max lies below min' };
  const named = [
    ...lease.restartsOn,
    ...(lease.reverts ?? []).flat(),
    ...(lease.disables ?? []),
    ...(lease.remaining === undefined ? [] : [lease.remaining]),
  ];
  for (const name of missingNames(profile, named))
    yield { where: 'lease', why: `there is no point ${name}` };
  yield* timeoutProblems(profile, lease);
}

function* stepProblems(profile: DeviceProfile, where: string, step: StepData): Generator<Problem> {
  let next: number | undefined;
  const points: Point[] = [];
  for (const [name] of step.set) {
    const point = profile.points.get(name);
    if (point === undefined) {
      yield { where, why: `there is no point ${name}` };
      return;
    }
    points.push(point);
    if (point.write === undefined) yield { where, why: `${name} is not declared writable` };
    if (point.write?.wears === true)
      yield { where, why: `${name} wears the device's memory: no setpoint` };
    if (next !== undefined && point.address !== next)
      yield { where, why: `${name} at ${point.address} does not follow at ${next}` };
    next = point.address + point.words;
  }
  const words = points.reduce((sum, point) => sum + point.words, 0);
  if (words === 0) yield { where, why: 'an empty frame' };
  if (step.fc === 6 && words !== 1)
    yield { where, why: `function 6 writes one register, not ${words}` };
  for (const point of points)
    for (const range of profile.forbidden)
      if (point.address < range.address + range.count)
        if (range.address < point.address + point.words)
          yield { where, why: `${point.name} is forbidden: ${range.reason}` };
}

function* readBackProblems(
  profile: DeviceProfile,
  where: string,
  data: SetpointData,
): Generator<Problem> {
  const names = data.readBack.equals.map(([name]) => name);
  const { remaining } = data.readBack;
  const missing = missingNames(profile, remaining === undefined ? names : [...names, remaining]);
  for (const name of missing) yield { where, why: `there is no point ${name}` };
  if (missing.length > 0) return;
  if (names.length === 0) yield { where, why: 'nothing proves the write' };
  const { lease } = profile.data;
  const timeout = lease.mechanism === 'none' ? undefined : lease.timeout;
  if (timeout !== undefined && !names.includes(timeout))
    yield { where, why: `the timeout ${timeout} must be read back` };
}

function* orderProblems(
  profile: DeviceProfile,
  where: string,
  data: SetpointData,
): Generator<Problem> {
  const { lease } = profile.data;
  if (lease.mechanism === 'none') return;
  const names = data.writes.map((step) => step.set.map(([name]) => name));
  const last = names[names.length - 1] ?? [];
  if (!lease.restartsOn.some((name) => last.includes(name)))
    yield { where, why: 'the last frame must start the lease' };
  // A setpoint that takes effect before its timeout is written has no lease for a moment.
  if (lease.timeout !== undefined && !names.flat().includes(lease.timeout))
    yield { where, why: `the timeout ${lease.timeout} is never written` };
}

/** What is wrong with the setpoints of a profile. Pure. */
export function* setpointProblems(profile: DeviceProfile): Generator<Problem> {
  for (const quantity of ['bess-power', 'pv-limit'] as const) {
    const data = profile.data.setpoints?.[quantity];
    if (data === undefined) continue;
    const where = `setpoints.${quantity}`;
    for (const [index, step] of data.writes.entries())
      yield* stepProblems(profile, `${where}.writes.${index}`, step);
    for (const [index, step] of data.clear.entries())
      yield* stepProblems(profile, `${where}.clear.${index}`, step);
    yield* readBackProblems(profile, `${where}.readBack`, data);
    yield* orderProblems(profile, `${where}.writes`, data);
  }
}
