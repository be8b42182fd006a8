import {
  checkIdentity,
  nextDiscovery,
  parseProfile,
  PROFILES,
  startDiscovery,
  type DeviceProfile,
  type RegisterBlock,
  type SunspecLayout,
} from '../../src/device';
import type { BusSession } from './busSession';

export interface FoundUnit {
  readonly unit: number;
  readonly answer: string;
  readonly roundTrip_ms?: number;
  readonly sunspecModels?: readonly number[];
  /** Profiles that fit; `named`: the device's own name says so, else only plausible values do. */
  readonly profiles: readonly { readonly id: string; readonly sure: 'named' | 'plausible' }[];
}

/** A unit that says anything, even an exception, is there; undefined = silence or noise. */
async function probe(
  session: BusSession,
  unit: number,
): Promise<{ readonly answer: string; readonly roundTrip_ms?: number } | undefined> {
  const result = await session.ask(unit, { kind: 'read', table: 'holding', address: 0, count: 1 });
  if (result.ok) return { answer: 'answers', roundTrip_ms: result.roundTrip_ms };
  if (result.reason === 'exception') return { answer: `answers (${result.text})` };
  if (result.reason === 'crc' || result.reason === 'invalid-reply')
    return { answer: `garbled: ${result.text}; two devices with this unit id?` };
  return undefined;
}

/** Follows the SunSpec map of a unit; undefined where there is none. */
export async function discover(
  session: BusSession,
  unit: number,
): Promise<SunspecLayout | undefined> {
  let state = startDiscovery();
  while (state.state !== 'found' && state.state !== 'failed') {
    const result = await session.ask(unit, state.read);
    state = nextDiscovery(
      state,
      result.ok ? result : { ok: false, why: `${result.reason}: ${result.text}` },
    );
  }
  return state.state === 'found' ? state.layout : undefined;
}

/** The registers a profile's fingerprint needs, or undefined where the device has not all. */
async function identityImage(
  session: BusSession,
  unit: number,
  profile: DeviceProfile,
): Promise<RegisterBlock[] | undefined> {
  const wanted = profile.data.identity.map(({ point }) => profile.points.get(point));
  const image: RegisterBlock[] = [];
  for (const { request } of profile.reads) {
    const { table, address, count } = request;
    const isHeader = profile.models.length > 0 && count === 2;
    const holdsOne = wanted.some(
      (p) => p?.table === table && p.address >= address && p.address + p.words <= address + count,
    );
    if (!isHeader && !holdsOne) continue;
    const result = await session.ask(unit, request);
    if (!result.ok) return undefined;
    image.push({ table, address, values: result.registers });
  }
  return image;
}

/** A fingerprint by rating depends on the site file: a scan cannot ask for it. */
function placed(index: number, layout: SunspecLayout | undefined): DeviceProfile | undefined {
  const data = PROFILES[index];
  if (data === undefined || (data.sunspec === undefined) !== (layout === undefined))
    return undefined;
  const identity = data.identity.filter((one) => !('rating' in one));
  if (identity.length === 0) return undefined;
  const instance = layout === undefined ? {} : { models: layout.models };
  const result = parseProfile({ ...data, identity }, instance);
  return result.ok ? result.profile : undefined;
}

/** Profiles whose fingerprint fits the unit; named ones first. */
export async function fingerprints(
  session: BusSession,
  unit: number,
  layout: SunspecLayout | undefined,
): Promise<FoundUnit['profiles']> {
  const fits: { readonly id: string; readonly sure: 'named' | 'plausible' }[] = [];
  for (const index of PROFILES.keys()) {
    const profile = placed(index, layout);
    if (profile === undefined) continue;
    const image = await identityImage(session, unit, profile);
    if (image === undefined) continue;
    const verdict = checkIdentity(profile, image);
    // Scale factors matter for writing and lie in blocks that were not read here.
    if (!verdict.ok && !verdict.why.every((why) => why.includes('scale factor'))) continue;
    const named = profile.data.identity.some((one) => 'matches' in one && one.matches !== '.');
    fits.push({ id: profile.id, sure: named ? 'named' : 'plausible' });
  }
  return fits.sort((a, b) => a.sure.localeCompare(b.sure));
}

/** Asks each unit id in turn. `tell` gets progress and the time that is left, in words. */
export async function scanUnits(
  session: BusSession,
  units: readonly number[],
  now_ms: () => number,
  tell: (line: string) => void,
): Promise<FoundUnit[]> {
  const found: FoundUnit[] = [];
  const start_ms = now_ms();
  for (const [index, unit] of units.entries()) {
    const seen = await probe(session, unit);
    if (seen !== undefined) {
      tell(`unit ${unit} ${seen.answer}; looking closer`);
      const layout = await discover(session, unit);
      const profiles = await fingerprints(session, unit, layout);
      const models = layout?.models.map(({ model }) => model);
      found.push({
        unit,
        ...seen,
        ...(models === undefined ? {} : { sunspecModels: models }),
        profiles,
      });
    }
    const done = index + 1;
    const left_s = ((now_ms() - start_ms) / done / 1000) * (units.length - done);
    if (done === 1 || done % 16 === 0)
      tell(`${done} of ${units.length} unit ids, about ${left_s.toFixed(0)} s left`);
  }
  return found;
}
