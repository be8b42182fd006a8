import assert from 'node:assert/strict';
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { schemaCheck } from '../../../src/io/ocppRpc';
import type { JsonObject } from '../../../src/ocpp';
import { later } from '../../../src/time';
import { amps } from '../../../src/units';
import { CAR } from '../sim-stations/site';
import { RelaySite } from '../sim-stations/relaySite';
import { at, isObject, START, STATION } from './bench';
import { RelayBench } from './relayBench';

const guard = createOcppGuard(STRICT_POLICY, () => Date.UTC(2026, 5, 1));

function leaseSent(protocol: 'ocpp2.0.1' | 'ocpp2.1', levels = 8): JsonObject {
  const bench = new RelayBench({
    protocol,
    station: { abilities: { ...STATION.abilities, maxStackLevel: levels } },
  }).attached();
  const lease = { station: 'CP1', limit_A: amps(20), action: 'grant', ttl_ms: 30_000 } as const;
  const batch = { bootId: 'b', cycle: 1e6, decided_at: bench.now, leases: [lease] };
  bench.fleet.apply(batch, bench.now);
  const payload = bench.lastToStation()?.[3];
  assert.ok(isObject(payload));
  return payload;
}

describe('OCPP 2.1', () => {
  it('a lease ends by its duration, and by being offline as an addition', async () => {
    const check = await schemaCheck(['ocpp2.1']);
    const payload = leaseSent('ocpp2.1');
    assert.equal(at(payload, 'chargingProfile', 'maxOfflineDuration'), 30);
    assert.equal(at(payload, 'chargingProfile', 'chargingSchedule', 0, 'duration'), 30);
    assert.equal(check('ocpp2.1', 'SetChargingProfile', 'req', payload), true);
    assert.equal(at(leaseSent('ocpp2.0.1'), 'chargingProfile', 'maxOfflineDuration'), undefined);
  });

  it('[deny:own-lease] maxOfflineDuration never replaces the duration', () => {
    const payload = leaseSent('ocpp2.1');
    const profile = payload['chargingProfile'];
    const [schedule] = [isObject(profile) ? profile['chargingSchedule'] : []].flat();
    assert.ok(isObject(profile) && isObject(schedule));
    const { duration, ...endless } = schedule;
    assert.equal(duration, 30);
    const bad = { ...payload, chargingProfile: { ...profile, chargingSchedule: [endless] } };
    const call = { type: 'call', id: '1', action: 'SetChargingProfile' } as const;
    const verdict = guard.own(STATION, { ...call, payload: bad }, START);
    assert.ok(!verdict.allowed && verdict.reason === 'own-lease');
    assert.ok(guard.own(STATION, { ...call, payload }, START).allowed);
  });

  it('a single-level station keeps its floor however long it is offline', () => {
    const payload = leaseSent('ocpp2.1', 0);
    assert.equal(at(payload, 'chargingProfile', 'maxOfflineDuration'), undefined);
  });

  it('CALLRESULTERROR and SEND are dropped without an answer, and recorded', () => {
    for (const type of [5, 6]) {
      const bench = new RelayBench({ protocol: 'ocpp2.1' }).attached();
      bench.station(JSON.stringify([type, 'x1', 'NotifyPeriodicEventStream', {}]));
      bench.cpms(JSON.stringify([type, 'x2', 'NotifyPeriodicEventStream', {}]));
      assert.deepEqual(bench.toStation, [], `type ${type}`);
      assert.deepEqual(bench.toCpms, [], `type ${type}`);
      assert.equal(bench.codes().filter((code) => code === 'bad-frame').length, 2);
    }
  });

  it('an unusable answer is never answered, in any version', () => {
    for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const) {
      const bench = new RelayBench({ protocol }).attached();
      bench.station('[3,"x1","no object"]');
      bench.station('[3,"x1",{"__proto__":1}]');
      bench.cpms('[3,"x2","no object"]');
      assert.deepEqual([...bench.toStation, ...bench.toCpms], [], protocol);
    }
  });

  it('[deny:action-unknown] what 2.1 has beyond 2.0.1 is refused in OCPP on both legs', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.1' }).attached();
    for (const action of ['UpdateDynamicSchedule', 'UsePriorityCharging', 'AFRRSignal']) {
      bench.cpms([2, action, action, {}]);
      assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, action, 'NotImplemented']);
    }
    bench.station([2, 's', 'PullDynamicScheduleUpdate', { chargingProfileId: 1 }]);
    assert.deepEqual(bench.lastToStation()?.slice(0, 3), [4, 's', 'NotImplemented']);
  });

  it('profiles of the CPMS that steer beyond a limit, or that others may change, are refused', () => {
    const standing = { protocol: 'ocpp2.1', booted: true } as const;
    const reason = (profile: JsonObject, period: JsonObject): string => {
      const chargingProfile = {
        id: 5,
        stackLevel: 1,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: [
          { id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, ...period }] },
        ],
        ...profile,
      };
      const payload = { evseId: 1, chargingProfile };
      const call = { type: 'call', id: '1', action: 'SetChargingProfile', payload } as const;
      const now = later(START, 0);
      const verdict = guard.fromCpms(STATION, standing, call, now);
      return verdict.allowed ? 'allowed' : verdict.reason;
    };
    assert.equal(reason({}, { limit: 10 }), 'allowed');
    assert.equal(reason({ maxOfflineDuration: 60 }, { limit: 10 }), 'allowed');
    assert.equal(reason({ chargingProfileKind: 'Dynamic' }, { limit: 10 }), 'profile-purpose');
    assert.equal(reason({}, { limit: 10, setpoint: -10 }), 'profile-limit');
    assert.equal(reason({}, { limit: 10, dischargeLimit: -10 }), 'profile-limit');
    assert.equal(
      reason({ chargingProfilePurpose: 'PriorityCharging' }, { limit: 1 }),
      'profile-purpose',
    );
  });

  it('a station charges under it as under 2.0.1', () => {
    const site = new RelaySite({ sim: { protocol: 'ocpp2.1' } });
    site.station.plug(CAR, site.time.now());
    site.lease_A = 20;
    site.time.run(40_000);
    assert.equal(site.current, 20);
    site.lease_A = undefined;
    site.time.run(60_000);
    assert.equal(site.current, 8);
  });
});
