import assert from 'node:assert/strict';
import { at, Bench, STATION, willing } from './bench';

const limits = (bench: Bench): readonly unknown[] =>
  bench
    .profiles()
    .map((profile) => at(profile, 'chargingSchedule', 'chargingSchedulePeriod', 0, 'limit'));

describe('ocpp leases that the site takes back', () => {
  it('before they were sent are never sent', () => {
    const bench = new Bench();
    bench.script = (action) => (action === 'ChangeConfiguration' ? 'silence' : willing(action, {}));
    bench.ready();
    // It waits for the answer to another call.
    bench.lease(32);
    bench.lease(8, 'clear');
    bench.script = willing;
    bench.answerLate();
    assert.ok(!limits(bench).includes(32), JSON.stringify(limits(bench)));
    assert.equal(bench.image.lease, undefined);
  });

  it('while their answer is awaited may be lowered at once, whatever the shortest interval', () => {
    const abilities = { ...STATION.abilities, minRenew_s: 60 };
    const bench = new Bench({ abilities }).ready();
    bench.script = () => 'silence';
    bench.lease(32);
    bench.pass(1);
    bench.lease(10, 'lower');
    bench.script = willing;
    bench.answerLate();
    assert.deepEqual(limits(bench).slice(1), [32, 10]);
  });

  it('and were not answered at all may be lowered at once too', () => {
    const abilities = { ...STATION.abilities, minRenew_s: 60 };
    const bench = new Bench({ abilities, ttl_ms: 60_000 }).ready();
    bench.script = () => 'silence';
    bench.lease(32, 'grant', 60_000);
    for (let i = 0; i < 12; i += 1) {
      bench.pass(1);
      bench.lease(32, 'keep');
    }
    bench.script = willing;
    bench.lease(10, 'lower', 60_000);
    assert.deepEqual(limits(bench).slice(1), [32, 10]);
  });

  it('are cleared where a lower one may not be written: the clock went wrong meanwhile', () => {
    const bench = new Bench().ready();
    bench.lease(32);
    for (let i = 0; i < 4; i += 1) {
      const timestamp = new Date(bench.wall_ms - 10 * 365 * 86_400_000).toISOString();
      const status = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp };
      bench.call('StatusNotification', status);
    }
    bench.lease(16, 'lower');
    assert.equal(bench.image.lease, undefined);
    assert.deepEqual(limits(bench), [8, 32]);
  });

  it('count as in force while a station with a single level refuses the floor', () => {
    const abilities = { ...STATION.abilities, maxStackLevel: 0 };
    const bench = new Bench({ abilities }).ready();
    bench.lease(16);
    bench.script = (action) =>
      action === 'SetChargingProfile' ? { status: 'Rejected' } : willing(action, {});
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    bench.settle();
    assert.equal(bench.image.lease?.limit_A, 16);
  });
});
