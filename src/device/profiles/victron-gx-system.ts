import type { RegisterProfile } from '../profile';

/**
 * Victron GX device as a whole (unit 100) in ESS mode 2. Its grid setpoint stays when nobody
 * renews it, and register 2700 is stored in flash: measured only. Commanded through `victron-
 * gx-ess3`.
 */
export const victronGxSystem = {
  id: 'victron-gx-system',
  maker: 'Victron Energy',
  model: 'GX system, ESS mode 2',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'victronenergy/dbus_modbustcp; hass-victron thread 56',
    page: 'attributes.csv, com.victronenergy.system; sign of 842 [general knowledge, check]',
  },
  transport: { unit: 100, port: 502 },
  rating: { power_W: 15000, charge_W: 15000, discharge_W: 15000, energy_Wh: 30000 },
  points: {
    power_W: { table: 'holding', address: 842, type: 'int16', sign: -1, unit: 'W' },
    soc: { table: 'holding', address: 843, type: 'uint16', unit: '%', missing: [0xffff] },
    grid_setpoint_flash_W: {
      table: 'holding',
      address: 2700,
      type: 'int16',
      unit: 'W',
      write: { min: -15000, max: 15000, step: 1, wears: true },
    },
    grid_setpoint_W: { table: 'holding', address: 2716, type: 'int32', unit: 'W' },
    hub4_mode: { table: 'holding', address: 2902, type: 'uint16', unit: '' },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [{ table: 'holding', address: 842, count: 2, every: 'cycle' }],
  // No name lies in these registers.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  lease: {
    mechanism: 'none',
    why: 'settings of mode 2 stay for ever: no source names a timeout',
  },
  forbidden: [
    { address: 2700, count: 1, reason: 'grid setpoint in flash: each write wears it' },
    { address: 2701, count: 5, reason: 'limits of charge and discharge stay without a lease' },
    { address: 2716, count: 2, reason: 'grid setpoint stays without a lease' },
    { address: 2902, count: 1, reason: 'ESS mode' },
  ],
  reaction_s: [0.5, 4],
} as const satisfies RegisterProfile;
