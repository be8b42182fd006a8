import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FLOOR_PROFILE, LEASE_PROFILE } from '../../../src/ocpp';
import { later } from '../../../src/time';
import { amps } from '../../../src/units';
import { at, Bench, STATION, willing } from './bench';

const lastProfile = (bench: Bench): unknown => bench.profiles().at(-1);
const limitOf = (profile: unknown): unknown =>
  at(profile, 'chargingSchedule', 'chargingSchedulePeriod', 0, 'limit');

describe('ocpp leases', () => {
  it('lie one level above the floor, with the same id and a duration', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    bench.lease(20, 'renew');
    const leases = bench.profiles().slice(1);
    assert.deepEqual(leases.map(limitOf), [16, 20]);
    for (const lease of leases) {
      assert.equal(at(lease, 'chargingProfileId'), LEASE_PROFILE);
      assert.equal(at(lease, 'stackLevel'), 1);
      assert.equal(at(lease, 'chargingProfilePurpose'), 'ChargePointMaxProfile');
      assert.equal(at(lease, 'chargingSchedule', 'duration'), 30);
    }
    assert.equal(bench.fleet.stats().leasesAcknowledged, 2);
    assert.equal(bench.image.lease?.limit_A, 20);
  });

  it('end on the station no later than one TTL after the decision', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const start = Date.parse(String(at(lastProfile(bench), 'chargingSchedule', 'startSchedule')));
    assert.ok(start + 30_000 <= bench.wall_ms + 30_000);
    assert.ok(start < bench.wall_ms, 'a start in the future leaves a gap');
    assert.equal(bench.image.lease?.ends_at, later(bench.now, 30_000));
  });

  it('are written only by a batch, whatever time passes', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const before = bench.profiles().length;
    bench.pass(29);
    assert.equal(bench.profiles().length, before);
  });

  it('are cleared after 10 s without a batch', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    bench.pass(9);
    assert.equal(bench.calls('ClearChargingProfile').length, 1);
    bench.pass(2);
    assert.deepEqual(bench.calls('ClearChargingProfile').at(-1), { id: LEASE_PROFILE });
    assert.equal(bench.image.lease, undefined);
  });

  it('close the socket after the TTL without a batch and refuse it until the next one', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    bench.pass(30);
    assert.equal(bench.closedWith?.code, 1001);
    bench.disconnect();
    assert.equal(bench.connect(), false);
    bench.lease(8, 'keep');
    assert.equal(bench.connect(), true);
  });

  it('of an old, repeated or foreign batch change nothing', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const before = bench.profiles().length;
    const lease = { station: 'CP1', limit_A: amps(32), action: 'grant', ttl_ms: 30_000 } as const;
    const base = { bootId: 'b1', cycle: 1, decided_at: bench.now, leases: [lease] };
    const apply = (change: object): unknown => {
      const outcome = bench.fleet.apply({ ...base, ...change }, bench.now);
      return outcome.accepted ? 'accepted' : outcome.reason;
    };
    assert.equal(apply({}), 'out-of-order');
    assert.equal(apply({ cycle: 0 }), 'out-of-order');
    assert.equal(apply({ cycle: 9, decided_at: later(bench.now, -3_001) }), 'stale');
    assert.equal(apply({ cycle: 9, decided_at: later(bench.now, 1) }), 'from-the-future');
    assert.equal(bench.profiles().length, before);
    assert.equal(apply({ bootId: 'b2', cycle: 0 }), 'accepted');
    assert.equal(apply({ bootId: 'b1', cycle: 99 }), 'old-boot');
    assert.equal(bench.fleet.stats().batchesRefused, 5);
  });

  it('of a boot that a stranger cut in on are taken again when the stranger is silent', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const apply = (bootId: string, cycle: number): unknown => {
      const outcome = bench.fleet.apply(
        { bootId, cycle, decided_at: bench.now, leases: [] },
        bench.now,
      );
      return outcome.accepted ? 'accepted' : outcome.reason;
    };
    assert.equal(apply('stranger', 99_999), 'accepted');
    const answers: unknown[] = [];
    for (let s = 1; s <= 14; s += 1) {
      bench.pass(1);
      answers.push(apply('b1', 100 + s));
    }
    assert.deepEqual(
      answers.slice(0, 9),
      Array.from({ length: 9 }, () => 'old-boot'),
    );
    assert.deepEqual(
      answers.slice(10),
      Array.from({ length: 4 }, () => 'accepted'),
    );
    assert.equal(apply('stranger', 100_000), 'old-boot');
  });

  it('are revoked, not rewritten, at the safe static limit', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const before = bench.profiles().length;
    bench.lease(8, 'lower');
    assert.equal(bench.profiles().length, before);
    assert.deepEqual(bench.calls('ClearChargingProfile').at(-1), { id: LEASE_PROFILE });
    assert.equal(bench.image.lease, undefined);
  });

  it('are not written while nothing is to be changed', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    const before = bench.sent.length;
    bench.lease(16, 'keep');
    bench.lease(8, 'clear');
    bench.lease(8, 'clear');
    assert.equal(bench.sent.length, before + 1);
  });

  it('never raise a station whose floor is not proved', () => {
    const bench = new Bench();
    bench.connect();
    bench.lease(16);
    assert.equal(bench.profiles().length, 0);
    assert.equal(bench.fleet.stats().leasesRefused, 1);
  });

  it('never raise a station that does not expire by itself', () => {
    const abilities = { ...STATION.abilities, honoursDuration: false };
    const bench = new Bench({ abilities }).ready();
    bench.lease(16);
    assert.equal(bench.profiles().length, 1);
    bench.lease(6);
    assert.equal(limitOf(lastProfile(bench)), 6);
  });

  it('never raise a station whose clock is more than 5 s off, and ask it to set its clock', () => {
    const bench = new Bench().ready();
    const timestamp = new Date(bench.wall_ms + 20_000).toISOString();
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp };
    bench.call('StatusNotification', status);
    bench.lease(16);
    assert.equal(bench.profiles().length, 1);
    assert.ok(bench.codes().includes('clock-skew'));
    const asked = bench.calls('TriggerMessage').map((payload) => payload['requestedMessage']);
    assert.equal(asked.filter((message) => message === 'Heartbeat').length, 1);
  });

  it('follow a small clock error so that they end in time', () => {
    const bench = new Bench().ready();
    const timestamp = new Date(bench.wall_ms - 3_000).toISOString();
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp };
    bench.call('StatusNotification', status);
    bench.lease(16);
    const start = Date.parse(String(at(lastProfile(bench), 'chargingSchedule', 'startSchedule')));
    assert.equal(start, bench.wall_ms - 3_000 - 1_000);
  });

  it('stay within the rated current and the TTL of the station', () => {
    const bench = new Bench().ready();
    bench.lease(100, 'grant', 900_000);
    assert.equal(limitOf(lastProfile(bench)), 32);
    assert.equal(at(lastProfile(bench), 'chargingSchedule', 'duration'), 30);
  });

  it('keep the shortest interval of the model except when they lower', () => {
    const abilities = { ...STATION.abilities, minRenew_s: 20 };
    const bench = new Bench({ abilities }).ready();
    bench.lease(16);
    bench.pass(5);
    bench.lease(16, 'renew');
    assert.equal(bench.profiles().length, 2);
    bench.lease(12, 'lower');
    assert.equal(limitOf(lastProfile(bench)), 12);
  });

  it('refuse a pause on a model that does not take 0 A', () => {
    const abilities = { ...STATION.abilities, zeroAllowed: false };
    const bench = new Bench({ abilities }).ready();
    bench.lease(0);
    assert.equal(bench.profiles().length, 1);
  });

  it('are one schedule with the floor behind it where the station has a single level', () => {
    const abilities = { ...STATION.abilities, maxStackLevel: 0 };
    const bench = new Bench({ abilities }).ready();
    bench.lease(16);
    const lease = lastProfile(bench);
    assert.equal(at(lease, 'chargingProfileId'), FLOOR_PROFILE);
    assert.equal(at(lease, 'stackLevel'), 0);
    assert.equal(at(lease, 'chargingSchedule', 'duration'), undefined);
    assert.deepEqual(at(lease, 'chargingSchedule', 'chargingSchedulePeriod'), [
      { startPeriod: 0, limit: 8 },
      { startPeriod: 86_400, limit: 16 },
      { startPeriod: 86_430, limit: 8 },
    ]);
    // On a slow clock a schedule of the future would be no limit at all: it replaced the floor.
    const start_ms = Date.parse(String(at(lease, 'chargingSchedule', 'startSchedule')));
    assert.equal(start_ms, bench.wall_ms - 1_000 - 86_400_000);
    bench.lease(8, 'clear');
    assert.equal(limitOf(lastProfile(bench)), 8);
    assert.equal(bench.image.lease, undefined);
  });

  it('are not acknowledged by a refusal', () => {
    const bench = new Bench().ready();
    bench.script = (action, payload) =>
      action === 'SetChargingProfile' ? { status: 'Rejected' } : willing(action, payload);
    bench.lease(16);
    assert.equal(bench.image.lease, undefined);
    assert.equal(bench.fleet.stats().leasesRejected, 1);
  });

  it('wait behind an unanswered call for at most 2 s, then they are dropped', () => {
    const bench = new Bench().ready();
    bench.script = () => 'silence';
    bench.lease(16);
    const sent = bench.profiles().length;
    bench.lease(12, 'lower');
    assert.equal(bench.profiles().length, sent, 'one call at a time');
    for (let i = 0; i < 11; i += 1) {
      bench.pass(1);
      bench.lease(12, 'keep');
    }
    assert.equal(bench.profiles().length, sent, 'the waiting lease was too old');
    assert.equal(bench.fleet.stats().callsTimedOut, 1);
  });

  it('end in the image when they end on the station', () => {
    const bench = new Bench().ready();
    bench.lease(16);
    bench.script = () => 'silence';
    for (let i = 0; i < 31; i += 1) {
      bench.pass(1);
      bench.lease(16, 'keep');
    }
    assert.equal(bench.image.lease, undefined);
  });

  it('of any batch never write above the rating, never without a duration (property)', () => {
    const step = fc.record({
      limit: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.double({ min: 0, max: 70, noNaN: true })),
      action: fc.constantFrom('grant', 'renew', 'lower', 'clear', 'keep'),
      ttl: fc.integer({ min: 0, max: 200_000 }),
      wait: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const bench = new Bench().ready();
        for (const { limit, action, ttl, wait } of steps) {
          bench.lease(limit, action, ttl);
          bench.pass(wait);
        }
        for (const profile of bench.profiles()) {
          const isFloor = at(profile, 'chargingProfileId') === FLOOR_PROFILE;
          const limit = Number(limitOf(profile));
          assert.ok(limit >= 0 && limit <= 32);
          if (isFloor) assert.equal(limit, 8);
          else assert.ok(Number(at(profile, 'chargingSchedule', 'duration')) <= 30);
        }
      }),
      { numRuns: 60 },
    );
  });
});
