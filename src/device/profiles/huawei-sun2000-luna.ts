import type { RegisterProfile } from '../profile';

/**
 * Huawei SUN2000 with a LUNA2000 battery: forced charge or discharge for a number of minutes,
 * after which the inverter goes on by itself. 0 W is a forced discharge of 0 W, since "stop"
 * hands the battery back to the inverter. No source shows that a repeated command restarts the
 * minutes; the stop after them is safe only within the range of the inverter's own control.
 */
export const huaweiSun2000Luna = {
  id: 'huawei-sun2000-luna',
  maker: 'Huawei',
  model: 'SUN2000 with LUNA2000',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'evcc-io/evcc; wlcrs/huawei-solar-lib',
    page: 'huawei-sun2000-hybrid.yaml; registers.py, bridge.py',
  },
  transport: { unit: 1, baud: 9600, port: 502 },
  rating: { power_W: 5000, charge_W: 5000, discharge_W: 5000, energy_Wh: 15000 },
  points: {
    rated_charge_W: { table: 'holding', address: 37046, type: 'uint32', unit: 'W' },
    rated_discharge_W: { table: 'holding', address: 37048, type: 'uint32', unit: 'W' },
    soc: {
      table: 'holding',
      address: 37760,
      type: 'uint16',
      scale: 0.1,
      unit: '%',
      missing: [0xffff],
    },
    // Charging is positive there.
    power_W: {
      table: 'holding',
      address: 37765,
      type: 'int32',
      sign: -1,
      unit: 'W',
      missing: [0x7fffffff, -0x80000000],
    },
    forced_period_s: {
      table: 'holding',
      address: 47083,
      type: 'uint16',
      scale: 60,
      unit: 's',
      write: { min: 'lease-min', max: 'lease-max', step: 60, forbidden: [0] },
    },
    force: {
      table: 'holding',
      address: 47100,
      type: 'uint16',
      unit: '',
      write: { min: 0, max: 2, step: 1 },
    },
    forced_by: {
      table: 'holding',
      address: 47246,
      type: 'uint16',
      unit: '',
      write: { min: 0, max: 0, step: 1 },
    },
    forced_charge_W: {
      table: 'holding',
      address: 47247,
      type: 'uint32',
      unit: 'W',
      write: { min: 0, max: 'charge', step: 1 },
    },
    forced_discharge_W: {
      table: 'holding',
      address: 47249,
      type: 'uint32',
      unit: 'W',
      write: { min: 0, max: 'discharge', step: 1 },
    },
  },
  derived: {
    installed_charge_W: { rating: 'charge_W', unit: 'W' },
    installed_discharge_W: { rating: 'discharge_W', unit: 'W' },
    charge_max_W: { smallest: ['rated_charge_W', 'installed_charge_W'], unit: 'W' },
    discharge_max_W: { smallest: ['rated_discharge_W', 'installed_discharge_W'], unit: 'W' },
  },
  blocks: [
    { table: 'holding', address: 37046, count: 4, every: 'once' },
    { table: 'holding', address: 37760, count: 1, every: 'cycle' },
    { table: 'holding', address: 37765, count: 2, every: 'cycle' },
  ],
  identity: [
    { point: 'rated_charge_W', rating: 'charge_W', tolerance: 0.02 },
    { point: 'rated_discharge_W', rating: 'discharge_W', tolerance: 0.02 },
  ],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 6, set: [['forced_by', 0]] },
        { fc: 6, set: [['forced_period_s', 'ttl']] },
        {
          fc: 16,
          set: [
            ['forced_charge_W', 'charge'],
            ['forced_discharge_W', 'discharge'],
          ],
        },
        { fc: 6, set: [['force', { charge: 1, discharge: 2, idle: 2 }]] },
      ],
      clear: [{ fc: 6, set: [['force', 0]] }],
      readBack: {
        equals: [
          ['forced_period_s', 'ttl'],
          ['force', { charge: 1, discharge: 2, idle: 2 }],
          ['forced_by', 0],
          ['forced_charge_W', 'charge'],
          ['forced_discharge_W', 'discharge'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'timeout-register',
    timeout: 'forced_period_s',
    range_s: [60, 3600],
    restartsOn: ['force'],
    fedByReads: false,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    disables: ['force'],
    source: 'huawei-sun2000-hybrid.yaml: 47083 in minutes, renewed before it ends',
  },
  forbidden: [
    { address: 40201, count: 1, reason: 'shuts the inverter down' },
    { address: 47075, count: 4, reason: 'limits of charge and discharge stay without a lease' },
    { address: 47081, count: 2, reason: 'limits of the state of charge' },
    { address: 47087, count: 1, reason: 'charging from the grid stays allowed' },
    { address: 47415, count: 4, reason: 'feed-in limit: grid code' },
    { address: 49999, count: 1, reason: 'heartbeat of an installer session' },
  ],
  reaction_s: [1, 8],
} as const satisfies RegisterProfile;
