import type { RegisterProfile } from '../profile';

/**
 * Sungrow SH hybrid inverter. Addresses are one below the "register" numbers of the maker. The
 * sign of battery power depends on the firmware, so it is taken from the running state, read in
 * the same transaction. No timeout register is known: measured only, or behind a relay.
 */
export const sungrowSh = {
  id: 'sungrow-sh',
  maker: 'Sungrow',
  model: 'SH RT / RS',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'evcc-io/evcc; mkaiser/Sungrow-SHx-Inverter-Modbus-Home-Assistant',
    page: 'sungrow-hybrid.yaml; modbus_sungrow.yaml',
  },
  transport: { unit: 1, baud: 9600, parity: 'none', port: 502 },
  rating: { power_W: 10000, charge_W: 10000, discharge_W: 10000, energy_Wh: 20000 },
  points: {
    running_state: { table: 'input', address: 13000, type: 'uint16', unit: '' },
    power_W: {
      table: 'input',
      address: 13021,
      type: 'int16',
      unit: 'W',
      negativeIf: { point: 'running_state', mask: 0x02 },
    },
    soc: { table: 'input', address: 13022, type: 'uint16', scale: 0.1, unit: '%' },
    ems_mode: { table: 'holding', address: 13049, type: 'uint16', unit: '' },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [{ table: 'input', address: 13000, count: 23, every: 'cycle' }],
  // No fingerprint is known: a plausible state of charge is all that can be asked.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  lease: {
    mechanism: 'none',
    why: 'no timeout in either source: a forced mode stays until somebody ends it',
  },
  forbidden: [
    { address: 13049, count: 3, reason: 'EMS mode, command and power stay without a lease' },
    { address: 13057, count: 2, reason: 'limits of the state of charge' },
    { address: 13073, count: 1, reason: 'feed-in limit: grid code' },
    { address: 13086, count: 1, reason: 'enables the feed-in limit' },
    { address: 13099, count: 1, reason: 'reserve stays without a lease' },
    { address: 33046, count: 2, reason: 'limits of charge and discharge stay without a lease' },
  ],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
