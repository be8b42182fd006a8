import type { DeviceProfile, ParsedProfile, Point, Problem, RegisterSpan } from './compiled';
import { compileProfile, type ProfileInstance } from './compile';
import { rawRange } from './numbers';
import type { RegisterProfile } from './profile';
import { leaseProblems, setpointProblems } from './lintControl';
import { partsOf } from './readPoint';
import { READING_POINTS } from './reading';

const TYPES = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'string'];
const STATUSES = ['tested-on-device', 'from-manual', 'from-open-source-driver'];

/** Whether two spans share a register. Pure. */
export const overlaps = (a: RegisterSpan, b: RegisterSpan): boolean =>
  a.table === b.table && a.address < b.address + b.count && b.address < a.address + a.count;

/** Registers of a point. Pure. */
export const spanOfPoint = (point: Point): RegisterSpan => ({
  table: point.table,
  address: point.address,
  count: point.words,
});

function* headProblems(data: RegisterProfile): Generator<Problem> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(data.id))
    yield { where: 'id', why: `"${data.id}" is not lower-case words joined by "-"` };
  for (const key of ['document', 'page'] as const)
    if (data.source[key].trim() === '')
      yield { where: `source.${key}`, why: 'a profile without a source is refused' };
  if (!STATUSES.includes(data.status))
    yield { where: 'status', why: `"${data.status}" is none of ${STATUSES.join(', ')}` };
  const { unit, maxRegisters } = data.transport;
  if (!Number.isInteger(unit) || unit < 1 || unit > 247)
    yield { where: 'transport.unit', why: `${unit} is no unit id (1..247)` };
  if (maxRegisters !== undefined && !(maxRegisters >= 1 && maxRegisters <= 125))
    yield { where: 'transport.maxRegisters', why: `${maxRegisters} is outside 1..125` };
  for (const [key, value] of Object.entries(data.rating))
    if (!(value > 0)) yield { where: `rating.${key}`, why: `${value} is not above 0` };
  const [from, to] = data.reaction_s;
  if (!(from >= 0 && to >= from && Number.isFinite(to)))
    yield { where: 'reaction_s', why: `${from}..${to} s is no range` };
}

function spanProblem(span: RegisterSpan): string | undefined {
  const { address, count } = span;
  if (!Number.isInteger(address) || !Number.isInteger(count))
    return `address ${address}, count ${count}: not whole registers`;
  if (address < 0 || count < 1 || address + count > 0x10000)
    return `registers ${address}..${address + count - 1} do not exist`;
  return undefined;
}

function* pointProblems(profile: DeviceProfile): Generator<Problem> {
  for (const [name, point] of profile.points) {
    const where = `points.${name}`;
    if (!TYPES.includes(point.type)) {
      yield { where: `${where}.type`, why: `unknown type "${point.type}"` };
      continue;
    }
    const impossible = spanProblem(spanOfPoint(point));
    if (impossible !== undefined) yield { where: `${where}.address`, why: impossible };
    if (point.scale === 0 || !Number.isFinite(point.scale))
      yield { where: `${where}.scale`, why: `a scale of ${point.scale} gives no value` };
    const condition = point.validIf?.point;
    if (condition !== undefined && !profile.points.has(condition))
      yield { where: `${where}.validIf`, why: `there is no point ${condition}` };
    const flag = point.negativeIf?.point;
    if (flag !== undefined && !profile.points.has(flag))
      yield { where: `${where}.negativeIf`, why: `there is no point ${flag}` };
    if (point.write === undefined) continue;
    if (point.table !== 'holding')
      yield { where: `${where}.write`, why: 'an input register cannot be written' };
    if (point.scaleFactor !== undefined && point.declaredExponent === undefined)
      yield { where: `${where}.declaredExponent`, why: 'needed: a written point needs it fixed' };
    if (!(point.write.step > 0)) yield { where: `${where}.write.step`, why: 'must be above 0' };
    if (point.type !== 'string' && typeof point.write.max === 'number') {
      const raw = point.write.max / (point.scale * 10 ** (point.declaredExponent ?? 0));
      if (Math.abs(raw) > rawRange(point.type)[1])
        yield { where: `${where}.write.max`, why: `${point.write.max} does not fit ${point.type}` };
    }
  }
}

function* overlapProblems(profile: DeviceProfile): Generator<Problem> {
  const points = [...profile.points.values()];
  for (const [index, point] of points.entries()) {
    const span = spanOfPoint(point);
    for (const other of points.slice(index + 1)) {
      const same = other.address === point.address && other.words === point.words;
      // The same registers may carry two meanings (a register of two nibbles, two signs).
      if (!same && overlaps(span, spanOfPoint(other)))
        yield { where: `points.${other.name}.address`, why: `overlaps ${point.name}` };
    }
    for (const hole of profile.data.holes ?? [])
      if (overlaps(span, hole))
        yield { where: `points.${point.name}.address`, why: `lies in a hole at ${hole.address}` };
  }
}

function cutBy(block: RegisterSpan, span: RegisterSpan): boolean {
  const inside =
    span.address >= block.address && span.address + span.count <= block.address + block.count;
  return overlaps(block, span) && !inside;
}

