/** A small site as plain data, with doors to change one thing at a time. */
import { strict as assert } from 'node:assert';
import { deviceCatalogue, siteProfiles } from '../../../src/runtime';
import { decodeSite, type Finding, type Site } from '../../../src/site';

export type Block = Record<string, unknown>;
type Plain = Parameters<typeof decodeSite>[0];

/** What YAML would give for this value. */
export const plain = (value: unknown): Plain => JSON.parse(JSON.stringify(value)) as Plain;

export const CURVE = {
  rating_A: 160,
  points: [
    { ratio: 1.05, hold_s: 7200 },
    { ratio: 1.3, hold_s: 120 },
    { ratio: 2, hold_s: 25 },
  ],
};

export const station = (id: string, change: Block = {}): Block => ({
  id,
  node: 'row',
  max_A: 32,
  static_A: 8,
  line: 'line-1',
  cut: { via: 'limit_input', active: 'open', value_A: 8 },
  lease: { honours_duration: true, storage: 'ram', storage_source: 'manual page 12' },
  ...change,
});

export const METER: Block = {
  id: 'meter',
  profile: 'eastron-sdm630',
  bus: 'rs485',
  unit: 10,
  node: 'grid',
  role: 'grid',
};

export const BESS: Block = {
  id: 'bess',
  profile: 'sunspec-bess-704',
  bus: 'rs485',
  unit: 20,
  node: 'grid',
  charge_W: 30_000,
  discharge_W: 30_000,
  capacity_Wh: 60_000,
  expiry_min_W: 0,
  expiry_max_W: 0,
  lease_s: 65,
};

export const PV: Block = {
  id: 'pv',
  profile: 'sunspec-pv-123',
  bus: 'rs485',
  unit: 30,
  node: 'grid',
  rated_W: 40_000,
  expiry_W: 40_000,
};

/** A site that fits; `change` replaces whole top-level blocks. */
export const siteBlock = (change: Block = {}): Block => ({
  version: 1,
  site: { id: 'small', name: 'Small site' },
  connection_point: {
    import_A: 125,
    apparent_VA: 90_000,
    export_W: 60_000,
    base_load_max_A: 40,
    base_load_step_A: 15,
    curve: CURVE,
  },
  circuits: [{ id: 'row', parent: 'grid', import_A: 100, curve: { ...CURVE, rating_A: 125 } }],
  lines: [{ id: 'line-1', node: 'grid', kind: 'watchdog' }],
  buses: [{ id: 'rs485', kind: 'rtu', port: 'emulated', turnaround_ms: 10 }],
  meters: [METER],
  stations: [station('one'), station('two')],
  ...change,
});

/** Changes keys of one top-level block. */
export function withKeys(block: string, keys: Block): Block {
  const site = siteBlock();
  return { ...site, [block]: { ...(site[block] as Block), ...keys } };
}

/** The site of a block; the test fails where it does not decode. */
export function siteOf(block: Block): Site {
  const decoded = decodeSite(plain(block));
  assert(decoded.ok, JSON.stringify(decoded.findings, null, 1));
  return decoded.site;
}

export const findingsOf = (
  block: Block,
  isTimeZone?: (name: string) => boolean,
): readonly Finding[] => decodeSite(plain(block), isTimeZone).findings;

/** Site, profiles and catalogue, as the compositions want them. */
export function assembled(block: Block) {
  const site = siteOf(block);
  const parsed = siteProfiles(site);
  assert(parsed.ok);
  return { site, profiles: parsed.profiles, catalogue: deviceCatalogue };
}
