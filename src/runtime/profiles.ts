/** Device profiles of a site, and the facts about them that `check` asks for. */
import {
  type DeviceProfile,
  lease,
  parseProfile,
  type PlannedRead,
  type Problem,
  profileById,
  type Rating,
  readPlan,
  writableRanges,
} from '../device';
import type { DeviceCatalogue, DeviceFacts, Site } from '../site';

/** The point of a meter's profile that counts import, Wh. */
export const ENERGY_POINT = 'Wh_import';

export type SiteProfiles =
  | { readonly ok: true; readonly profiles: ReadonlyMap<string, DeviceProfile> }
  | { readonly ok: false; readonly problems: readonly (Problem & { readonly device: string })[] };

/** What `check` must know of the profiles of this library. Pure. */
export const deviceCatalogue: DeviceCatalogue = (id): DeviceFacts | undefined => {
  const data = profileById(id);
  if (data === undefined) return undefined;
  const parsed = parseProfile(data);
  if (!parsed.ok) return undefined;
  const terms = lease(parsed.profile);
  const sets = writableRanges(parsed.profile).filter((r) => r.purpose === 'set');
  return {
    nature: data.nature === 'Meter' ? 'meter' : data.nature === 'Bess' ? 'bess' : 'pv',
    blocks: readPlan(parsed.profile)
      .filter((r) => r.every === 'cycle')
      .map((r) => r.request.count),
    writes: sets.map((r) => r.count),
    ...(data.nature === 'Meter'
      ? {
          phasesInOneRead: phasesRead(parsed.profile) !== undefined,
          countsEnergy: parsed.profile.points.has(ENERGY_POINT),
        }
      : {}),
    ...(terms.mechanism === 'none'
      ? {}
      : {
          expiry: {
            min_share: terms.expiry.min_W / parsed.profile.rating.power_W,
            max_share: terms.expiry.max_W / parsed.profile.rating.power_W,
          },
        }),
    ...(data.lacks === undefined ? {} : { lacks: data.lacks.points }),
    lease:
      terms.mechanism === 'none'
        ? 'none'
        : {
            min_s: terms.range_s.min,
            max_s: terms.range_s.max,
            ...(terms.fedByReads ? { fedByReads: true } : {}),
          },
  };
};

const PHASE_POINTS = ['W_L1', 'W_L2', 'W_L3', 'A_L1', 'A_L2', 'A_L3'] as const;

/** The cyclic read that holds power and current of all phases: what the supervisor decodes. Pure. */
export const phasesRead = (profile: DeviceProfile): PlannedRead | undefined =>
  readPlan(profile).find(({ every, request }) =>
    PHASE_POINTS.every((name) => {
      const p = profile.points.get(name);
      if (every !== 'cycle' || p?.table !== request.table) return false;
      return p.address >= request.address && p.address + p.words <= request.address + request.count;
    }),
  );

/** The profile of each field device with its installed rating. Pure. */
export function siteProfiles(site: Site): SiteProfiles {
  const profiles = new Map<string, DeviceProfile>();
  const problems: (Problem & { device: string })[] = [];
  const add = (device: string, id: string, rating?: Rating): void => {
    const data = profileById(id);
    const parsed = data === undefined ? undefined : parseProfile(data, rating && { rating });
    if (parsed === undefined) {
      problems.push({ device, where: 'profile', why: `there is no device profile "${id}"` });
    } else if (parsed.ok) profiles.set(device, parsed.profile);
    else for (const p of parsed.problems) problems.push({ device, ...p });
  };
  for (const m of site.meters) add(m.id, m.profile);
  for (const b of site.bess) {
    add(b.id, b.profile, {
      power_W: Math.max(b.charge_W, b.discharge_W),
      charge_W: b.charge_W,
      discharge_W: b.discharge_W,
      energy_Wh: b.capacity_Wh,
    });
  }
  for (const p of site.pv) add(p.id, p.profile, { power_W: p.rated_W });
  return problems.length === 0 ? { ok: true, profiles } : { ok: false, problems };
}
