import type { RegisterProfile } from '../profile';

/**
 * Hybrid inverter with SunSpec models 103, 120, 124 and 160, as Fronius GEN24: discharge is set as
 * OutWRte in % of the charge rating, a negative rate forces charging. After the timeout the device
 * returns to its own control, which may charge or discharge at full power.
 */
export const sunspecBess124 = {
  id: 'sunspec-bess-124',
  maker: 'Fronius',
  model: 'GEN24 storage (SunSpec 124)',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'SunSpec model_124.json; evcc-io/evcc',
    page: 'templates/definition/meter/fronius-gen24.yaml',
  },
  transport: { unit: 1, port: 502 },
  rating: { power_W: 10000, charge_W: 10000, discharge_W: 10000, energy_Wh: 22000 },
  sunspec: {
    base: 40000,
    chain: [
      [1, 65, 66],
      [103, 50],
      [120, 26],
      [121, 30],
      [123, 24],
      [160, 88],
      [124, 24],
    ],
  },
  points: {
    maker: { sunspec: [1, 'Mn'], unit: '' },
    model: { sunspec: [1, 'Md'], unit: '' },
    version: { sunspec: [1, 'Vr'], unit: '' },
    serial: { sunspec: [1, 'SN'], unit: '' },
    charge_W: { sunspec: [160, 'DCW', 2], unit: 'W' },
    discharge_W: { sunspec: [160, 'DCW', 3], unit: 'W' },
    rated_charge_W: { sunspec: [124, 'WChaMax'], unit: 'W' },
    soc: { sunspec: [124, 'ChaState'], unit: '%' },
    state: {
      sunspec: [124, 'ChaSt'],
      unit: '',
      states: { 1: 'off', 2: 'on', 3: 'on', 4: 'on', 5: 'on', 6: 'standby', 7: 'standby' },
    },
    control: {
      sunspec: [124, 'StorCtl_Mod'],
      unit: '',
      write: { min: 0, max: 3, step: 1 },
    },
    discharge_rate: {
      sunspec: [124, 'OutWRte'],
      unit: '%',
      declaredExponent: -2,
      write: { min: -100, max: 100, step: 0.01 },
    },
    charge_rate: {
      sunspec: [124, 'InWRte'],
      unit: '%',
      declaredExponent: -2,
      write: { min: -100, max: 100, step: 0.01 },
    },
    rate_timeout_s: {
      sunspec: [124, 'InOutWRte_RvrtTms'],
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 1, forbidden: [0] },
    },
  },
  derived: {
    power_W: { difference: ['discharge_W', 'charge_W'], unit: 'W' },
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { sunspec: [1, 0, 66], every: 'once' },
    { sunspec: [160, 2, 88], every: 'cycle' },
    { sunspec: [124, 2, 24], every: 'cycle' },
  ],
  identity: [
    { point: 'maker', matches: '^Fronius' },
    { point: 'rated_charge_W', rating: 'charge_W', tolerance: 0.02 },
  ],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 16, set: [['rate_timeout_s', 'ttl']] },
        // Both rates form one band: discharge at least and at most the setpoint.
        {
          fc: 16,
          set: [
            ['discharge_rate', 'percent'],
            ['charge_rate', 'minus-percent'],
          ],
        },
        { fc: 16, set: [['control', 3]] },
      ],
      clear: [{ fc: 16, set: [['control', 0]] }],
      readBack: {
        equals: [
          ['control', 3],
          ['discharge_rate', 'percent'],
          ['charge_rate', 'minus-percent'],
          ['rate_timeout_s', 'ttl'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'timeout-register',
    timeout: 'rate_timeout_s',
    range_s: [1, 3600],
    restartsOn: ['control', 'discharge_rate'],
    fedByReads: false,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    disables: ['control'],
    source: 'model_124.json: InOutWRte_RvrtTms; what follows is the maker’s own control',
  },
  forbidden: [
    { sunspec: [1, 66, 1], reason: 'device address' },
    { sunspec: [121, 2, 20], reason: 'basic settings: grid code' },
    { sunspec: [123, 2, 2], reason: 'connects and disconnects the inverter' },
    { sunspec: [123, 10, 13], reason: 'power factor and reactive power: grid code' },
  ],
  reaction_s: [0.5, 3],
} as const satisfies RegisterProfile;
