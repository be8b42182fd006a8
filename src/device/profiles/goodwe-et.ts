import type { RegisterProfile } from '../profile';

/**
 * GoodWe ET/EH hybrid inverter (also FENECON Home). No timeout register is known in any source, so
 * it takes no dynamic setpoint: measured only, or behind a relay.
 */
export const goodweEt = {
  id: 'goodwe-et',
  maker: 'GoodWe',
  model: 'ET / EH',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems; evcc-io/evcc',
    page: 'io.openems.edge.goodwe AbstractGoodWe.java, EmsPowerMode.java; goodwe-hybrid.yaml',
  },
  transport: { unit: 247, baud: 9600, port: 502 },
  rating: { power_W: 10000, charge_W: 10000, discharge_W: 10000, energy_Wh: 22000 },
  points: {
    voltage_L1_V: { table: 'holding', address: 35121, type: 'uint16', scale: 0.1, unit: 'V' },
    power_W: { table: 'holding', address: 35182, type: 'int32', unit: 'W' },
    soc: { table: 'holding', address: 37007, type: 'uint16', unit: '%', missing: [0xffff] },
    power_mode: { table: 'holding', address: 47511, type: 'uint16', unit: '' },
    power_set_W: { table: 'holding', address: 47512, type: 'uint16', unit: 'W' },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 35121, count: 1, every: 'once' },
    { table: 'holding', address: 35182, count: 2, every: 'cycle' },
    { table: 'holding', address: 37007, count: 1, every: 'cycle' },
  ],
  identity: [{ point: 'voltage_L1_V', min: 100, max: 300 }],
  lease: {
    mechanism: 'none',
    why: 'no timeout register in the OpenEMS or evcc sources: a setpoint would stay for ever',
  },
  forbidden: [{ address: 47511, count: 2, reason: 'power mode and setpoint stay without a lease' }],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
