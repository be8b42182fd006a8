import type { RegisterProfile } from '../profile';

/**
 * SunSpec battery system with models 103 (AC side), 704 (controls), 713 and 802 (battery). The
 * lease reverts to a value that is written with it, 0 W: the safest that the standard offers.
 */
export const sunspecBess704 = {
  id: 'sunspec-bess-704',
  maker: 'SunSpec',
  model: 'BESS 704/802',
  nature: 'Bess',
  status: 'from-manual',
  source: {
    document: 'SunSpec model definitions; IEEE 1547-2018 models',
    page: 'model_103.json, model_704.json, model_713.json, model_802.json',
  },
  transport: { unit: 1, baud: 19200, port: 502 },
  rating: { power_W: 50000, charge_W: 50000, discharge_W: 50000, energy_Wh: 100000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 66, 65],
      [103, 50],
      [704, 65],
      [713, 7],
      [802, 62],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    power_W: { sunspec: [103, 'W'], unit: 'W' },
    energy_Wh: { sunspec: [713, 'WHRtg'], unit: 'Wh' },
    soc: { sunspec: [802, 'SoC'], unit: '%' },
    heartbeat: { sunspec: [802, 'Hb'], unit: '' },
    state: {
      sunspec: [802, 'State'],
      unit: '',
      states: { 1: 'off', 2: 'standby', 3: 'on', 4: 'standby', 5: 'on', 6: 'standby', 99: 'fault' },
    },
    charge_rate_max_W: { sunspec: [802, 'WChaRteMax'], unit: 'W' },
    discharge_rate_max_W: { sunspec: [802, 'WDisChaRteMax'], unit: 'W' },
    dc_V: { sunspec: [802, 'V'], unit: 'V' },
    charge_max_A: { sunspec: [802, 'AChaMax'], unit: 'A' },
    discharge_max_A: { sunspec: [802, 'ADisChaMax'], unit: 'A' },
    set_enable: {
      sunspec: [704, 'WSetEna'],
      unit: '',
      write: { min: 0, max: 1, step: 1 },
    },
    set_mode: { sunspec: [704, 'WSetMod'], unit: '', write: { min: 1, max: 1, step: 1 } },
    setpoint_W: {
      sunspec: [704, 'WSet'],
      unit: 'W',
      declaredExponent: 0,
      validIf: { point: 'set_enable', equals: 1 },
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
    set_revert_W: {
      sunspec: [704, 'WSetRvrt'],
      unit: 'W',
      declaredExponent: 0,
      write: { min: 0, max: 0, step: 1 },
    },
    set_revert_enable: {
      sunspec: [704, 'WSetEnaRvrt'],
      unit: '',
      write: { min: 1, max: 1, step: 1 },
    },
    set_timeout_s: {
      sunspec: [704, 'WSetRvrtTms'],
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
    lease_left_s: { sunspec: [704, 'WSetRvrtRem'], unit: 's' },
  },
  derived: {
    // What the battery management system allows now, in A on the DC side.
    charge_now_W: { product: ['charge_max_A', 'dc_V'], unit: 'W' },
    discharge_now_W: { product: ['discharge_max_A', 'dc_V'], unit: 'W' },
    charge_rated_W: { rating: 'charge_W', unit: 'W' },
    discharge_rated_W: { rating: 'discharge_W', unit: 'W' },
    charge_max_W: { smallest: ['charge_now_W', 'charge_rated_W'], unit: 'W' },
    discharge_max_W: { smallest: ['discharge_now_W', 'discharge_rated_W'], unit: 'W' },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [704, 53, 6], every: 'once' },
    { sunspec: [713, 0, 9], every: 'once' },
    { sunspec: [802, 0, 64], every: 'once' },
    { sunspec: [103, 14, 2], every: 'cycle' },
    { sunspec: [802, 11, 53], every: 'cycle' },
    { sunspec: [704, 22, 13], every: 'cycle' },
  ],
  identity: [
    { point: 'maker', matches: '.' },
    { point: 'model', matches: '.' },
  ],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 16, set: [['set_revert_W', 0]] },
        {
          fc: 16,
          set: [
            ['set_revert_enable', 1],
            ['set_timeout_s', 'ttl'],
          ],
        },
        {
          fc: 16,
          set: [
            ['set_enable', 1],
            ['set_mode', 1],
            ['setpoint_W', 'value'],
          ],
        },
      ],
      clear: [
        {
          fc: 16,
          set: [
            ['set_enable', 1],
            ['set_mode', 1],
            ['setpoint_W', 0],
          ],
        },
      ],
      readBack: {
        equals: [
          ['set_enable', 1],
          ['set_mode', 1],
          ['setpoint_W', 'value'],
          ['set_revert_W', 0],
          ['set_revert_enable', 1],
          ['set_timeout_s', 'ttl'],
        ],
        remaining: 'lease_left_s',
      },
    },
  },
  lease: {
    mechanism: 'timeout-register',
    timeout: 'set_timeout_s',
    range_s: [1, 3600],
    restartsOn: ['set_enable'],
    fedByReads: false,
    expiry: { min: { W: 0 }, max: { W: 0 } },
    reverts: [
      ['set_revert_W', 'setpoint_W'],
      ['set_revert_enable', 'set_enable'],
    ],
    remaining: 'lease_left_s',
    source: 'model_704.json: WSetRvrt, WSetEnaRvrt, WSetRvrtTms, WSetRvrtRem',
  },
  forbidden: [
    { sunspec: [1, 66, 1], reason: 'device address' },
    { sunspec: [704, 2, 12], reason: 'power factor: grid code' },
    { sunspec: [704, 35, 17], reason: 'reactive power and ramps: grid code' },
    { sunspec: [704, 52, 1], reason: 'anti-islanding' },
    { sunspec: [802, 9, 2], reason: 'state of charge reserves of the maker' },
    { sunspec: [802, 50, 2], reason: 'connects and disconnects the battery' },
  ],
  reaction_s: [0.3, 1.5],
} as const satisfies RegisterProfile;
