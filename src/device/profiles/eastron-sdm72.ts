import type { RegisterProfile } from '../profile';

/**
 * Eastron SDM72D-M, first version: total power and energy only. Without phase values it can inform
 * people but never guard a phase, so its reading stays missing.
 */
export const eastronSdm72 = {
  id: 'eastron-sdm72',
  maker: 'Eastron',
  model: 'SDM72D-M',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: { document: 'volkszaehler/mbmd', page: 'meters/rs485/sdm72.go' },
  transport: { unit: 1, baud: 9600, parity: 'none', maxRegisters: 80 },
  rating: { power_W: 69000 },
  lacks: {
    points: ['W_L1', 'W_L2', 'W_L3', 'A_L1', 'A_L2', 'A_L3', 'V_L1', 'V_L2', 'V_L3'],
    why: 'the first version shows no phase values and no register that tells it from others',
  },
  points: {
    W_total: { table: 'input', address: 0x34, type: 'float32', unit: 'W' },
    Wh_import: { table: 'input', address: 0x48, type: 'float32', scale: 1000, unit: 'Wh' },
    Wh_export: { table: 'input', address: 0x4a, type: 'float32', scale: 1000, unit: 'Wh' },
  },
  blocks: [
    { table: 'input', address: 0x34, count: 2, every: 'cycle' },
    { table: 'input', address: 0x48, count: 4, every: 'slow' },
  ],
  // No fingerprint is known: a power that the meter can measure is all that can be asked.
  identity: [{ point: 'W_total', min: -69000, max: 69000 }],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
