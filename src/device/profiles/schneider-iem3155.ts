import type { RegisterProfile } from '../profile';

/**
 * Schneider iEM3155 and iEM3255: float32, high word first. Power is in kW, energy in Wh. Line
 * settings are those of the site file.
 */
export const schneiderIem3155 = {
  id: 'schneider-iem3155',
  maker: 'Schneider Electric',
  model: 'iEM3155 / iEM3255',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: { document: 'volkszaehler/mbmd', page: 'meters/rs485/iem3000.go' },
  transport: { unit: 1, baud: 19200, parity: 'even' },
  rating: { power_W: 69000 },
  points: {
    A_L1: { table: 'holding', address: 0xbb7, type: 'float32', unit: 'A' },
    A_L2: { table: 'holding', address: 0xbb9, type: 'float32', unit: 'A' },
    A_L3: { table: 'holding', address: 0xbbb, type: 'float32', unit: 'A' },
    V_L1: { table: 'holding', address: 0xbd3, type: 'float32', unit: 'V' },
    V_L2: { table: 'holding', address: 0xbd5, type: 'float32', unit: 'V' },
    V_L3: { table: 'holding', address: 0xbd7, type: 'float32', unit: 'V' },
    W_L1: { table: 'holding', address: 0xbed, type: 'float32', scale: 1000, unit: 'W' },
    W_L2: { table: 'holding', address: 0xbef, type: 'float32', scale: 1000, unit: 'W' },
    W_L3: { table: 'holding', address: 0xbf1, type: 'float32', scale: 1000, unit: 'W' },
    W_total: { table: 'holding', address: 0xbf3, type: 'float32', scale: 1000, unit: 'W' },
    Wh_import: { table: 'holding', address: 0xc83, type: 'int64', unit: 'Wh' },
    Wh_export: { table: 'holding', address: 0xc87, type: 'int64', unit: 'Wh' },
  },
  blocks: [
    { table: 'holding', address: 0xbb7, count: 6, every: 'cycle' },
    { table: 'holding', address: 0xbd3, count: 6, every: 'cycle' },
    { table: 'holding', address: 0xbed, count: 8, every: 'cycle' },
    { table: 'holding', address: 0xc83, count: 8, every: 'slow' },
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
