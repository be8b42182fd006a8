import type { RegisterProfile } from '../profile';

/**
 * ABB B23, B24 and A43: integers, high word first. All bits set, or all but the sign, means no
 * value. Line settings differ by order code: those of the site file count.
 */
export const abbB23 = {
  id: 'abb-b23',
  maker: 'ABB',
  model: 'B23 / B24 / A43',
  nature: 'Meter',
  status: 'from-open-source-driver',
  source: { document: 'volkszaehler/mbmd', page: 'meters/rs485/abb.go' },
  transport: { unit: 1, baud: 19200, parity: 'even' },
  rating: { power_W: 69000 },
  points: {
    V_L1: {
      table: 'holding',
      address: 0x5b00,
      type: 'uint32',
      scale: 0.1,
      missing: [0xffffffff],
      unit: 'V',
    },
    V_L2: {
      table: 'holding',
      address: 0x5b02,
      type: 'uint32',
      scale: 0.1,
      missing: [0xffffffff],
      unit: 'V',
    },
    V_L3: {
      table: 'holding',
      address: 0x5b04,
      type: 'uint32',
      scale: 0.1,
      missing: [0xffffffff],
      unit: 'V',
    },
    A_L1: {
      table: 'holding',
      address: 0x5b0c,
      type: 'uint32',
      scale: 0.01,
      missing: [0xffffffff],
      unit: 'A',
    },
    A_L2: {
      table: 'holding',
      address: 0x5b0e,
      type: 'uint32',
      scale: 0.01,
      missing: [0xffffffff],
      unit: 'A',
    },
    A_L3: {
      table: 'holding',
      address: 0x5b10,
      type: 'uint32',
      scale: 0.01,
      missing: [0xffffffff],
      unit: 'A',
    },
    W_total: {
      table: 'holding',
      address: 0x5b14,
      type: 'int32',
      scale: 0.01,
      missing: [0x7fffffff],
      unit: 'W',
    },
    W_L1: {
      table: 'holding',
      address: 0x5b16,
      type: 'int32',
      scale: 0.01,
      missing: [0x7fffffff],
      unit: 'W',
    },
    W_L2: {
      table: 'holding',
      address: 0x5b18,
      type: 'int32',
      scale: 0.01,
      missing: [0x7fffffff],
      unit: 'W',
    },
    W_L3: {
      table: 'holding',
      address: 0x5b1a,
      type: 'int32',
      scale: 0.01,
      missing: [0x7fffffff],
      unit: 'W',
    },
    // Hundredths of a kWh.
    Wh_import: {
      table: 'holding',
      address: 0x5000,
      type: 'uint64',
      scale: 10,
      missing: [0xffffffffffffffffn],
      unit: 'Wh',
    },
    Wh_export: {
      table: 'holding',
      address: 0x5004,
      type: 'uint64',
      scale: 10,
      missing: [0xffffffffffffffffn],
      unit: 'Wh',
    },
  },
  blocks: [
    { table: 'holding', address: 0x5b00, count: 28, every: 'cycle' },
    { table: 'holding', address: 0x5000, count: 8, every: 'slow' },
  ],
  // No fingerprint is known: a plausible mains is all that can be asked.
  identity: [
    { point: 'V_L1', min: 100, max: 300 },
    { point: 'V_L3', min: 100, max: 300 },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
