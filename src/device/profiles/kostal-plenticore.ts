import type { RegisterProfile } from '../profile';

/**
 * Kostal Plenticore plus and G3 with external battery control over Modbus. The time after which
 * it returns to internal control is a parameter of its web page and must be 60 s at most. Word
 * order is a setting too: low word first here, as delivered. A firmware is known that accepts
 * and reads back a setpoint without executing it, so measured power decides.
 */
export const kostalPlenticore = {
  id: 'kostal-plenticore',
  maker: 'Kostal',
  model: 'Plenticore plus / G3',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems; KOSTAL PLENTICORE G3 manual; evcc threads 16300 and 31827',
    page: 'KostalManagedEssImpl.java; external battery control; sign of 582 [general knowledge, check]',
  },
  transport: { unit: 71, port: 1502 },
  rating: { power_W: 10000, charge_W: 10000, discharge_W: 10000, energy_Wh: 12800 },
  points: {
    soc: { table: 'holding', address: 210, type: 'float32', wordOrder: 'lo-hi', unit: '%' },
    power_W: { table: 'holding', address: 582, type: 'int16', unit: 'W' },
    command_W: {
      table: 'holding',
      address: 1034,
      type: 'float32',
      wordOrder: 'lo-hi',
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 210, count: 2, every: 'cycle' },
    { table: 'holding', address: 582, count: 1, every: 'cycle' },
  ],
  // A plausible state of charge shows at least that the word order is right.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  setpoints: {
    'bess-power': {
      writes: [{ fc: 16, set: [['command_W', 'value']] }],
      clear: [{ fc: 16, set: [['command_W', 0]] }],
      readBack: { equals: [['command_W', 'value']] },
    },
  },
  lease: {
    mechanism: 'resend',
    range_s: [60, 60],
    restartsOn: ['command_W'],
    fedByReads: false,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    source: 'PLENTICORE G3 manual: returns to internal battery control; OpenEMS 30 s, evcc 60 s',
  },
  forbidden: [
    { address: 1038, count: 4, reason: 'limits of charge and discharge stay without a lease' },
    { address: 1042, count: 2, reason: 'limit of the state of charge' },
  ],
  reaction_s: [1, 8],
} as const satisfies RegisterProfile;
