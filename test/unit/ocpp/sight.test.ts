import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/ocpp';
import { decodeStationImage } from '../../../src/runtime/ipcMessages';
import { Bench, WALL_OFFSET } from './bench';
import { RelayBench } from './relayBench';

const power = (value_W: number): JsonObject => ({
  value: String(value_W),
  measurand: 'Power.Active.Import',
  unit: 'W',
});
const current = (value_A: number): JsonObject => ({
  value: String(value_A),
  measurand: 'Current.Import',
});

function meter(
  bench: Bench,
  connectorId: number,
  sampledValue: readonly JsonObject[],
  age_s = 0,
): void {
  const timestamp = new Date(bench.wall_ms - age_s * 1000).toISOString();
  bench.call('MeterValues', { connectorId, meterValue: [{ timestamp, sampledValue }] });
}

function age_ms(bench: Bench): number {
  const { metered_at } = bench.image;
  assert.ok(metered_at !== undefined);
  return bench.now - metered_at;
}

describe('what is seen of a station', () => {
  it('a session that ended on one connector neither counts on nor dates the readings of the other', () => {
    for (const end of ['StopTransaction', 'StatusNotification']) {
      const bench = new Bench().ready();
      const start = { connectorId: 1, idTag: 'T', meterStart: 0 };
      const reply = bench.call('StartTransaction', start);
      const payload = reply?.type === 'result' ? reply.payload : {};
      meter(bench, 1, [power(6_900), current(10)]);
      meter(bench, 2, [power(6_900), current(10)]);
      const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
      const { transactionId } = payload;
      bench.call(end, end === 'StopTransaction' ? { transactionId, meterStop: 1 } : status);
      bench.pass(120);
      meter(bench, 2, [power(8_280), current(12)]);
      assert.equal(bench.image.power_W, 8_280);
      assert.deepEqual(bench.image.current_A, [12, 12, 12]);
      assert.equal(age_ms(bench), 0);
    }
  });

  it('energy alone does not make an old power look fresh', () => {
    const bench = new Bench().ready();
    meter(bench, 1, [power(0), current(0)]);
    bench.pass(600);
    meter(bench, 1, [{ value: '12345' }]);
    assert.equal(bench.image.energy_Wh, 12_345);
    assert.equal(age_ms(bench), 600_000);
  });

  it('a current that is told no more goes when the power is told anew, and the other way round', () => {
    const bench = new Bench().ready();
    meter(bench, 1, [power(0), current(0)]);
    bench.pass(60);
    meter(bench, 1, [power(6_900)]);
    assert.equal(bench.image.current_A, undefined);
    assert.equal(age_ms(bench), 0);
    bench.pass(60);
    meter(bench, 1, [current(11)]);
    assert.equal(bench.image.power_W, undefined);
    assert.deepEqual(bench.image.current_A, [11, 11, 11]);
  });

  it('the newest values count, in whatever order they come', () => {
    const bench = new Bench().ready();
    const entry = (age_s: number, values: readonly JsonObject[]): JsonObject => ({
      timestamp: new Date(bench.wall_ms - age_s * 1000).toISOString(),
      sampledValue: values,
    });
    const meterValue = [entry(0, [power(7_000)]), entry(0, [current(10)]), entry(5, [power(0)])];
    bench.call('MeterValues', { connectorId: 1, meterValue });
    assert.equal(bench.image.power_W, 7_000);
    assert.deepEqual(bench.image.current_A, [10, 10, 10]);
    meter(bench, 1, [power(1)], 30);
    assert.equal(bench.image.power_W, 7_000);
    assert.equal(age_ms(bench), 0);
  });

  it('a car that was charging before this controller started is asked after, and raised', () => {
    const bench = new Bench({ connectors: 2 });
    bench.connect();
    bench.pass(3);
    assert.deepEqual(bench.calls('TriggerMessage'), [
      { requestedMessage: 'StatusNotification', connectorId: 1 },
      { requestedMessage: 'StatusNotification', connectorId: 2 },
    ]);
    assert.equal(bench.image.wantsEnergy, false);
    bench.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    bench.call('StatusNotification', { connectorId: 2, errorCode: 'NoError', status: 'Available' });
    assert.equal(bench.image.wantsEnergy, true);
    bench.disconnect();
    bench.connect();
    bench.pass(3);
    assert.equal(bench.calls('TriggerMessage').length, 2, 'what is known is not asked again');
  });

  it('2.0.1: a transaction that began before this controller runs where alone it can', () => {
    for (const connectors of [1, 2]) {
      const bench = new RelayBench({ protocol: 'ocpp2.0.1', station: { connectors } }).detached();
      const say = (id: string, action: string, payload: JsonObject): void =>
        bench.station([2, id, action, payload]);
      const timestamp = new Date(bench.now + WALL_OFFSET).toISOString();
      const status = (id: number, connectorStatus: string): JsonObject => ({
        timestamp,
        evseId: id,
        connectorId: 1,
        connectorStatus,
      });
      const update = {
        eventType: 'Updated',
        timestamp,
        triggerReason: 'Trigger',
        seqNo: 7,
        transactionInfo: { transactionId: 'x', chargingState: 'Charging' },
        meterValue: [{ timestamp, sampledValue: [{ ...power(0), value: 4_140 }] }],
      };
      if (connectors === 2) {
        say('t0', 'TransactionEvent', update);
        assert.equal(bench.fleet.images(bench.now)[0]?.wantsEnergy, false, 'either of two');
        say('s1', 'StatusNotification', status(1, 'Available'));
        say('s2', 'StatusNotification', status(2, 'Occupied'));
      }
      say('t1', 'TransactionEvent', { ...update, seqNo: 8 });
      const [image] = bench.fleet.images(bench.now);
      assert.equal(image?.wantsEnergy, true);
      assert.equal(image.power_W, 4_140);
    }
  });

  it('whatever a station says of its meter, its image reaches the site: one bad image hides them all', () => {
    const bench = new Bench().ready();
    const huge = fc.constantFrom(
      '1e307',
      '-1e307',
      '9e999',
      '1e12',
      '0',
      '',
      'NaN',
      1e307,
      -0,
      null,
    );
    const value = fc.record({
      value: huge,
      measurand: fc.constantFrom(
        'Energy.Active.Import.Register',
        'Power.Active.Import',
        'Current.Import',
      ),
      unit: fc.constantFrom('kWh', 'Wh', 'kW', 'A', 'X'),
      phase: fc.constantFrom(undefined, 'L1', 'L3-N', 'N'),
      unitOfMeasure: fc.constantFrom(
        undefined,
        { multiplier: 400 },
        { unit: 'kWh', multiplier: 9 },
      ),
    });
    const timestamp = fc.constantFrom('+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '2026');
    const message = fc.record({
      connectorId: fc.integer({ min: 0, max: 3 }),
      timestamp,
      meterValue: fc.array(fc.record({ timestamp, sampledValue: fc.array(value) })),
    });
    fc.assert(
      fc.property(
        message,
        fc.constantFrom('MeterValues', 'StatusNotification'),
        (payload, action) => {
          bench.call(action, { ...payload, errorCode: 'NoError', status: 'Charging' });
          const told: unknown = JSON.parse(JSON.stringify(bench.image));
          assert.notEqual(decodeStationImage(told), undefined, JSON.stringify(told));
          bench.lease(16);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});
