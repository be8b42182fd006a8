import type { RegisterProfile } from '../profile';

/** Any SunSpec meter with model 213 (wye, three phase, float32). */
export const sunspecMeter213 = {
  id: 'sunspec-meter-213',
  maker: 'SunSpec',
  model: 'meter 213',
  nature: 'Meter',
  status: 'from-manual',
  source: { document: 'SunSpec model definitions', page: 'model_1.json, model_213.json' },
  transport: { unit: 1, baud: 19200, port: 502 },
  rating: { power_W: 69000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 66, 65],
      [213, 124],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    A_L1: { sunspec: [213, 'AphA'], unit: 'A' },
    A_L2: { sunspec: [213, 'AphB'], unit: 'A' },
    A_L3: { sunspec: [213, 'AphC'], unit: 'A' },
    V_L1: { sunspec: [213, 'PhVphA'], unit: 'V' },
    V_L2: { sunspec: [213, 'PhVphB'], unit: 'V' },
    V_L3: { sunspec: [213, 'PhVphC'], unit: 'V' },
    W_total: { sunspec: [213, 'W'], unit: 'W' },
    W_L1: { sunspec: [213, 'WphA'], unit: 'W' },
    W_L2: { sunspec: [213, 'WphB'], unit: 'W' },
    W_L3: { sunspec: [213, 'WphC'], unit: 'W' },
    VA_total: { sunspec: [213, 'VA'], unit: 'VA' },
    Wh_import: { sunspec: [213, 'TotWhImp'], unit: 'Wh' },
    Wh_export: { sunspec: [213, 'TotWhExp'], unit: 'Wh' },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [213, 2, 42], every: 'cycle' },
    { sunspec: [213, 60, 10], every: 'slow' },
  ],
  identity: [
    { point: 'maker', matches: '.' },
    { point: 'model', matches: '.' },
  ],
  lease: { mechanism: 'none', why: 'a meter takes no setpoint' },
  forbidden: [{ sunspec: [1, 66, 1], reason: 'device address' }],
  reaction_s: [0.2, 1],
} as const satisfies RegisterProfile;
