import type { RegisterProfile } from '../profile';

/**
 * SunSpec PV inverter with models 701, 702 and 704. Enable, limit, the limit to fall back to (0
 * %), its enable and the timeout travel in one frame: after expiry the inverter gives nothing.
 */
export const sunspecPv704 = {
  id: 'sunspec-pv-704',
  maker: 'SunSpec',
  model: 'PV inverter 701/704',
  nature: 'PvInverter',
  status: 'from-manual',
  source: {
    document: 'SunSpec model definitions; IEEE 1547-2018 models',
    page: 'model_701.json, model_702.json, model_704.json',
  },
  transport: { unit: 1, baud: 19200, port: 502 },
  rating: { power_W: 50000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 66, 65],
      [701, 153],
      [702, 50],
      [704, 65],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    power_W: { sunspec: [701, 'W'], unit: 'W' },
    // The share below is a share of this.
    max_W: { sunspec: [702, 'WMax'], unit: 'W' },
    limit_enable: { sunspec: [704, 'WMaxLimPctEna'], unit: '', write: { min: 0, max: 1, step: 1 } },
    limit: {
      sunspec: [704, 'WMaxLimPct'],
      unit: '%',
      declaredExponent: -2,
      validIf: { point: 'limit_enable', equals: 1, otherwise: 100 },
      write: { min: 0, max: 100, step: 0.01 },
    },
    limit_revert: {
      sunspec: [704, 'WMaxLimPctRvrt'],
      unit: '%',
      declaredExponent: -2,
      write: { min: 0, max: 0, step: 0.01 },
    },
    limit_revert_enable: {
      sunspec: [704, 'WMaxLimPctEnaRvrt'],
      unit: '',
      write: { min: 1, max: 1, step: 1 },
    },
    limit_timeout_s: {
      sunspec: [704, 'WMaxLimPctRvrtTms'],
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
    lease_left_s: { sunspec: [704, 'WMaxLimPctRvrtRem'], unit: 's' },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [702, 26, 20], every: 'once' },
    { sunspec: [704, 54, 1], every: 'once' },
    { sunspec: [701, 10, 107], every: 'cycle' },
    { sunspec: [704, 14, 8], every: 'cycle' },
  ],
  identity: [
    { point: 'maker', matches: '.' },
    { point: 'model', matches: '.' },
    { point: 'max_W', rating: 'power_W', tolerance: 0.01 },
  ],
  setpoints: {
    'pv-limit': {
      writes: [
        {
          fc: 16,
          set: [
            ['limit_enable', 1],
            ['limit', 'percent'],
            ['limit_revert', 0],
            ['limit_revert_enable', 1],
            ['limit_timeout_s', 'ttl'],
          ],
        },
      ],
      clear: [{ fc: 16, set: [['limit_enable', 0]] }],
      readBack: {
        equals: [
          ['limit_enable', 1],
          ['limit', 'percent'],
          ['limit_revert', 0],
          ['limit_revert_enable', 1],
          ['limit_timeout_s', 'ttl'],
        ],
        remaining: 'lease_left_s',
      },
    },
  },
  lease: {
    mechanism: 'same-frame',
    timeout: 'limit_timeout_s',
    range_s: [1, 3600],
    restartsOn: ['limit_enable'],
    fedByReads: false,
    expiry: { min: { W: 0 }, max: { W: 0 } },
    reverts: [
      ['limit_revert', 'limit'],
      ['limit_revert_enable', 'limit_enable'],
    ],
    remaining: 'lease_left_s',
    source: 'model_704.json: WMaxLimPctRvrt, EnaRvrt, RvrtTms, RvrtRem',
  },
  forbidden: [
    { sunspec: [1, 66, 1], reason: 'device address' },
    { sunspec: [704, 2, 12], reason: 'power factor: grid code' },
    { sunspec: [704, 35, 17], reason: 'reactive power and ramps: grid code' },
    { sunspec: [704, 52, 1], reason: 'anti-islanding' },
  ],
  reaction_s: [0.3, 2],
} as const satisfies RegisterProfile;
