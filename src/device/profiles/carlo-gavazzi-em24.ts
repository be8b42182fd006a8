import type { RegisterProfile } from '../profile';

/**
 * Carlo Gavazzi EM24 with RS-485: integers, low word first. Energy lies elsewhere than in the
 * EM340; with the wrong one of the two profiles the energy is wrong and nothing else.
 */
export const carloGavazziEm24 = {
  id: 'carlo-gavazzi-em24',
  maker: 'Carlo Gavazzi',
  model: 'EM24',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: { document: 'volkszaehler/mbmd', page: 'meters/rs485/carlogavazzi-em24.go' },
  transport: { unit: 1, baud: 9600, parity: 'none' },
  rating: { power_W: 45000 },
  points: {
    V_L1: {
      table: 'input',
      address: 0x00,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'V',
    },
    V_L2: {
      table: 'input',
      address: 0x02,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'V',
    },
    V_L3: {
      table: 'input',
      address: 0x04,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'V',
    },
    A_L1: {
      table: 'input',
      address: 0x0c,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.001,
      unit: 'A',
    },
    A_L2: {
      table: 'input',
      address: 0x0e,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.001,
      unit: 'A',
    },
    A_L3: {
      table: 'input',
      address: 0x10,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.001,
      unit: 'A',
    },
    W_L1: {
      table: 'input',
      address: 0x12,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'W',
    },
    W_L2: {
      table: 'input',
      address: 0x14,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'W',
    },
    W_L3: {
      table: 'input',
      address: 0x16,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'W',
    },
    W_total: {
      table: 'input',
      address: 0x28,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 0.1,
      unit: 'W',
    },
    // Tenths of a kWh.
    Wh_import: {
      table: 'input',
      address: 0x42,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 100,
      unit: 'Wh',
    },
    Wh_export: {
      table: 'input',
      address: 0x5c,
      type: 'int32',
      wordOrder: 'lo-hi',
      scale: 100,
      unit: 'Wh',
    },
  },
  blocks: [
    { table: 'input', address: 0x00, count: 42, every: 'cycle' },
    { table: 'input', address: 0x42, count: 2, every: 'slow' },
    { table: 'input', address: 0x5c, count: 2, every: 'slow' },
  ],
  // No fingerprint is known: a plausible mains shows at least that the word order is right.
  identity: [
    { point: 'V_L1', min: 100, max: 300 },
    { point: 'V_L3', min: 100, max: 300 },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
