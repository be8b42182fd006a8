import { strict as assert } from 'node:assert';
import { type AlarmId, CATALOGUE, NO_ALARMS, nextAlarms } from '../../../src/alarm';
import { initialMode } from '../../../src/mode';
import {
  absent,
  type BessReading,
  good,
  type MeterReading,
  type SiteState,
  type StationImage,
} from '../../../src/model';
import type { StationConditionCode } from '../../../src/ocpp';
import { conditionsOf, type GridHealth, type GridWatch } from '../../../src/runtime';
import { instant } from '../../../src/time';
import { amps, fraction, volts, watts } from '../../../src/units';
import { BESS, METER, PV, siteBlock, siteOf } from '../site/fixtures';

type Facts = Parameters<typeof conditionsOf>[0];
const NOW = instant(100_000);
const SITE = siteOf(
  siteBlock({
    bess: [BESS],
    pv: [PV],
    meters: [METER, { ...METER, id: 'sub', unit: 11, role: 'sub', node: 'row' }],
  }),
);

const reading = (current_A: number): MeterReading => ({
  power: [watts(0), watts(0), watts(0)],
  current: [amps(1), amps(current_A), amps(2)],
  voltage: [volts(230), volts(230), volts(230)],
  total_W: watts(0),
});
const bess = (state: BessReading['state'] = 'on'): BessReading => ({
  power: watts(0),
  stateOfCharge: fraction(0.5),
  chargeMax: watts(1),
  dischargeMax: watts(1),
  state,
});
const image = (station: string, connected = true): StationImage => ({
  station,
  connected,
  floorVerified: true,
  status: 'Available',
  wantsEnergy: false,
  lastSeen_at: NOW,
});
const STATE: SiteState = {
  cycle: 1,
  at: NOW,
  grid: good(reading(50), NOW),
  meters: new Map([
    ['meter', good(reading(50), NOW)],
    ['sub', good(reading(10), NOW)],
  ]),
  bess: [{ id: 'bess', reading: good(bess(), NOW), notResponding: false }],
  pv: [{ id: 'pv', reading: good({ power: watts(0) }, NOW), notResponding: false }],
  stations: ['one', 'two'].map((id) => ({ id, image: good(image(id), NOW) })),
  requests: [],
  emergencyStop: false,
};
const watch = (health: GridHealth): GridWatch => ({
  health,
  why: `it is ${health}`,
  reading: health === 'fresh' ? STATE.grid : absent('bad', health),
});
const RUNNING = { ...initialMode('return', NOW), mode: 'static' } as const;
const SUPERVISOR = {
  answers: true,
  line: 'energised',
  latched: false,
  text: 'fed',
  acceptedRecords: 1,
} as const;
const QUIET: Facts = {
  site: SITE,
  state: STATE,
  grid: watch('fresh'),
  mode: RUNNING,
  overdraw: new Map(),
  stationsSilent: false,
  supervisor: SUPERVISOR,
  uplinkDown: false,
  unproved: new Map(),
  identity: new Map(),
  frozen: new Set(),
  gone: new Map(),
  stopWhy: 'the contact is active',
  ocpp: [],
};
const ocpp = (code: StationConditionCode): readonly [Partial<Facts>, string, RegExp] => [
  { ocpp: [{ code, station: 'one', text: `why ${code}` }] },
  'one',
  new RegExp(`why ${code}`),
];
const state = (change: Partial<SiteState>): Partial<Facts> => ({ state: { ...STATE, ...change } });

