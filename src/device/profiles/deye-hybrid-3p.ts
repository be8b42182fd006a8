import type { RegisterProfile } from '../profile';

/**
 * Deye and Sunsynk three-phase hybrid inverters, low voltage battery. What other controllers write
 * are settings in EEPROM, not setpoints: no lease and wear with each write. Measured only.
 */
export const deyeHybrid3p = {
  id: 'deye-hybrid-3p',
  maker: 'Deye',
  model: 'SUN-xK-SG04LP3',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'evcc-io/evcc',
    page: 'deye-hybrid-3p.yaml; discharge positive at 590 [general knowledge, check]',
  },
  transport: { unit: 1, baud: 9600, parity: 'none' },
  rating: { power_W: 12000, charge_W: 12000, discharge_W: 12000, energy_Wh: 20000 },
  points: {
    soc: { table: 'holding', address: 588, type: 'uint16', unit: '%' },
    power_W: { table: 'holding', address: 590, type: 'int16', unit: 'W' },
    discharge_setting_A: {
      table: 'holding',
      address: 109,
      type: 'uint16',
      unit: 'A',
      write: { min: 0, max: 240, step: 1, wears: true },
    },
    grid_charge_setting_A: {
      table: 'holding',
      address: 128,
      type: 'uint16',
      unit: 'A',
      write: { min: 0, max: 240, step: 1, wears: true },
    },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 588, count: 1, every: 'cycle' },
    { table: 'holding', address: 590, count: 1, every: 'cycle' },
  ],
  // No fingerprint is known: a plausible state of charge is all that can be asked.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  lease: { mechanism: 'none', why: 'settings in EEPROM: no timeout in the source' },
  forbidden: [
    { address: 109, count: 1, reason: 'discharge current in EEPROM' },
    { address: 127, count: 4, reason: 'grid charging in EEPROM' },
    { address: 146, count: 1, reason: 'time of use in EEPROM' },
    { address: 166, count: 6, reason: 'program of the state of charge in EEPROM' },
  ],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
