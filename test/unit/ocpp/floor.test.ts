import assert from 'node:assert/strict';
import { FLOOR_PROFILE, LEASE_PROFILE } from '../../../src/ocpp';
import { at, Bench, willing } from './bench';
import type { Script } from './bench';

const schedule = (...limits: readonly number[]): ReturnType<Script> => ({
  status: 'Accepted',
  chargingSchedule: {
    chargingRateUnit: 'A',
    chargingSchedulePeriod: limits.map((limit, i) => ({ startPeriod: i * 60, limit })),
  },
});

const showing =
  (...limits: readonly number[]): Script =>
  (action, payload) =>
    action === 'GetCompositeSchedule' ? schedule(...limits) : willing(action, payload);

describe('ocpp floor profile', () => {
  it('is written on the first connection as a station maximum that never ends', () => {
    const bench = new Bench().ready();
    const [floor] = bench.profiles();
    assert.equal(at(floor, 'chargingProfileId'), FLOOR_PROFILE);
    assert.equal(at(floor, 'stackLevel'), 0);
    assert.equal(at(floor, 'chargingProfilePurpose'), 'ChargePointMaxProfile');
    assert.equal(at(floor, 'chargingProfileKind'), 'Absolute');
    assert.equal(at(floor, 'chargingSchedule', 'duration'), undefined);
    assert.equal(at(floor, 'chargingSchedule', 'chargingSchedulePeriod', 0, 'limit'), 8);
    assert.ok(Date.parse(String(at(floor, 'chargingSchedule', 'startSchedule'))) < bench.wall_ms);
    assert.equal(at(bench.calls('SetChargingProfile')[0], 'connectorId'), 0);
    assert.equal(bench.image.floorVerified, true);
  });

  it('is not written again, to spare flash, where the station shows it', () => {
    const bench = new Bench();
    bench.script = showing(8);
    bench.ready();
    assert.equal(bench.profiles().length, 0);
    assert.equal(bench.image.floorVerified, true);
  });

  it('is not proved by a lower schedule, which may be another profile of another party', () => {
    const bench = new Bench();
    bench.script = showing(6);
    bench.ready();
    assert.equal(bench.profiles().length, 1);
  });

  it('fails when the station still shows more after the write', () => {
    const bench = new Bench();
    bench.script = showing(32);
    bench.ready();
    assert.equal(bench.image.floorVerified, false);
    assert.ok(bench.codes().includes('floor-failed'));
    bench.lease(16);
    assert.equal(bench.fleet.stats().leasesRefused, 1);
  });

  it('fails when the station rejects it, and is tried again after a minute', () => {
    const bench = new Bench();
    bench.script = (action, payload) =>
      action === 'SetChargingProfile' ? { status: 'Rejected' } : willing(action, payload);
    bench.ready();
    assert.equal(bench.image.floorVerified, false);
    bench.script = willing;
    bench.lease(8, 'keep');
    for (let i = 0; i < 61; i += 1) {
      bench.pass(1);
      bench.lease(8, 'keep');
    }
    assert.equal(bench.image.floorVerified, true);
  });

  it('is proved anew after each reconnect and each reboot', () => {
    const bench = new Bench().ready();
    bench.disconnect();
    assert.equal(bench.image.floorVerified, false);
    assert.equal(bench.image.connected, false);
    bench.connect();
    bench.pass(2);
    assert.equal(bench.image.floorVerified, true);
    bench.script = () => 'silence';
    bench.call('BootNotification', {});
    assert.equal(bench.image.floorVerified, false);
  });

  it('takes an old lease away before anything else', () => {
    const bench = new Bench().ready();
    assert.deepEqual(bench.calls('ClearChargingProfile')[0], { id: LEASE_PROFILE });
  });

  it('speaks in the unit that the station allows', () => {
    const bench = new Bench();
    bench.script = (action, payload) =>
      action === 'GetConfiguration'
        ? {
            configurationKey: [
              { key: 'ChargingScheduleAllowedChargingRateUnit', readonly: true, value: 'Power' },
            ],
          }
        : willing(action, payload);
    bench.ready();
    const [floor] = bench.profiles();
    assert.equal(at(floor, 'chargingSchedule', 'chargingRateUnit'), 'W');
    assert.equal(at(floor, 'chargingSchedule', 'chargingSchedulePeriod', 0, 'limit'), 5520);
  });

  it('is read back every hour and written again when it is gone', () => {
    const bench = new Bench();
    bench.script = showing(8);
    bench.ready();
    bench.script = showing(32);
    for (let i = 0; i < 3_700; i += 1) {
      bench.lease(8, 'keep');
      bench.pass(1);
    }
    assert.ok(bench.profiles().length >= 1);
    assert.equal(bench.image.floorVerified, false);
  });
});
