import { strict as assert } from 'node:assert';
import { absent, type BessState, type Mode, type Setpoint } from '../../../src/model';
import { decide, deviceCatalogue, siteFacts, StationTracker } from '../../../src/runtime';
import { instant, later } from '../../../src/time';
import { watts } from '../../../src/units';
import { BESS, PV, siteBlock, siteOf } from '../site/fixtures';

const NOW = instant(1_000_000);
const SITE = siteOf(siteBlock({ bess: [BESS], pv: [PV] }));

/** What the battery is told in this mode. */
function told(mode: Mode, battery: Partial<BessState>): Setpoint | undefined {
  const facts = siteFacts(SITE, deviceCatalogue);
  const decision = decide({
    facts,
    state: {
      cycle: 1,
      at: NOW,
      grid: absent('stale', 'a test'),
      meters: new Map(),
      bess: [{ id: 'bess', reading: absent('stale', 'a test'), notResponding: false, ...battery }],
      pv: [],
      stations: [],
      requests: [],
      emergencyStop: false,
    },
    mode,
    modeWhy: 'a test',
    memory: { samples: [], stations: new Map(), bess: new Map(), pv: new Map() },
    trackers: new Map(SITE.stations.map((s) => [s.id, new StationTracker(s.id, s.static_A)])),
    overdrawn: new Set(),
    stationsSilent: false,
  });
  return decision.storage.find((d) => d.id === 'bess')?.setpoint;
}

describe('decision: a battery out of normal', () => {
  it('is told to stop what it was sent, also where that was never proved', () => {
    for (const mode of ['static', 'blind', 'cut'] as const) {
      assert.equal(told(mode, { commanded_W: watts(-20_000) })?.action, 'clear', mode);
      assert.equal(told(mode, { commanded_W: watts(0) }), undefined, mode);
      assert.equal(told(mode, {}), undefined, mode);
    }
  });

  it('is told to stop charging under a live lease', () => {
    const lease = {
      value: watts(-20_000),
      acknowledged_at: NOW,
      ends_at: later(NOW, 10_000),
    };
    assert.equal(told('static', { lease, commanded_W: watts(-20_000) })?.action, 'clear');
  });
});
