import type { RegisterProfile } from '../profile';

/** Huawei SUN2000 without a battery. Its power limits stay when nobody renews them: measured only. */
export const huaweiSun2000Pv = {
  id: 'huawei-sun2000-pv',
  maker: 'Huawei',
  model: 'SUN2000',
  nature: 'PvInverter',
  status: 'from-open-source-driver',
  source: {
    document: 'evcc-io/evcc; wlcrs/huawei-solar-lib',
    page: 'huawei-sun2000-hybrid.yaml; registers.py',
  },
  transport: { unit: 1, baud: 9600, port: 502 },
  rating: { power_W: 10000 },
  points: {
    dc_W: { table: 'holding', address: 32064, type: 'int32', unit: 'W' },
    power_W: {
      table: 'holding',
      address: 32080,
      type: 'int32',
      unit: 'W',
      missing: [0x7fffffff, -0x80000000],
    },
  },
  blocks: [{ table: 'holding', address: 32080, count: 2, every: 'cycle' }],
  // No fingerprint is known: a power that an inverter can have is all that can be asked.
  identity: [{ point: 'power_W', min: -2000, max: 400000 }],
  lease: { mechanism: 'none', why: 'no source names a timeout for 40125, 40126 or 47415' },
  forbidden: [
    { address: 40125, count: 3, reason: 'power limits stay without a lease' },
    { address: 40201, count: 1, reason: 'shuts the inverter down' },
    { address: 47415, count: 4, reason: 'feed-in limit: grid code' },
  ],
  reaction_s: [1, 8],
} as const satisfies RegisterProfile;
