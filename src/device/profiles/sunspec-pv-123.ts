import type { RegisterProfile } from '../profile';

/**
 * SunSpec PV inverter with models 103, 120, 121 and 123. The power limit is a share of WMax; after
 * its timeout it no longer applies, so the inverter may give full power.
 */
export const sunspecPv123 = {
  id: 'sunspec-pv-123',
  maker: 'SunSpec',
  model: 'PV inverter 103/123',
  nature: 'PvInverter',
  status: 'from-manual',
  source: {
    document: 'SunSpec model definitions',
    page: 'model_103.json, model_120.json, model_121.json, model_123.json',
  },
  transport: { unit: 1, baud: 19200, port: 502 },
  rating: { power_W: 30000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 66, 65],
      [103, 50],
      [120, 26],
      [121, 30],
      [123, 24],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    power_W: { sunspec: [103, 'W'], unit: 'W' },
    rated_W: { sunspec: [120, 'WRtg'], unit: 'W' },
    // The share below is a share of this, not of the nameplate.
    max_W: { sunspec: [121, 'WMax'], unit: 'W' },
    limit: {
      sunspec: [123, 'WMaxLimPct'],
      unit: '%',
      declaredExponent: -2,
      validIf: { point: 'limit_enable', equals: 1, otherwise: 100 },
      write: { min: 0, max: 100, step: 0.01 },
    },
    limit_window_s: {
      sunspec: [123, 'WMaxLimPct_WinTms'],
      unit: 's',
      write: { min: 0, max: 0, step: 1 },
    },
    limit_timeout_s: {
      sunspec: [123, 'WMaxLimPct_RvrtTms'],
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
    limit_ramp_s: {
      sunspec: [123, 'WMaxLimPct_RmpTms'],
      unit: 's',
      write: { min: 0, max: 0, step: 1 },
    },
    limit_enable: {
      sunspec: [123, 'WMaxLim_Ena'],
      unit: '',
      write: { min: 0, max: 1, step: 1 },
    },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [120, 2, 3], every: 'once' },
    { sunspec: [121, 2, 30], every: 'once' },
    { sunspec: [123, 23, 1], every: 'once' },
    { sunspec: [103, 14, 2], every: 'cycle' },
    { sunspec: [123, 5, 5], every: 'cycle' },
  ],
  identity: [
    { point: 'maker', matches: '.' },
    { point: 'model', matches: '.' },
    { point: 'max_W', rating: 'power_W', tolerance: 0.01 },
  ],
  setpoints: {
    'pv-limit': {
      // Limit, timeout and enable in one frame: the limit is never in force without its timeout.
      writes: [
        {
          fc: 16,
          set: [
            ['limit', 'percent'],
            ['limit_window_s', 0],
            ['limit_timeout_s', 'ttl'],
            ['limit_ramp_s', 0],
            ['limit_enable', 1],
          ],
        },
      ],
      clear: [{ fc: 16, set: [['limit_enable', 0]] }],
      readBack: {
        equals: [
          ['limit', 'percent'],
          ['limit_timeout_s', 'ttl'],
          ['limit_enable', 1],
        ],
      },
    },
  },
  lease: {
    mechanism: 'same-frame',
    timeout: 'limit_timeout_s',
    range_s: [1, 3600],
    restartsOn: ['limit_enable'],
    fedByReads: false,
    expiry: { min: { W: 0 }, max: { share: 1 } },
    disables: ['limit_enable'],
    source: 'model_123.json: WMaxLimPct_RvrtTms',
  },
  forbidden: [
    { sunspec: [1, 66, 1], reason: 'device address' },
    { sunspec: [121, 2, 20], reason: 'basic settings: grid code' },
    { sunspec: [123, 2, 3], reason: 'connects and disconnects the inverter' },
    { sunspec: [123, 10, 13], reason: 'power factor and reactive power: grid code' },
  ],
  reaction_s: [0.3, 2],
} as const satisfies RegisterProfile;
