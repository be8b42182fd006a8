/** Sites on which a case is harder than on the demo's: what a protection carries must matter. */
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { deviceCatalogue, siteProfiles } from '../../../src/runtime';
import type { VirtualOptions } from '../../../src/sim/composition';
import type { Site } from '../../../src/site';

const SITE_FILE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');

export type SiteParts = Pick<VirtualOptions, 'site' | 'profiles' | 'catalogue'>;

/** The demo's site, changed. Throws when it does not load, which a test would have told. */
export function demoSite(change: (demo: Site) => Site = (demo) => demo): SiteParts {
  const loaded = loadSite(SITE_FILE);
  if (loaded.site === undefined) throw new Error('the demo site does not load');
  const changed = change(loaded.site);
  const parsed = siteProfiles(changed);
  if (!parsed.ok) throw new Error('the demo profiles do not parse');
  return { site: changed, profiles: parsed.profiles, catalogue: deviceCatalogue };
}

/** A battery that carries much, behind a breaker with little patience: N-1 binds. */
export const strongBattery = (demo: Site): Site => {
  const curve = {
    rating_A: 125,
    points: [
      { ratio: 1.05, hold_s: 7200 },
      { ratio: 1.2, hold_s: 60 },
      { ratio: 1.45, hold_s: 3 },
      { ratio: 1.7, hold_s: 0.6 },
    ],
  };
  const export_W = 150_000;
  return {
    ...demo,
    connection: { ...demo.connection, export_W },
    nodes: demo.nodes.map((n) =>
      n.parent === undefined
        ? { ...n, curve: { ...n.curve, ...curve }, export_W }
        : { ...n, import_A: 200 },
    ),
    bess: demo.bess.map((b) => ({
      ...b,
      charge_W: 80_000,
      discharge_W: 80_000,
      capacity_Wh: 200_000,
    })),
  };
};
/** Sun and battery together could pass what may be exported; the sun alone never. */
export const littleExport = (demo: Site): Site => {
  const export_W = 25_000;
  return {
    ...demo,
    connection: { ...demo.connection, export_W },
    nodes: demo.nodes.map((n) => (n.parent === undefined ? { ...n, export_W } : n)),
    pv: demo.pv.map((p) => ({ ...p, rated_W: 10_000, expiry_W: 10_000 })),
  };
};
/** Neither sun nor battery: cars want far more than the connection and its breaker carry. */
export const overbooked = (demo: Site): Site => ({
  ...demo,
  nodes: demo.nodes.map((n) =>
    n.parent === undefined ? { ...n, curve: { ...n.curve, rating_A: 125 } } : n,
  ),
  bess: [],
  pv: [],
  connection: { ...demo.connection, base_load_step_A: 20 },
});
/** As `overbooked`, behind the least breaker with which `check` finds no residual risk (INV-10). */
export const crowded = (demo: Site): Site => {
  const site = overbooked(demo);
  return {
    ...site,
    nodes: site.nodes.map((n) =>
      n.parent === undefined ? { ...n, curve: { ...n.curve, rating_A: 155 } } : n,
    ),
  };
};