/** By alarm: the facts that make it true, its subject, and a word of its evidence. */
const CASES: Readonly<Record<string, readonly [Partial<Facts>, string, RegExp]>> = {
  '[alarm:meter-silent]': [{ grid: watch('silent') }, 'meter', /silent/],
  '[alarm:meter-frozen]': [{ grid: watch('frozen') }, 'meter', /frozen/],
  '[alarm:meter-implausible]': [{ grid: watch('implausible') }, 'meter', /implausible/],
  '[alarm:meter-mismatch]': [{ mismatch_A: 12.34 }, 'grid', /12\.3 A more than/],
  '[alarm:meter-energy]': [{ meterEnergy: '6.1 kWh, not 6.7' }, 'meter', /6\.1 kWh, not/],
  '[alarm:forecast-bias]': [
    { plan: { bias: true, offPlan: false, review: ['yesterday', 'the load forecast is biased'] } },
    'planner',
    /is biased/,
  ],
  '[alarm:off-plan]': [
    { plan: { bias: false, offPlan: true, review: ['yesterday', 'cost 9 is above', 'watch'] } },
    'planner',
    /^cost 9 is above$/,
  ],
  '[alarm:device-silent]': [
    state({
      pv: [{ id: 'pv', reading: absent('stale', 'last answer 9 s ago'), notResponding: false }],
    }),
    'pv',
    /9 s ago/,
  ],
  '[alarm:device-identity]': [
    { identity: new Map([['bess', 'model X, not Y']]) },
    'bess',
    /model X/,
  ],
  '[alarm:device-not-responding]': [
    state({ bess: [{ id: 'bess', reading: good(bess(), NOW), notResponding: true }] }),
    'bess',
    /does not follow/,
  ],
  '[alarm:device-frozen]': [
    {
      ...state({
        bess: [{ id: 'bess', reading: absent('bad', 'the same registers'), notResponding: false }],
      }),
      frozen: new Set(['bess']),
    },
    'bess',
    /same registers/,
  ],
  '[alarm:lease-not-acknowledged]': [
    { unproved: new Map([['bess', { why: 'no echo', for_ms: 3001 }]]) },
    'bess',
    /no echo/,
  ],
  '[alarm:expiry-changed]': [
    { expiry: new Map([['bess', 'register set_revert_W holds 5000, not 0']]) },
    'bess',
    /holds 5000, not 0/,
  ],
  '[alarm:station-offline]': [
    state({ stations: [{ id: 'one', image: good(image('one', false), NOW) }] }),
    'one',
    /not connected/,
  ],
  '[alarm:station-overdraw]': [
    { overdraw: new Map([['two', { isolated: true, measured_A: 31, told_A: 8 }]]) },
    'two',
    /draws 31\.0 A, told 8\.0 A/,
  ],
  '[alarm:station-credentials]': ocpp('station-credentials'),
  '[alarm:station-certificate]': ocpp('station-certificate'),
  '[alarm:station-certificate-expired]': ocpp('station-certificate-expired'),
  '[alarm:station-identity-conflict]': ocpp('station-identity-conflict'),
  '[alarm:station-flood]': ocpp('station-flood'),
  '[alarm:station-floor-failed]': ocpp('station-floor-failed'),
  '[alarm:station-clock]': ocpp('station-clock'),
  '[alarm:station-lease-rejected]': ocpp('station-lease-rejected'),
  '[alarm:station-limit-not-applied]': ocpp('station-limit-not-applied'),
  '[alarm:station-backlog-full]': ocpp('station-backlog-full'),
  '[alarm:deny-list-unusable]': ocpp('deny-list-unusable'),
  '[alarm:stations-silent]': [{ stationsSilent: true }, 'stations', /no image/],
  '[alarm:supervisor-silent]': [
    { supervisor: { ...SUPERVISOR, answers: false, text: 'gone' } },
    'supervisor',
    /gone/,
  ],
  '[alarm:line-dropped]': [
    { supervisor: { ...SUPERVISOR, line: 'dropped', text: 'no cycle record' } },
    'line',
    /no cycle record/,
  ],
  '[alarm:line-stuck]': [
    {
      supervisor: {
        ...SUPERVISOR,
        lines: [
          { id: 'line-1', state: 'energised', leftOut: false, stuck: false },
          { id: 'line-2', state: 'energised', leftOut: true, stuck: true },
        ],
      },
    },
    'line-2',
    /no edges/,
  ],
  '[alarm:limit-exceeded]': [
    state({ grid: good(reading(125.1), NOW) }),
    'grid',
    /125\.1 A, limit 125 A/,
  ],
  '[alarm:uplink-down]': [{ uplinkDown: true }, 'cpo', /broker/],
  '[alarm:dynamic-latched-off]': [
    { supervisor: { ...SUPERVISOR, latched: true } },
    'line',
    /three/,
  ],
  '[alarm:emergency-stop]': [state({ emergencyStop: true }), 'site', /contact is active/],
  '[alarm:bess-backup]': [
    state({ bess: [{ id: 'bess', reading: good(bess('backup'), NOW), notResponding: false }] }),
    'bess',
    /backup/,
  ],
  '[alarm:bess-off]': [
    state({ bess: [{ id: 'bess', reading: good(bess('fault'), NOW), notResponding: false }] }),
    'bess',
    /says "fault"/,
  ],
  '[alarm:drill-overdue]': [
    { drills: [{ id: 'drill-overdue', subject: 'one', text: 'silence drill overdue' }] },
    'one',
    /overdue/,
  ],
  '[alarm:drill-failed]': [
    { drills: [{ id: 'drill-failed', subject: 'two', text: 'its lease is still live' }] },
    'two',
    /still live/,
  ],
  '[alarm:clock-jumped]': [
    {
      drills: [
        { id: 'clock-jumped', subject: 'clock', text: 'the wall clock is 3650 days off' } as const,
      ],
    },
    'clock',
    /3650 days off/,
  ],
  '[alarm:cycle-overrun]': [{ overrun_ms: 700 }, 'cycle', /700 ms late/],
};

