import type { RegisterProfile } from '../profile';

/**
 * SolaX X1/X3 Hybrid Gen4 and later. Its remote control carries a duration in the setpoint
 * frame itself (one FC16 block at 0x7C), but the block is write-only: neither setpoint nor
 * duration can be read back, and a lease that is not proved is none here. Measured only.
 */
export const solaxGen4 = {
  id: 'solax-gen4',
  maker: 'SolaX',
  model: 'X1 / X3 Hybrid Gen4',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'wills106/homeassistant-solax-modbus',
    page: 'plugin_solax.py: 0x14..0x1C, 0x7C..0x88',
  },
  transport: { unit: 1, baud: 19200, parity: 'none', port: 502 },
  rating: { power_W: 10000, charge_W: 10000, discharge_W: 10000, energy_Wh: 12000 },
  points: {
    dc_V: { table: 'input', address: 0x14, type: 'int16', scale: 0.1, unit: 'V' },
    // Charging is positive there.
    power_W: { table: 'input', address: 0x16, type: 'int16', sign: -1, unit: 'W' },
    soc: { table: 'input', address: 0x1c, type: 'uint16', unit: '%' },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [{ table: 'input', address: 0x14, count: 9, every: 'cycle' }],
  // No fingerprint is known: a plausible state of charge is all that can be asked.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  lease: {
    mechanism: 'none',
    why: 'the duration at 0x82 is write-only: it cannot be proved by reading back',
  },
  forbidden: [
    { address: 0x1f, count: 1, reason: 'charger mode in EEPROM: each write wears it' },
    { address: 0x7c, count: 13, reason: 'remote control whose lease cannot be read back' },
    { address: 0xa0, count: 8, reason: 'remote control whose lease cannot be read back' },
  ],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
