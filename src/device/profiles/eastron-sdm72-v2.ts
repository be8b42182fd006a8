import type { RegisterProfile } from '../profile';

/** Eastron SDM72D-M-2 (V2): the phase registers of the SDM630. */
export const eastronSdm72V2 = {
  id: 'eastron-sdm72-v2',
  maker: 'Eastron',
  model: 'SDM72D-M-2',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: { document: 'volkszaehler/mbmd', page: 'meters/rs485/sdm72v2.go' },
  transport: { unit: 1, baud: 9600, parity: 'none', maxRegisters: 80 },
  rating: { power_W: 69000 },
  points: {
    V_L1: { table: 'input', address: 0x00, type: 'float32', unit: 'V' },
    V_L2: { table: 'input', address: 0x02, type: 'float32', unit: 'V' },
    V_L3: { table: 'input', address: 0x04, type: 'float32', unit: 'V' },
    A_L1: { table: 'input', address: 0x06, type: 'float32', unit: 'A' },
    A_L2: { table: 'input', address: 0x08, type: 'float32', unit: 'A' },
    A_L3: { table: 'input', address: 0x0a, type: 'float32', unit: 'A' },
    W_L1: { table: 'input', address: 0x0c, type: 'float32', unit: 'W' },
    W_L2: { table: 'input', address: 0x0e, type: 'float32', unit: 'W' },
    W_L3: { table: 'input', address: 0x10, type: 'float32', unit: 'W' },
    // The meter's own total lies in another transaction: the reading sums the phases instead.
    W_total_meter: { table: 'input', address: 0x34, type: 'float32', unit: 'W' },
    Wh_import: { table: 'input', address: 0x48, type: 'float32', scale: 1000, unit: 'Wh' },
    Wh_export: { table: 'input', address: 0x4a, type: 'float32', scale: 1000, unit: 'Wh' },
  },
  blocks: [
    { table: 'input', address: 0x00, count: 18, every: 'cycle' },
    { table: 'input', address: 0x34, count: 24, every: 'slow' },
  ],
  // No fingerprint is known: a plausible mains is all that can be asked.
  identity: [
    { point: 'V_L1', min: 100, max: 300 },
    { point: 'V_L3', min: 100, max: 300 },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
