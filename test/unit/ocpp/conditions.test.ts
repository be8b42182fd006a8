import assert from 'node:assert/strict';
import {
  ConditionBoard,
  EventDigest,
  STATION_CONDITION_CODES,
  type StationConditionCode,
} from '../../../src/ocpp';
import { CATALOGUE } from '../../../src/alarm';
import { auditOfStationEvent } from '../../../src/runtime';
import { instant, later } from '../../../src/time';
import { Bench } from './bench';

const NOW = instant(1_000_000);
const MINUTE = 60_000;

/** By condition: the events that raise it, and what ends it: an event, or minutes of quiet. */
const COURSES: Readonly<
  Record<StationConditionCode, readonly [readonly string[], string | number]>
> = {
  'station-credentials': [['credentials-wrong', 'credentials-missing', 'throttled'], 'connected'],
  'station-certificate': [['certificate-refused'], 'connected'],
  'station-certificate-expired': [['certificate-expired'], 'certificate-valid'],
  'station-identity-conflict': [['identity-conflict'], 10],
  'station-flood': [['flood'], 10],
  'station-floor-failed': [['floor-failed'], 'floor-verified'],
  'station-clock': [['clock-skew'], 'clock-good'],
  'station-lease-rejected': [['lease-rejected'], 'lease-accepted'],
  'station-limit-not-applied': [['limit-not-applied'], 'limit-applied'],
  'station-backlog-full': [['backlog-full'], 1],
  'deny-list-unusable': [['deny-list-unusable'], 'deny-list-read'],
};

describe('conditions of the stations', () => {
  for (const code of STATION_CONDITION_CODES) {
    const [raising, end] = COURSES[code];
    it(`${code} is true after ${raising.join(', ')} and ends with ${end}`, () => {
      const board = new ConditionBoard();
      const codes = (at = NOW): readonly string[] => board.conditions(at).map((c) => c.code);
      const take = (event: string): void =>
        board.take({ at: NOW, code: event, station: 'CP1', text: `why ${event}` });
      for (const event of raising) {
        assert.deepEqual(codes(), []);
        take(event);
      }
      assert.deepEqual(board.conditions(NOW), [
        { code, station: 'CP1', text: `why ${raising.at(-1) ?? ''}` },
      ]);
      if (typeof end === 'string') take(end);
      assert.deepEqual(codes(typeof end === 'number' ? later(NOW, end * MINUTE) : NOW), []);
    });
  }

  it('each is an alarm of the same name', () => {
    for (const code of STATION_CONDITION_CODES) assert.ok(Object.hasOwn(CATALOGUE, code), code);
  });

  it('identities that nobody declared are one subject, however many there are', () => {
    const board = new ConditionBoard();
    for (let i = 0; i < 10_000; i += 1) {
      board.take({ at: NOW, code: 'station-unknown', station: `X${i}`, text: 'unknown' });
      board.take({ at: NOW, code: 'flood', station: `Y${i}`, text: 'flood' });
    }
    const all = board.conditions(NOW);
    assert.equal(all.filter((c) => c.station === 'gate').length, 1);
    assert.ok(all.length <= 256);
  });

  it('refusals further apart than ten minutes are no series', () => {
    const board = new ConditionBoard();
    for (let i = 0; i < 9; i += 1) {
      const at = later(NOW, i * 6 * MINUTE);
      board.take({ at, code: 'credentials-wrong', station: 'CP1', text: 'wrong' });
      assert.deepEqual(board.conditions(at), []);
    }
  });
});

describe('events on their way to the audit', () => {
  it('the first is told at once, repeats within a minute as one record with count and span', () => {
    const digest = new EventDigest();
    for (let i = 0; i < 100; i += 1) {
      digest.take('station', 'denied', 'CP1', 'bad action', later(NOW, i * 100));
    }
    assert.deepEqual(
      digest.recent(NOW).map((e) => [e.sequence, e.repeats]),
      [[1, 0]],
    );
    const [last] = digest.recent(later(NOW, MINUTE));
    assert.ok(last !== undefined);
    assert.equal(last.repeats, 99);
    const entry = auditOfStationEvent(last);
    assert.equal(entry.kind, 'denial');
    assert.equal(entry.subject, 'CP1');
    assert.match(entry.text, /^denied: bad action \(99 more within 10 s\)$/);
  });

  it('a flood of one zone hides nothing of another', () => {
    const digest = new EventDigest();
    const letters = (i: number): string => i.toString(26).replace(/\d/g, 'z');
    for (let i = 0; i < 5_000; i += 1) {
      digest.take('gate', 'path-refused', `x${i}`, 'odd', NOW);
      digest.take('station', 'denied', 'EVIL', `action ${letters(i)}`, NOW);
    }
    digest.take('station', 'denied', 'CP2', 'another station', NOW);
    digest.take('cpms', 'denied', 'CP1', 'firmware-host', NOW);
    const recent = digest.recent(NOW);
    assert.equal(recent.at(-1)?.text, 'firmware-host');
    assert.ok(recent.length <= 256);
    assert.ok(recent.some((e) => e.text === 'another station'));
    assert.ok(recent.some((e) => e.code === 'more-events'));
  });

  it('goes on above the events of an earlier process', () => {
    const digest = new EventDigest(5_000);
    digest.take('gate', 'flood', 'CP1', 'too many', NOW);
    assert.equal(digest.recent(NOW)[0]?.sequence, 5_000);
  });
});

describe('accepted is not applied', () => {
  const meter = (bench: Bench, current_A: number): void => {
    const timestamp = new Date(bench.wall_ms).toISOString();
    const value = (phase: string): object => ({
      value: String(current_A),
      measurand: 'Current.Import',
      phase,
      unit: 'A',
    });
    bench.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp, sampledValue: ['L1', 'L2', 'L3'].map(value) }],
    });
  };
  const run = (bench: Bench, seconds: number, current_A: number): void => {
    for (let i = 0; i < seconds; i += 5) {
      bench.pass(5);
      bench.lease(10, 'renew');
      meter(bench, current_A);
    }
  };
  const verdicts = (bench: Bench): readonly string[] =>
    bench.codes().filter((code) => code.startsWith('limit-'));

  it('a station whose own meter stays above its acknowledged limit is told, and its end too', () => {
    const bench = new Bench().ready();
    run(bench, 30, 16);
    assert.deepEqual(verdicts(bench), ['limit-not-applied']);
    const told = bench.events.find((e) => e.code === 'limit-not-applied');
    assert.match(told?.text ?? '', /own meter 16\.0 A, acknowledged 10\.0 A/);
    run(bench, 70, 10);
    assert.deepEqual(verdicts(bench), ['limit-not-applied', 'limit-applied']);
  });

  it('a station gets its reaction time, and a limit it never acknowledged proves nothing', () => {
    const bench = new Bench().ready();
    bench.lease(20);
    bench.pass(10);
    meter(bench, 20);
    bench.lease(10, 'lower');
    bench.pass(5);
    meter(bench, 20);
    assert.deepEqual(verdicts(bench), []);
    const other = new Bench();
    other.script = (action) => ({
      status: action === 'SetChargingProfile' ? 'Rejected' : 'Accepted',
    });
    other.ready();
    run(other, 30, 30);
    assert.deepEqual(verdicts(other), []);
  });
});