describe('alarms from the facts of a cycle', () => {
  it('a quiet site has none', () => assert.deepEqual(conditionsOf(QUIET), []));

  it('just after the start, what was never heard of is no alarm yet; what was found is', () => {
    const silent: Partial<Facts> = {
      grid: watch('silent'),
      stationsSilent: true,
      uplinkDown: true,
      supervisor: { ...SUPERVISOR, answers: false, text: 'gone' },
    };
    assert.equal(conditionsOf({ ...QUIET, ...silent }).length, 4);
    assert.deepEqual(conditionsOf({ ...QUIET, ...silent, starting: true }), []);
    const hot = { ...silent, ...state({ grid: good(reading(130), NOW) }), starting: true };
    assert.deepEqual(
      conditionsOf({ ...QUIET, ...hot }).map((c) => c.id),
      ['limit-exceeded'],
    );
  });

  for (const [tag, [change, subject, text]] of Object.entries(CASES)) {
    it(`${tag} is raised while its condition is true, alone, and cleared after it`, () => {
      const id = /:(.*)\]/.exec(tag)?.[1];
      const first = nextAlarms(NO_ALARMS, conditionsOf({ ...QUIET, ...change }), NOW);
      assert.deepEqual(
        first.changes.map((c) => [c.change, c.alarm.id, c.alarm.subject]),
        [['raised', id, subject]],
      );
      assert.match(first.state.active[0]?.text ?? '', text);
      const lasting = nextAlarms(first.state, conditionsOf({ ...QUIET, ...change }), NOW);
      assert.deepEqual(lasting.changes, []);
      const after = nextAlarms(lasting.state, conditionsOf(QUIET), NOW);
      assert.deepEqual(
        after.changes.map((c) => c.change),
        ['cleared'],
      );
      assert.deepEqual(after.state.active, []);
    });
  }

  it('every id of the catalogue can be raised', () => {
    const raised = new Set(Object.keys(CASES).map((t) => t.slice('[alarm:'.length, -1)));
    assert.deepEqual([...raised].sort(), Object.keys(CATALOGUE).sort());
  });

  const ids = (change: Partial<Facts>): readonly AlarmId[] =>
    conditionsOf({ ...QUIET, ...change }).map((c) => c.id);

  it('an emergency stop lasts until a person on site acknowledged it', () => {
    assert.deepEqual(ids({ mode: { ...RUNNING, stopUnacknowledged: true } }), ['emergency-stop']);
  });

  it('a line that was never up at a first start is no alarm', () => {
    const open = { supervisor: { ...SUPERVISOR, line: 'dropped' } } as const;
    assert.deepEqual(ids({ ...open, mode: initialMode('first', NOW) }), []);
    assert.deepEqual(ids(open), ['line-dropped']);
  });

  it('a write that waits for less than 3 s, and an overdraw within its grace, are no alarm', () => {
    assert.deepEqual(ids({ unproved: new Map([['bess', { why: 'x', for_ms: 3000 }]]) }), []);
    const young = { isolated: false, measured_A: 31, told_A: 8 };
    assert.deepEqual(ids({ overdraw: new Map([['two', young]]) }), []);
  });

  it('a silent stations process is one alarm, not one per station', () => {
    const gone = state({ stations: [{ id: 'one', image: absent('missing', 'never seen') }] });
    assert.deepEqual(ids({ ...gone, stationsSilent: true }), ['stations-silent']);
    assert.deepEqual(ids(gone), ['station-offline']);
  });

  it('a silent sub-meter is a device, the grid meter is not told twice', () => {
    const meters = new Map([
      ['meter', absent<MeterReading>('stale', 'x')],
      ['sub', absent<MeterReading>('stale', 'x')],
    ]);
    const found = conditionsOf({ ...QUIET, ...state({ meters }) });
    assert.deepEqual(
      found.map((c) => [c.id, c.subject]),
      [['device-silent', 'sub']],
    );
  });
});
