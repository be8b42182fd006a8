import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { createPduCodec } from '../../src/io/modbusSerial';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { buildVirtual, type VirtualOptions, type VirtualRun } from '../../src/sim/composition';
import type { Site } from '../../src/site';

const DEMO = path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml');

/** The site of the demo, as it is loaded from its file. */
export function demoSite(): Site {
  const { site } = loadSite(DEMO);
  assert.ok(site !== undefined);
  return site;
}

type Rest = Omit<VirtualOptions, 'site' | 'profiles' | 'catalogue' | 'codec' | 'seed'>;

/** A site in simulated time, assembled and not yet started. */
export function virtualRun(site: Site, options: Rest & { readonly seed?: number }): VirtualRun {
  const parsed = siteProfiles(site);
  assert.ok(parsed.ok);
  return buildVirtual({
    site,
    profiles: parsed.profiles,
    catalogue: deviceCatalogue,
    codec: createPduCodec(),
    seed: 1,
    ...options,
  });
}
