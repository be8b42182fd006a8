import type { RegisterProfile } from '../profile';

/** Sungrow SG string inverter: measured only, its limit registers are not confirmed by a source. */
export const sungrowSg = {
  id: 'sungrow-sg',
  maker: 'Sungrow',
  model: 'SG',
  nature: 'PvInverter',
  status: 'from-open-source-driver',
  source: { document: 'evcc-io/evcc', page: 'sungrow-inverter.yaml: 5030' },
  transport: { unit: 1, baud: 9600, parity: 'none', port: 502 },
  rating: { power_W: 25000 },
  points: {
    power_W: {
      table: 'input',
      address: 5030,
      type: 'uint32',
      wordOrder: 'lo-hi',
      unit: 'W',
      missing: [0xffffffff],
    },
  },
  blocks: [{ table: 'input', address: 5030, count: 2, every: 'cycle' }],
  // No fingerprint is known: with the wrong word order the power is beyond any inverter.
  identity: [{ point: 'power_W', min: 0, max: 400000 }],
  lease: { mechanism: 'none', why: 'no source confirms a limit register, none names a timeout' },
  forbidden: [{ address: 5006, count: 2, reason: 'power limit, said to stay without a lease' }],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
