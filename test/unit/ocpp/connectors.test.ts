import assert from 'node:assert/strict';
import type { JsonObject, OcppProtocol } from '../../../src/ocpp';
import { CONNECTOR_PROFILE } from '../../../src/ocpp';
import { amps } from '../../../src/units';
import { CAR } from '../sim-stations/site';
import { RelaySite } from '../sim-stations/relaySite';
import { Bench } from './bench';
import { RelayBench, profile16 } from './relayBench';

const TWO = { connectors: 2, max_A: amps(63), connectorMax_A: amps(20) } as const;

function twoCars(protocol: OcppProtocol): RelaySite {
  const site = new RelaySite({
    station: { ...TWO, floor_A: amps(16) },
    sim: { connectors: 2, max_A: 63, protocol },
  });
  site.lease_A = 16;
  const car = { ...CAR, max_A: 63 };
  site.station.plug(car, site.time.now(), 1);
  site.station.plug(car, site.time.now(), 2);
  site.time.run(20_000);
  return site;
}

const tx16 = (limit: number): JsonObject => ({
  connectorId: 1,
  csChargingProfiles: {
    chargingProfileId: 7,
    stackLevel: 3,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
    transactionId: 4711,
    chargingSchedule: {
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    },
  },
});

describe('two cars on one station', () => {
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
    it(`${protocol}: the station maximum bounds the sum of the connectors`, () => {
      const site = twoCars(protocol);
      assert.equal(site.current, 16);
      site.lease_A = 30;
      site.time.run(30_000);
      assert.equal(site.current, 30);
    });

    it(`${protocol}: each connector stays within its own cap, whatever the sum allows`, () => {
      const site = twoCars(protocol);
      site.lease_A = 63;
      site.time.run(30_000);
      assert.equal(site.current, 40);
      site.station.unplug(site.time.now(), 2);
      site.time.run(30_000);
      assert.equal(site.current, 20);
    });
  }

  it('a TxProfile of the CPMS, which overrules a TxDefaultProfile, is lowered to the cap', () => {
    const site = twoCars('ocpp1.6');
    site.lease_A = 63;
    site.station.unplug(site.time.now(), 2);
    assert.deepEqual(site.cpms('SetChargingProfile', tx16(50)), { status: 'Accepted' });
    site.time.run(30_000);
    assert.equal(site.current, 20);
    assert.ok(site.codes().includes('cpms-profile-rewritten'));
    assert.deepEqual(site.cpms('SetChargingProfile', tx16(12)), { status: 'Accepted' });
    site.time.run(30_000);
    assert.equal(site.current, 12);
  });

  it('a clear of all profiles leaves the caps in force', () => {
    const site = twoCars('ocpp1.6');
    site.lease_A = 63;
    site.station.unplug(site.time.now(), 2);
    assert.notEqual(site.cpms('ClearChargingProfile', {}), 'error');
    site.time.run(30_000);
    assert.equal(site.current, 20);
  });

  it('connectors that did not take their cap raise the station to one connector at most', () => {
    const bench = new RelayBench({ station: TWO });
    bench.connect();
    bench.cpmsUp();
    const answer = (): void => {
      for (let i = 0; i < 20; i += 1) {
        const call = bench.lastToStation();
        if (call?.[0] !== 2) return;
        bench.toStation.length = 0;
        const text = JSON.stringify(call[3]);
        const status = text.includes('TxDefaultProfile') ? 'Rejected' : 'Accepted';
        bench.station([3, call[1], { status }]);
      }
    };
    bench.pass(3);
    answer();
    assert.ok(bench.codes().includes('connector-limit-failed'));
    bench.pass(1);
    const batch = { bootId: 'b', cycle: 1e6, decided_at: bench.now } as const;
    const lease = { station: 'CP1', limit_A: amps(60), action: 'grant', ttl_ms: 30_000 } as const;
    bench.fleet.apply({ ...batch, leases: [lease] }, bench.now);
    const limit = /"limit":(\d+)/.exec(bench.toStation.at(-1) ?? '')?.[1];
    assert.equal(limit, '20');
  });
});

describe('profiles of the CPMS on capped connectors', () => {
  const sent = (bench: RelayBench): string => bench.toStation.at(-1) ?? '';

  it('pass byte for byte where nothing lies above the cap', () => {
    const bench = new RelayBench({ station: TWO }).attached();
    const text = `[2, "p1","SetChargingProfile",${JSON.stringify(tx16(20))}]`;
    bench.cpms(text);
    assert.equal(sent(bench), text);
  });

  it('TxDefaultProfiles move up one level, because the lowest is ours', () => {
    const bench = new RelayBench({ station: TWO }).attached();
    const csChargingProfiles = profile16({ stackLevel: 0 });
    bench.cpms([2, 'p1', 'SetChargingProfile', { connectorId: 1, csChargingProfiles }]);
    assert.match(sent(bench), /"stackLevel":1/);
    bench.station([3, 'p1', { status: 'Accepted' }]);
    const by = { chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 0 };
    bench.cpms([2, 'p2', 'ClearChargingProfile', by]);
    assert.match(sent(bench), /"stackLevel":1/);
  });

  it('embedded in a remote start they are lowered too, in W as in A', () => {
    const bench = new RelayBench({ station: TWO, policy: {} }).attached();
    const chargingProfile = {
      ...profile16({ chargingProfilePurpose: 'TxProfile' }),
      chargingSchedule: {
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 30_000 }],
      },
    };
    bench.cpms([2, 'r1', 'RemoteStartTransaction', { idTag: 'T', chargingProfile }]);
    assert.match(sent(bench), /"limit":13800[,}]/);
  });

  it('a cap is written once per boot and not again at each renewal, to spare flash', () => {
    const bench = new Bench(TWO).ready();
    for (let i = 0; i < 10; i += 1) {
      bench.lease(30 + i);
      bench.pass(5);
    }
    const ids = bench.profiles().map((profile) => profile['chargingProfileId']);
    const caps = ids.filter((id) => typeof id === 'number' && id > CONNECTOR_PROFILE);
    assert.deepEqual(caps, [CONNECTOR_PROFILE + 1, CONNECTOR_PROFILE + 2]);
  });
});
