import type { RegisterProfile } from '../profile';

/**
 * Socomec Countis E24 and E34, Diris A14: integers, high word first; current in mA, power in
 * tens of W, energy in kWh [general knowledge, check]. Line settings are those of the site
 * file.
 */
export const socomecCountisE24 = {
  id: 'socomec-countis-e24',
  maker: 'Socomec',
  model: 'Countis E24 / E34, Diris A14',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems',
    page: 'io.openems.edge.meter.socomec MeterSocomecThreephaseImpl.java',
  },
  transport: { unit: 5, baud: 9600, parity: 'none' },
  rating: { power_W: 69000 },
  points: {
    V_L1: { table: 'holding', address: 0xc558, type: 'uint32', scale: 0.01, unit: 'V' },
    V_L2: { table: 'holding', address: 0xc55a, type: 'uint32', scale: 0.01, unit: 'V' },
    V_L3: { table: 'holding', address: 0xc55c, type: 'uint32', scale: 0.01, unit: 'V' },
    A_L1: { table: 'holding', address: 0xc560, type: 'uint32', scale: 0.001, unit: 'A' },
    A_L2: { table: 'holding', address: 0xc562, type: 'uint32', scale: 0.001, unit: 'A' },
    A_L3: { table: 'holding', address: 0xc564, type: 'uint32', scale: 0.001, unit: 'A' },
    W_total: { table: 'holding', address: 0xc568, type: 'int32', scale: 10, unit: 'W' },
    W_L1: { table: 'holding', address: 0xc570, type: 'int32', scale: 10, unit: 'W' },
    W_L2: { table: 'holding', address: 0xc572, type: 'int32', scale: 10, unit: 'W' },
    W_L3: { table: 'holding', address: 0xc574, type: 'int32', scale: 10, unit: 'W' },
    Wh_import: { table: 'holding', address: 0xc702, type: 'uint32', scale: 1000, unit: 'Wh' },
    Wh_export: { table: 'holding', address: 0xc708, type: 'uint32', scale: 1000, unit: 'Wh' },
  },
  blocks: [
    { table: 'holding', address: 0xc558, count: 30, every: 'cycle' },
    { table: 'holding', address: 0xc702, count: 8, every: 'slow' },
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
