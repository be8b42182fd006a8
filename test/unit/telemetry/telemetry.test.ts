import { strict as assert } from 'node:assert';
import { alarmPayload, type SiteSnapshot, statePayload } from '../../../src/runtime';
import { TELEMETRY_VERSION, topicOf } from '../../../src/telemetry';
import { instant } from '../../../src/time';

const SNAPSHOT: SiteSnapshot = {
  site: 'demo',
  bootId: 'secret-boot',
  cycle: 7,
  wall_ms: Date.UTC(2026, 0, 5, 6, 0, 0),
  mode: 'normal',
  modeWhy: 'x',
  modeSince_s: 1,
  links: { uplink: 'up', cpms: 'down' },
  line: 'energised: fed',
  gridHealth: 'fresh',
  importLimit_W: 90_000,
  importLimit_A: 125,
  nominal_V: 230,
  support_W: 0,
  supportCap_W: 0,
  capCost_W: 0,
  reaction_s: 9,
  stations: [
    {
      id: 'one',
      connected: true,
      status: 'Charging',
      limit_A: 16,
      static_A: 8,
      max_A: 32,
      phases: 3,
      reasons: [],
      floorVerified: true,
    },
  ],
  storage: [{ id: 'bess', kind: 'bess', reasons: [] }],
  alarms: [
    {
      id: 'uplink-down',
      severity: 'info',
      subject: 'cpo',
      text: 'gone',
      raised_at: instant(5),
    },
  ],
  cycle_ms: 3,
  leasesAcknowledged: 2,
};

describe('telemetry', () => {
  it('has one versioned topic per site and kind', () => {
    assert.equal(topicOf('demo', 'state'), `holdfast/v${TELEMETRY_VERSION}/demo/state`);
    assert.equal(topicOf('demo', 'alarms'), `holdfast/v${TELEMETRY_VERSION}/demo/alarms`);
  });

  it('says null for what is not known, never 0 and never a missing key', () => {
    const sent = statePayload(SNAPSHOT);
    assert.equal(sent.grid_W, null);
    assert.equal(sent.stations[0]?.power_W, null);
    assert.deepEqual(sent.storage[0], { id: 'bess', kind: 'bess', power_W: null, soc: null });
    assert.equal(sent.at, '2026-01-05T06:00:00.000Z');
  });

  it('carries what is known, field by field, and nothing that is not named', () => {
    const grid = { power_W: -5, current_A: [1, 2, 3] as const, age_ms: 10 };
    const sent = JSON.stringify(statePayload({ ...SNAPSHOT, grid }));
    assert.match(sent, /"grid_W":-5/);
    assert(!sent.includes('secret-boot') && !sent.includes('current_A'));
    assert.deepEqual(alarmPayload(SNAPSHOT).active, [
      { id: 'uplink-down', severity: 'info', subject: 'cpo', text: 'gone' },
    ]);
  });
});
