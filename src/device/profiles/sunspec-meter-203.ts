import type { RegisterProfile } from '../profile';

/** Any SunSpec meter with model 203 (wye, three phase, integers). */
export const sunspecMeter203 = {
  id: 'sunspec-meter-203',
  maker: 'SunSpec',
  model: 'meter 203',
  nature: 'Meter',
  status: 'from-manual',
  source: { document: 'SunSpec model definitions', page: 'model_1.json, model_203.json' },
  transport: { unit: 1, baud: 19200, port: 502 },
  rating: { power_W: 69000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 66, 65],
      [203, 105],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    A_L1: { sunspec: [203, 'AphA'], unit: 'A' },
    A_L2: { sunspec: [203, 'AphB'], unit: 'A' },
    A_L3: { sunspec: [203, 'AphC'], unit: 'A' },
    V_L1: { sunspec: [203, 'PhVphA'], unit: 'V' },
    V_L2: { sunspec: [203, 'PhVphB'], unit: 'V' },
    V_L3: { sunspec: [203, 'PhVphC'], unit: 'V' },
    W_total: { sunspec: [203, 'W'], unit: 'W' },
    W_L1: { sunspec: [203, 'WphA'], unit: 'W' },
    W_L2: { sunspec: [203, 'WphB'], unit: 'W' },
    W_L3: { sunspec: [203, 'WphC'], unit: 'W' },
    VA_total: { sunspec: [203, 'VA'], unit: 'VA' },
    Wh_import: { sunspec: [203, 'TotWhImp'], unit: 'Wh' },
    Wh_export: { sunspec: [203, 'TotWhExp'], unit: 'Wh' },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [203, 2, 26], every: 'cycle' },
    { sunspec: [203, 38, 17], every: 'slow' },
  ],
  identity: [
    { point: 'maker', matches: '.' },
    { point: 'model', matches: '.' },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [{ sunspec: [1, 66, 1], reason: 'device address' }],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
