import type { RegisterProfile } from '../profile';

/**
 * SMA Sunny Island: a power that must be sent again and again. When it is not, the inverter
 * returns to its own control after a time that is a parameter on the device (10 to 30 minutes
 * as delivered), and no register says so. Whether 40149 and 40151 can be read back is in no
 * source at hand; where they cannot, no setpoint is ever proved and the battery counts with its
 * worst case.
 */
export const smaSunnyIsland = {
  id: 'sma-sunny-island',
  maker: 'SMA',
  model: 'Sunny Island / Sunny Tripower Smart Energy',
  nature: 'Bess',
  status: 'from-open-source-driver',
  source: {
    document: 'evcc-io/evcc; OpenEMS/openems; evcc thread 17115',
    page: 'sma-si-modbus.yaml, sma-hybrid.yaml; SmaBatteryImpl.java',
  },
  transport: { unit: 3, port: 502 },
  rating: { power_W: 4600, charge_W: 4600, discharge_W: 4600, energy_Wh: 10000 },
  points: {
    power_W: {
      table: 'input',
      address: 30775,
      type: 'int32',
      unit: 'W',
      missing: [-0x80000000],
    },
    soc: { table: 'holding', address: 30845, type: 'uint32', unit: '%', missing: [0xffffffff] },
    command_W: {
      table: 'holding',
      address: 40149,
      type: 'int32',
      unit: 'W',
      write: { min: 'minus-charge', max: 'discharge', step: 1 },
    },
    control: {
      table: 'holding',
      address: 40151,
      type: 'uint32',
      unit: '',
      write: { min: 802, max: 803, step: 1 },
    },
  },
  derived: {
    charge_max_W: { rating: 'charge_W', unit: 'W' },
    discharge_max_W: { rating: 'discharge_W', unit: 'W' },
  },
  blocks: [
    { table: 'input', address: 30775, count: 2, every: 'cycle' },
    { table: 'holding', address: 30845, count: 2, every: 'cycle' },
  ],
  // No fingerprint is known: a plausible state of charge is all that can be asked.
  identity: [{ point: 'soc', min: 0, max: 100 }],
  setpoints: {
    'bess-power': {
      writes: [
        { fc: 16, set: [['command_W', 'value']] },
        { fc: 16, set: [['control', 802]] },
      ],
      clear: [{ fc: 16, set: [['control', 803]] }],
      readBack: {
        equals: [
          ['command_W', 'value'],
          ['control', 802],
        ],
      },
    },
  },
  lease: {
    mechanism: 'resend',
    // The longest that is delivered: shorter on the device is safer.
    range_s: [1800, 1800],
    restartsOn: ['command_W', 'control'],
    fedByReads: false,
    expiry: { min: { share: -1 }, max: { share: 1 } },
    source: 'evcc thread 17115: setpoint timeout of 10 to 30 min, then silently internal control',
  },
  forbidden: [
    { address: 40236, count: 2, reason: 'operating mode of the battery' },
    { address: 40793, count: 10, reason: 'limits of charge and discharge stay without a lease' },
  ],
  reaction_s: [1, 5],
} as const satisfies RegisterProfile;
