import assert from 'node:assert/strict';
import { later } from '../../../src/time';
import { amps } from '../../../src/units';
import { WALL_OFFSET } from './bench';
import { RelayBench, profile16 } from './relayBench';

const TWO = { connectors: 2, max_A: amps(63), connectorMax_A: amps(20) } as const;
const iso = (wall_ms: number): string => new Date(wall_ms).toISOString();

describe('a hostile CPMS', () => {
  it('cannot show the guard one purpose and the station another under a repeated key', () => {
    const bench = new RelayBench().attached();
    const good = JSON.stringify({ connectorId: 0, csChargingProfiles: profile16() });
    const key = '"chargingProfilePurpose"';
    const twice = good.replace(key, `${key}:"ChargePointMaxProfile",${key}`);
    bench.cpms(`[2,"p1","SetChargingProfile",${twice}]`);
    assert.deepEqual(bench.toStation, []);
    assert.equal(bench.lastToCpms()?.[2], 'FormationViolation');
    // Colons, quotes and backslashes within texts are no keys.
    const text = '[2,"p2","DataTransfer",{"vendorId":"a\\":b\\\\","data":":{\\"a\\":1}"}]';
    bench.cpms(text);
    assert.deepEqual(bench.lastToCpms()?.[2], { status: 'Rejected' });
    bench.cpms(`[2,"p3","SetChargingProfile",${good}]`);
    assert.equal(bench.toStation.length, 1);
  });

  it('cannot turn the clock of a station, by which leases end: it gets the time of the controller', () => {
    const bench = new RelayBench().attached();
    const say = (id: string, off_ms: number): string => {
      bench.station([2, id, 'Heartbeat', {}]);
      const answer = `[3, "${id}",{"currentTime":"${iso(bench.now + WALL_OFFSET + off_ms)}"}]`;
      bench.cpms(answer);
      return answer;
    };
    const right = say('h1', -500);
    assert.equal(bench.toStation.at(-1), right);
    for (const off_ms of [-30_000, 30_000, -10 * 365 * 86_400_000]) {
      say(`h${off_ms}`, off_ms);
      const currentTime = iso(bench.now + WALL_OFFSET);
      assert.deepEqual(bench.lastToStation()?.[2], { currentTime });
    }
    assert.equal(bench.codes().filter((code) => code === 'cpms-clock').length, 1);
  });

  it('cannot exceed the cap of a connector by W on fewer phases', () => {
    const bench = new RelayBench({ station: TWO }).attached();
    const period = { startPeriod: 0, limit: 13_800, numberPhases: 1 };
    const csChargingProfiles = profile16(
      { chargingProfilePurpose: 'TxProfile', transactionId: 4711 },
      { chargingRateUnit: 'W', chargingSchedulePeriod: [period] },
    );
    bench.cpms([2, 'p1', 'SetChargingProfile', { connectorId: 1, csChargingProfiles }]);
    assert.match(bench.toStation.at(-1) ?? '', /"limit":4600[,}]/);
  });

  it('that fails for an hour loses no acknowledged record', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    bench.station([2, 'e1', 'SecurityEventNotification', { type: 'T', timestamp: iso(0) }]);
    bench.cpmsUp();
    let offered = 0;
    for (let i = 0; i < 3_600; i += 1) {
      const [type, id] = bench.lastToCpms() ?? [];
      if (type === 2 && id === 'e1') {
        bench.toCpms.length = 0;
        offered += 1;
        bench.cpms([4, 'e1', 'InternalError', '', {}]);
      }
      bench.pass(1);
    }
    assert.ok(offered > 5 && offered < 30, `${offered} times`);
    assert.equal(bench.fleet.relayStats()?.backlog, 1);
  });

  it('that limits a station each day anew is heard on every day, not only on the first', () => {
    const bench = new RelayBench().attached();
    const csChargingProfiles = profile16(
      {
        chargingProfilePurpose: 'ChargePointMaxProfile',
        chargingProfileKind: 'Recurring',
        recurrencyKind: 'Daily',
      },
      {
        startSchedule: '2026-05-25T00:00:00Z',
        duration: 72_000,
        chargingSchedulePeriod: [
          { startPeriod: 0, limit: 10 },
          { startPeriod: 43_200, limit: 32 },
        ],
      },
    );
    bench.cpms([2, 'p1', 'SetChargingProfile', { connectorId: 0, csChargingProfiles }]);
    const wanted = (): unknown => bench.fleet.images(bench.now)[0]?.requested_A;
    assert.equal(wanted(), 10, 'just after midnight of the eighth day');
    bench.now = later(bench.now, 13 * 3_600_000);
    assert.equal(wanted(), 32);
    bench.now = later(bench.now, 8 * 3_600_000);
    assert.equal(wanted(), undefined);
    bench.now = later(bench.now, 4 * 3_600_000);
    assert.equal(wanted(), 10);
  });

  it('cannot hold back a limit by questions that the station answers slowly or never', () => {
    const bench = new RelayBench().attached();
    const ask = (id: string): void => bench.cpms([2, id, 'GetConfiguration', {}]);
    let cycle = 900;
    const lease = (limit: number): void => {
      cycle += 1;
      const batch = { bootId: 'b', cycle, decided_at: bench.now };
      const order = {
        station: 'CP1',
        limit_A: amps(limit),
        action: 'grant',
        ttl_ms: 30_000,
      } as const;
      bench.fleet.apply({ ...batch, leases: [order] }, bench.now);
    };
    const tick = (seconds: number): void => {
      for (let i = 0; i < seconds; i += 1) {
        bench.now = later(bench.now, 1_000);
        bench.fleet.tick(bench.now);
      }
    };
    for (const id of ['q1', 'q2', 'q3']) ask(id);
    tick(3);
    lease(20);
    assert.equal(bench.lastToStation()?.[1], 'q1', 'a call has time to be answered');
    tick(1);
    const own = bench.lastToStation();
    assert.equal(own?.[2], 'SetChargingProfile');
    bench.station([3, own[1], { status: 'Accepted' }]);
    assert.equal(bench.fleet.images(bench.now)[0]?.lease?.limit_A, 20);
    tick(1);
    lease(12);
    assert.notEqual(bench.lastToStation()?.[1], own[1], 'the next one does not wait again');
    assert.equal(bench.lastToStation()?.[2], 'SetChargingProfile');
    bench.station([3, bench.lastToStation()?.[1], { status: 'Accepted' }]);
    bench.station('[3,"q1", {"configurationKey":[]}]');
    assert.equal(bench.toCpms.at(-1), '[3,"q1", {"configurationKey":[]}]', 'late, and still told');
    assert.equal(bench.lastToStation()?.[1], 'q2');
  });

  it('cannot reach the floor by an id with more criteria, nor by one beyond 32 bits', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'c1', 'ClearChargingProfile', { id: 5, connectorId: 0, stackLevel: 0 }]);
    assert.equal(bench.toStation.at(-1), '[2,"c1","ClearChargingProfile",{"id":5}]');
    bench.station([3, 'c1', { status: 'Accepted' }]);
    const text = '[2,"c2", "ClearChargingProfile",{"id":5}]';
    bench.cpms(text);
    assert.equal(bench.toStation.at(-1), text, 'byte for byte where nothing had to change');
    bench.station([3, 'c2', { status: 'Accepted' }]);
    bench.toStation.length = 0;
    const beyond = 2 ** 32 + 900_001;
    bench.cpms([2, 'c3', 'ClearChargingProfile', { id: beyond }]);
    const csChargingProfiles = profile16({ chargingProfileId: beyond });
    bench.cpms([2, 'c4', 'SetChargingProfile', { connectorId: 1, csChargingProfiles }]);
    assert.deepEqual(bench.toStation, []);
    assert.deepEqual(bench.lastToCpms()?.[2], { status: 'Rejected' });
  });

  it('that keeps a station pending gets the reports that it asked for, and nothing else', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    const chargingStation = { model: 'M', vendorName: 'V' };
    bench.station([2, 'b1', 'BootNotification', { reason: 'PowerUp', chargingStation }]);
    const answer = (status: string): void =>
      bench.cpms([3, 'b1', { status, currentTime: iso(bench.now + WALL_OFFSET), interval: 9 }]);
    answer('Pending');
    const report = { requestId: 1, generatedAt: iso(0), seqNo: 0 };
    bench.station([2, 'n1', 'NotifyReport', report]);
    assert.equal(bench.lastToCpms()?.[1], 'n1');
    bench.cpms([3, 'n1', {}]);
    bench.station([2, 'a1', 'Authorize', { idToken: { idToken: 'T', type: 'ISO14443' } }]);
    assert.deepEqual(bench.lastToStation()?.slice(0, 4), [4, 'a1', 'SecurityError', 'not-booted']);
    bench.station([2, 'b1', 'BootNotification', { reason: 'PowerUp', chargingStation }]);
    answer('Rejected');
    bench.station([2, 'n2', 'NotifyReport', report]);
    assert.equal(bench.lastToStation()?.[2], 'SecurityError');
  });

  it('that floods is cut, before its messages are read, and dialled again without a new burst', () => {
    const bench = new RelayBench().attached();
    const flood = (): number => {
      const before = bench.toCpms.length;
      for (let i = 0; i < 5_000; i += 1) bench.cpms([2, `f${i}`, 'Fancy', {}]);
      return bench.toCpms.length - before;
    };
    assert.equal(flood(), 300);
    assert.ok(bench.codes().includes('cpms-lost'));
    assert.equal(bench.dialled, false);
    bench.pass(2);
    assert.ok(bench.dialled);
    bench.cpmsUp();
    assert.ok(flood() < 100);
  });

  it('that answers ten thousand messages of a busy station is no flood', () => {
    const bench = new RelayBench().attached();
    for (let i = 0; i < 10_000; i += 1) {
      bench.station([2, `m${i}`, 'Heartbeat', {}]);
      bench.cpms([3, `m${i}`, { currentTime: iso(bench.now + WALL_OFFSET) }]);
    }
    assert.ok(bench.dialled);
    assert.equal(bench.toStation.length, 10_000);
  });
});
