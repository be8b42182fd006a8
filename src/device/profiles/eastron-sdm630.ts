import type { RegisterProfile } from '../profile';

/** Eastron SDM630-Modbus V2, three-phase meter, float32 input registers. */
export const eastronSdm630 = {
  id: 'eastron-sdm630',
  maker: 'Eastron',
  model: 'SDM630-Modbus',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: {
    document: 'volkszaehler/mbmd; Eastron SDM630 Modbus protocol (settings)',
    page: 'meters/rs485/sdm.go',
  },
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
    VA_L1: { table: 'input', address: 0x12, type: 'float32', unit: 'VA' },
    VA_L2: { table: 'input', address: 0x14, type: 'float32', unit: 'VA' },
    VA_L3: { table: 'input', address: 0x16, type: 'float32', unit: 'VA' },
    // The meter's own total lies in another transaction, so it may be 10 s older than the phases.
    W_total_meter: { table: 'input', address: 0x34, type: 'float32', unit: 'W' },
    frequency_Hz: { table: 'input', address: 0x46, type: 'float32', unit: 'Hz' },
    Wh_import: { table: 'input', address: 0x48, type: 'float32', scale: 1000, unit: 'Wh' },
    Wh_export: { table: 'input', address: 0x4a, type: 'float32', scale: 1000, unit: 'Wh' },
  },
  // The sum of the magnitudes is never below the true apparent power: it errs to the safe side.
  derived: { VA_total: { sum: ['VA_L1', 'VA_L2', 'VA_L3'], unit: 'VA' } },
  blocks: [
    { table: 'input', address: 0x00, count: 24, every: 'cycle' },
    { table: 'input', address: 0x34, count: 24, every: 'slow' },
  ],
  // The input registers hold no name: a plausible mains is all that can be asked.
  identity: [
    { point: 'frequency_Hz', min: 45, max: 65 },
    { point: 'V_L1', min: 100, max: 300 },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [
    { address: 0x000a, count: 4, reason: 'wiring type and pulse settings' },
    { address: 0x0012, count: 2, reason: 'parity and stop bits' },
    { address: 0x0014, count: 2, reason: 'unit id' },
    { address: 0x001c, count: 2, reason: 'baud rate' },
    { address: 0xf010, count: 1, reason: 'resets recorded values' },
  ],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
