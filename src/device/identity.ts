import type { DeviceProfile, IdentityVerdict, RegisterImage } from './compiled';
import { decodeRaw } from './numbers';
import type { FingerprintData } from './profile';
import { readPoint, readText, wordsAt } from './readPoint';

/** Finding of one fingerprint, or undefined when it fits. */
function mismatch(
  profile: DeviceProfile,
  expected: FingerprintData,
  image: RegisterImage,
): string | undefined {
  const { point } = expected;
  if ('matches' in expected) {
    const text = readText(profile, point, image);
    if (text !== undefined && new RegExp(expected.matches, 'i').test(text)) return undefined;
    return `${point} is ${text === undefined ? 'absent' : `"${text}"`}, expected /${expected.matches}/`;
  }
  const value = readPoint(profile, point, image);
  if (!value.ok) return value.reason;
  if ('rating' in expected) {
    const rated = profile.rating[expected.rating];
    if (rated !== undefined && Math.abs(value.value - rated) <= expected.tolerance * rated)
      return undefined;
    return `${point} is ${value.value}, the site file says ${rated ?? 'nothing'}`;
  }
  const fits = value.value >= expected.min && value.value <= expected.max;
  return fits ? undefined : `${point} is ${value.value}, expected ${expected.min}..${expected.max}`;
}

function chainMismatches(profile: DeviceProfile, image: RegisterImage): string[] {
  const base = profile.data.sunspec?.base;
  if (base === undefined) return [];
  const why: string[] = [];
  const mark = wordsAt(image, 'holding', base, 2);
  if (mark?.[0] !== 0x5375 || mark[1] !== 0x6e53) why.push(`no "SunS" at ${base}`);
  for (const { model, address, length } of profile.models) {
    const header = wordsAt(image, 'holding', address, 2);
    if (header?.[0] === model && header[1] === length) continue;
    const seen = header === undefined ? 'nothing' : `model ${header[0] ?? 0} (${header[1] ?? 0})`;
    why.push(`${seen} at ${address}, expected model ${model} of length ${length}`);
  }
  return why;
}

/** Scale factors on which written values depend must be the declared ones. */
function scaleMismatches(profile: DeviceProfile, image: RegisterImage): string[] {
  const why: string[] = [];
  for (const point of profile.points.values()) {
    if (point.scaleFactor === undefined || point.declaredExponent === undefined) continue;
    const words = wordsAt(image, point.table, point.scaleFactor, 1);
    const exponent = words === undefined ? undefined : decodeRaw('int16', words, 0, 'hi-lo');
    if (exponent === point.declaredExponent) continue;
    const seen = exponent === undefined ? 'was not read' : `is ${exponent}`;
    why.push(`${point.name}: scale factor ${seen}, declared ${point.declaredExponent}`);
  }
  return why;
}

/**
 * Whether the device behind these registers is the one of the profile; needs the `once` reads of
 * the plan (and the blocks that fingerprints lie in). Until it says ok, nothing may be written.
 * `identity` holds the texts found (maker, model, version, serial). Pure.
 */
export function checkIdentity(profile: DeviceProfile, image: RegisterImage): IdentityVerdict {
  const why = [
    ...chainMismatches(profile, image),
    ...profile.data.identity.flatMap((expected) => mismatch(profile, expected, image) ?? []),
    ...scaleMismatches(profile, image),
  ];
  if (why.length > 0) return { ok: false, why };
  const identity: Record<string, string> = {};
  for (const name of profile.points.keys()) {
    const text = readText(profile, name, image);
    if (text !== undefined) identity[name] = text;
  }
  return { ok: true, identity };
}
