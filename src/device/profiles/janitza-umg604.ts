import type { RegisterProfile } from '../profile';

/**
 * Janitza UMG 604: float32, high word first. The unit of its energy registers (9851, 9863) is
 * in no source at hand, so energy is left out.
 */
export const janitzaUmg604 = {
  id: 'janitza-umg604',
  maker: 'Janitza',
  model: 'UMG 604',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems',
    page: 'io.openems.edge.meter.janitza MeterJanitzaUmg604Impl.java',
  },
  transport: { unit: 1, baud: 9600, port: 502 },
  rating: { power_W: 69000 },
  points: {
    V_L1: { table: 'holding', address: 1317, type: 'float32', unit: 'V' },
    V_L2: { table: 'holding', address: 1319, type: 'float32', unit: 'V' },
    V_L3: { table: 'holding', address: 1321, type: 'float32', unit: 'V' },
    A_L1: { table: 'holding', address: 1325, type: 'float32', unit: 'A' },
    A_L2: { table: 'holding', address: 1327, type: 'float32', unit: 'A' },
    A_L3: { table: 'holding', address: 1329, type: 'float32', unit: 'A' },
    W_L1: { table: 'holding', address: 1333, type: 'float32', unit: 'W' },
    W_L2: { table: 'holding', address: 1335, type: 'float32', unit: 'W' },
    W_L3: { table: 'holding', address: 1337, type: 'float32', unit: 'W' },
    W_total: { table: 'holding', address: 1369, type: 'float32', unit: 'W' },
    frequency_Hz: { table: 'holding', address: 1439, type: 'float32', unit: 'Hz' },
  },
  blocks: [
    { table: 'holding', address: 1317, count: 54, every: 'cycle' },
    { table: 'holding', address: 1439, count: 2, every: 'slow' },
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
