import type { RegisterProfile } from '../profile';

/**
 * Victron MultiPlus or Quattro, three phase, behind a GX device in external control (ESS mode
 * 3): the unit of the VE.Bus system, not unit 100. Register 2902 of unit 100 must hold 3 and is
 * set when the site is commissioned. Each phase takes a third. Without a new setpoint the
 * inverter falls to passthru.
 */
export const victronGxEss3 = {
  id: 'victron-gx-ess3',
  maker: 'Victron Energy',
  model: 'GX with VE.Bus, ESS mode 3',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'victronenergy/dbus_modbustcp; hass-victron threads 56 and 226',
    page: 'attributes.csv, com.victronenergy.vebus; ESS mode 2 and 3 guide as cited in the threads',
  },
  transport: { unit: 227, port: 502 },
  rating: { power_W: 15000, charge_W: 15000, discharge_W: 15000, energy_Wh: 30000 },
  points: {
    voltage_L1_V: { table: 'holding', address: 3, type: 'uint16', scale: 0.1, unit: 'V' },
    // What the inverter takes from the grid: charging is positive there.
    power_L1_W: { table: 'holding', address: 12, type: 'int16', scale: 10, sign: -1, unit: 'W' },
    power_L2_W: { table: 'holding', address: 13, type: 'int16', scale: 10, sign: -1, unit: 'W' },
    power_L3_W: { table: 'holding', address: 14, type: 'int16', scale: 10, sign: -1, unit: 'W' },
    soc: { table: 'holding', address: 30, type: 'uint16', scale: 0.1, unit: '%' },
    setpoint_L1_W: {
      table: 'holding',
      address: 37,
      type: 'int16',
      sign: -1,
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
    setpoint_L2_W: {
      table: 'holding',
      address: 40,
      type: 'int16',
      sign: -1,
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
    setpoint_L3_W: {
      table: 'holding',
      address: 41,
      type: 'int16',
      sign: -1,
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
  },
  derived: {
    power_W: { sum: ['power_L1_W', 'power_L2_W', 'power_L3_W'], unit: 'W' },
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [{ table: 'holding', address: 3, count: 28, every: 'cycle' }],
  // No name lies in these registers: a plausible mains and charge are all that can be asked.
  identity: [
    { point: 'voltage_L1_V', min: 100, max: 300 },
    { point: 'soc', min: 0, max: 100 },
  ],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 16, set: [['setpoint_L1_W', 'third']] },
        {
          fc: 16,
          set: [
            ['setpoint_L2_W', 'third'],
            ['setpoint_L3_W', 'third'],
          ],
        },
      ],
      clear: [
        { fc: 16, set: [['setpoint_L1_W', 0]] },
        {
          fc: 16,
          set: [
            ['setpoint_L2_W', 0],
            ['setpoint_L3_W', 0],
          ],
        },
      ],
      readBack: {
        equals: [
          ['setpoint_L1_W', 'third'],
          ['setpoint_L2_W', 'third'],
          ['setpoint_L3_W', 'third'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'resend',
    range_s: [60, 60],
    restartsOn: ['setpoint_L1_W', 'setpoint_L3_W'],
    fedByReads: false,
    expiry: { min: { W: 0 }, max: { W: 0 } },
    source: 'hass-victron thread 226: passthru 60 s after the last setpoint; not run on a device',
  },
  forbidden: [
    { address: 22, count: 1, reason: 'input current limit' },
    { address: 30, count: 1, reason: 'overwrites the state of charge' },
    { address: 33, count: 1, reason: 'switches the inverter off' },
    { address: 38, count: 2, reason: 'disables charging and feed-in for good' },
    { address: 56, count: 1, reason: 'disables PV' },
    { address: 62, count: 1, reason: 'resets the VE.Bus system' },
  ],
  reaction_s: [0.5, 4],
} as const satisfies RegisterProfile;