function* blockProblems(profile: DeviceProfile): Generator<Problem> {
  const most = profile.data.transport.maxRegisters ?? 125;
  const own = profile.reads.slice(profile.reads.length - profile.data.blocks.length);
  for (const [index, { request }] of own.entries()) {
    const where = `blocks.${index}`;
    const impossible = spanProblem(request);
    if (impossible !== undefined) yield { where, why: impossible };
    if (request.count > most) yield { where, why: `${request.count} registers, most is ${most}` };
    for (const hole of profile.data.holes ?? [])
      if (overlaps(request, hole)) yield { where, why: `reads the hole at ${hole.address}` };
    for (const point of profile.points.values())
      if (cutBy(request, spanOfPoint(point))) yield { where, why: `cuts ${point.name} in two` };
  }
}

/** Points behind a name, through derived values. `seen` stops a derived value of itself. */
function pointsBehind(profile: DeviceProfile, name: string, seen: readonly string[] = []): Point[] {
  const point = profile.points.get(name);
  if (point !== undefined) return [point];
  const derived = profile.derived.get(name);
  if (derived === undefined || seen.includes(name)) return [];
  return partsOf(derived).flatMap((part) => pointsBehind(profile, part, [...seen, name]));
}

function* derivedProblems(profile: DeviceProfile): Generator<Problem> {
  for (const [name, derived] of profile.derived)
    for (const part of partsOf(derived)) {
      const where = `derived.${name}`;
      if (part === name) yield { where, why: 'is derived from itself' };
      else if (!profile.points.has(part) && !profile.derived.has(part))
        yield { where, why: `there is no point ${part}` };
      else if (profile.derived.has(part) && pointsBehind(profile, part, [name]).length === 0)
        if (!('rating' in (profile.derived.get(part) ?? {})))
          yield { where, why: `${part} has no point behind it` };
    }
}

function* readingProblems(profile: DeviceProfile): Generator<Problem> {
  const { required, optional } = READING_POINTS[profile.nature];
  const { lacks } = profile.data;
  const has = (name: string): boolean => profile.points.has(name) || profile.derived.has(name);
  for (const name of required)
    if (!has(name) && lacks?.points.includes(name) !== true)
      yield { where: 'points', why: `a ${profile.nature} needs ${name}` };
  if (lacks?.why.trim() === '') yield { where: 'lacks.why', why: 'say why it is not measured' };
  for (const name of lacks?.points ?? [])
    if (has(name)) yield { where: 'lacks', why: `${name} is there` };
    else if (!required.includes(name)) yield { where: 'lacks', why: `${name} is not asked for` };
  for (const name of [...required, ...optional])
    for (const point of pointsBehind(profile, name)) yield* readProblems(profile, point);
  for (const [index, { point }] of profile.data.identity.entries())
    if (!profile.points.has(point))
      yield { where: `identity.${index}`, why: `there is no point ${point}` };
  if (profile.data.identity.length === 0)
    yield { where: 'identity', why: 'a profile needs a fingerprint' };
}

/** A value and its scale factor come from one transaction, or the exponent is declared. */
function* readProblems(profile: DeviceProfile, point: Point): Generator<Problem> {
  const where = `points.${point.name}`;
  const holds = (block: RegisterSpan, address: number, count: number): boolean =>
    block.table === point.table &&
    address >= block.address &&
    address + count <= block.address + block.count;
  const blocks = profile.reads
    .map((read) => read.request)
    .filter((block) => holds(block, point.address, point.words));
  if (blocks.length === 0) yield { where, why: 'no block reads it' };
  const flag = profile.points.get(point.negativeIf?.point ?? '');
  if (flag !== undefined && !blocks.every((block) => holds(block, flag.address, flag.words)))
    yield { where, why: `${flag.name}, which gives its sign, is not read in the same transaction` };
  const factor = point.scaleFactor;
  if (factor === undefined || point.declaredExponent !== undefined) return;
  if (!blocks.every((block) => holds(block, factor, 1)))
    yield { where, why: `its scale factor at ${factor} is not read in the same transaction` };
}

/** Everything that is wrong in a profile that could be placed. Pure. */
function problemsOf(profile: DeviceProfile): Problem[] {
  return [
    ...headProblems(profile.data),
    ...pointProblems(profile),
    ...overlapProblems(profile),
    ...blockProblems(profile),
    ...derivedProblems(profile),
    ...readingProblems(profile),
    ...leaseProblems(profile),
    ...setpointProblems(profile),
  ];
}

/**
 * Places a profile for one installed device and refuses it with every problem found: registers
 * that overlap or do not exist, unknown types, a lease of 0, a missing source, frames that are not
 * contiguous or touch a forbidden register. Pure.
 */
export function parseProfile(data: RegisterProfile, instance: ProfileInstance = {}): ParsedProfile {
  const { profile, problems } = compileProfile(data, instance);
  const all = problems.length > 0 ? problems : problemsOf(profile);
  return all.length > 0 ? { ok: false, problems: all } : { ok: true, profile };
}
