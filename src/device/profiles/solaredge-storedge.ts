import type { RegisterProfile } from '../profile';

/**
 * SolarEdge StorEdge in remote control (0xE004 holds 4, set when the site is commissioned).
 * Timeout, mode and both limits travel in one frame. After the timeout the default mode of
 * 0xE00A counts, which the installer chose.
 */
export const solaredgeStoredge = {
  id: 'solaredge-storedge',
  maker: 'SolarEdge',
  model: 'StorEdge / Home Hub',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'WillCodeForCats/solaredge-modbus-multi; evcc-io/evcc',
    page: 'number.py, hub.py; solaredge-hybrid.yaml (sign, precondition, modes)',
  },
  transport: { unit: 1, port: 1502 },
  rating: { power_W: 5000, charge_W: 5000, discharge_W: 5000, energy_Wh: 10000 },
  points: {
    control_mode: { table: 'holding', address: 0xe004, type: 'uint16', unit: '' },
    default_mode: { table: 'holding', address: 0xe00a, type: 'uint16', unit: '' },
    command_timeout_s: {
      table: 'holding',
      address: 0xe00b,
      type: 'uint32',
      wordOrder: 'lo-hi',
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
    command_mode: {
      table: 'holding',
      address: 0xe00d,
      type: 'uint16',
      unit: '',
      write: { min: 3, max: 7, step: 1 },
    },
    charge_limit_W: {
      table: 'holding',
      address: 0xe00e,
      type: 'float32',
      wordOrder: 'lo-hi',
      unit: 'W',
      write: { min: 0, max: 'charge', step: 1 },
    },
    discharge_limit_W: {
      table: 'holding',
      address: 0xe010,
      type: 'float32',
      wordOrder: 'lo-hi',
      unit: 'W',
      write: { min: 0, max: 'discharge', step: 1 },
    },
    // Charging is positive there.
    power_W: {
      table: 'holding',
      address: 0xe174,
      type: 'float32',
      wordOrder: 'lo-hi',
      sign: -1,
      unit: 'W',
    },
    soc: { table: 'holding', address: 0xe184, type: 'float32', wordOrder: 'lo-hi', unit: '%' },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 0xe004, count: 1, every: 'once' },
    { table: 'holding', address: 0xe00a, count: 1, every: 'once' },
    { table: 'holding', address: 0xe174, count: 2, every: 'cycle' },
    { table: 'holding', address: 0xe184, count: 2, every: 'cycle' },
  ],
  identity: [
    { point: 'control_mode', min: 4, max: 4 },
    { point: 'soc', min: 0, max: 100 },
  ],
  setpoints: {
    'bess-power': {
      writes: [
        {
          fc: 16,
          set: [
            ['command_timeout_s', 'ttl'],
            ['command_mode', { charge: 3, discharge: 4, idle: 4 }],
            ['charge_limit_W', 'charge'],
            ['discharge_limit_W', 'discharge'],
          ],
        },
      ],
      clear: [{ fc: 6, set: [['command_mode', 7]] }],
      readBack: {
        equals: [
          ['command_timeout_s', 'ttl'],
          ['command_mode', { charge: 3, discharge: 4, idle: 4 }],
          ['charge_limit_W', 'charge'],
          ['discharge_limit_W', 'discharge'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'same-frame',
    timeout: 'command_timeout_s',
    range_s: [10, 3600],
    restartsOn: ['command_mode'],
    fedByReads: false,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    source: 'solaredge-modbus-multi: 0xE00B up to 86400 s, then the mode of 0xE00A',
  },
  forbidden: [
    { address: 0xe004, count: 1, reason: 'storage control mode: stored setting' },
    { address: 0xe00a, count: 1, reason: 'default mode: the safe side of the lease' },
    { address: 0xf310, count: 0x20, reason: 'power control of the inverter: grid code' },
  ],
  reaction_s: [1, 8],
} as const satisfies RegisterProfile;
