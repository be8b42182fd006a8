import type { RegisterProfile } from '../profile';

/**
 * SMA Sunny Tripower by SMA's own registers: measured only. Power limits and their fallback are
 * configured on the device; their addresses are not confirmed by a source, so none is written.
 * Where the inverter offers SunSpec model 123 or 704, those profiles limit it with a lease.
 */
export const smaTripower = {
  id: 'sma-tripower',
  maker: 'SMA',
  model: 'Sunny Tripower',
  nature: 'PvInverter',
  status: 'from-open-source-driver',
  source: { document: 'evcc-io/evcc', page: 'sma-si-modbus.yaml: 30775 GridMs.TotW' },
  transport: { unit: 3, port: 502 },
  rating: { power_W: 25000 },
  points: {
    power_W: { table: 'input', address: 30775, type: 'int32', unit: 'W', missing: [-0x80000000] },
  },
  blocks: [{ table: 'input', address: 30775, count: 2, every: 'cycle' }],
  // No fingerprint is known. At night the inverter shows "no value": then it is not identified.
  identity: [{ point: 'power_W', min: -2000, max: 400000 }],
  lease: { mechanism: 'none', why: 'limit and fallback registers are not confirmed by a source' },
  forbidden: [],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
