import type { RegisterProfile } from '../profile';

/**
 * Solar-Log plant logger in front of several inverters. The limit holds while a watchdog tag
 * changes at least every 300 s: each renewal writes another number, a repeated one is no
 * renewal. The kind of limit (10400) is set when the site is commissioned. What follows the
 * watchdog is configured there.
 */
export const solarLog = {
  id: 'solar-log',
  maker: 'Solar-Log',
  model: 'Solar-Log Base',
  nature: 'PvInverter',
  status: 'from-open-source-driver',
  source: {
    document: 'OpenEMS/openems',
    page: 'SetPvLimitHandler.java: renewed after 150 s, watchdog of 300 s',
  },
  transport: { unit: 1, port: 502 },
  rating: { power_W: 100000 },
  points: {
    power_W: { table: 'input', address: 3502, type: 'int32', wordOrder: 'lo-hi', unit: 'W' },
    limit_kind: { table: 'holding', address: 10400, type: 'uint16', unit: '' },
    limit_percent: {
      table: 'holding',
      address: 10401,
      type: 'uint16',
      unit: '%',
      write: { min: 0, max: 100, step: 1 },
    },
    watchdog_tag: {
      table: 'holding',
      address: 10404,
      type: 'uint32',
      wordOrder: 'lo-hi',
      unit: '',
      write: { min: 0, max: 0xffffffff, step: 1 },
    },
  },
  blocks: [{ table: 'input', address: 3502, count: 2, every: 'cycle' }],
  // No fingerprint is known: with the wrong word order the power is beyond any plant.
  identity: [{ point: 'power_W', min: -2000, max: 10000000 }],
  setpoints: {
    'pv-limit': {
      writes: [
        { fc: 16, set: [['limit_percent', 'percent']] },
        { fc: 16, set: [['watchdog_tag', 'tag']] },
      ],
      clear: [{ fc: 16, set: [['limit_percent', 100]] }],
      readBack: {
        equals: [
          ['limit_percent', 'percent'],
          ['watchdog_tag', 'tag'],
        ],
      },
    },
  },
  lease: {
    mechanism: 'heartbeat',
    range_s: [300, 300],
    restartsOn: ['watchdog_tag'],
    fedByReads: false,
    expiry: { min: { W: 0 }, max: { share: 1 } },
    source: 'OpenEMS SetPvLimitHandler.java: watchdog of 300 s',
  },
  forbidden: [{ address: 10400, count: 1, reason: 'kind of limit: a setting of the plant' }],
  reaction_s: [1, 15],
} as const satisfies RegisterProfile;
