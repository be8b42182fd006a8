import type { RegisterProfile } from '../profile';

/**
 * Sinexcel PWS2-30K, a power conversion system without a battery of its own. Its watchdog is
 * fed by reads too: whoever only polls keeps the last setpoint alive, so its lease protects
 * against a dead line and a dead gateway and not against one that reads on. What it does at
 * expiry is in no source.
 */
export const sinexcelPws2 = {
  id: 'sinexcel-pws2-30k',
  maker: 'Sinexcel',
  model: 'PWS2-30K',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems',
    page: 'io.openems.edge.batteryinverter.sinexcel BatteryInverterSinexcel*.java',
  },
  transport: { unit: 1, port: 502 },
  rating: { power_W: 30000, charge_W: 30000, discharge_W: 30000, energy_Wh: 60000 },
  lacks: {
    points: ['soc'],
    why: 'the state of charge is known to the battery beside it, not to the converter',
  },
  points: {
    maker: { table: 'holding', address: 1, type: 'string', length: 16, unit: '' },
    serial: { table: 'holding', address: 17, type: 'string', length: 8, unit: '' },
    power_W: { table: 'holding', address: 122, type: 'int16', scale: 10, unit: 'W' },
    command_W: {
      table: 'holding',
      address: 135,
      type: 'int16',
      scale: 100,
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 100 },
    },
    dc_V: { table: 'holding', address: 142, type: 'int16', scale: 0.1, unit: 'V' },
    charge_max_A: { table: 'holding', address: 225, type: 'uint16', scale: 0.1, unit: 'A' },
    discharge_max_A: { table: 'holding', address: 226, type: 'uint16', scale: 0.1, unit: 'A' },
    ems_timeout_s: {
      table: 'holding',
      address: 327,
      type: 'uint16',
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
  },
  derived: {
    charge_now_W: { product: ['charge_max_A', 'dc_V'], unit: 'W' },
    discharge_now_W: { product: ['discharge_max_A', 'dc_V'], unit: 'W' },
    charge_rated_W: { rating: 'charge_W', unit: 'W' },
    discharge_rated_W: { rating: 'discharge_W', unit: 'W' },
    charge_max_W: { smallest: ['charge_now_W', 'charge_rated_W'], unit: 'W' },
    discharge_max_W: { smallest: ['discharge_now_W', 'discharge_rated_W'], unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 1, count: 24, every: 'once' },
    { table: 'holding', address: 122, count: 21, every: 'cycle' },
    { table: 'holding', address: 225, count: 2, every: 'cycle' },
  ],
  identity: [{ point: 'maker', matches: '.' }],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 6, set: [['ems_timeout_s', 'ttl']] },
        { fc: 6, set: [['command_W', 'value']] },
      ],
      clear: [{ fc: 6, set: [['command_W', 0]] }],
      readBack: {
        equals: [
          ['command_W', 'value'],
          ['ems_timeout_s', 'ttl'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'watchdog-register',
    timeout: 'ems_timeout_s',
    range_s: [5, 60],
    restartsOn: ['command_W'],
    fedByReads: true,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    source: 'OpenEMS BatteryInverterSinexcel: EMS_TIMEOUT 327, 60 s, fed by any request',
  },
  forbidden: [
    { address: 300, count: 12, reason: 'network addresses' },
    { address: 316, count: 1, reason: 'unit id' },
    { address: 320, count: 1, reason: 'baud rate' },
    { address: 325, count: 2, reason: 'interface and protocol' },
    { address: 328, count: 1, reason: 'emergency stop input' },
    { address: 329, count: 2, reason: 'timeout and protocol of the battery' },
    { address: 333, count: 1, reason: 'factory reset' },
  ],
  reaction_s: [0.5, 3],
} as const satisfies RegisterProfile;
