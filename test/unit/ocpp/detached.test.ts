import assert from 'node:assert/strict';
import { at } from './bench';
import { RelayBench } from './relayBench';

const start = (id: string, tag = 'T'): readonly unknown[] => [
  2,
  id,
  'StartTransaction',
  { connectorId: 1, idTag: tag, meterStart: 0, timestamp: '2026-06-01T00:00:00Z' },
];
const meter = (id: string, transactionId: number): readonly unknown[] => [
  2,
  id,
  'MeterValues',
  { connectorId: 1, transactionId, meterValue: [] },
];
const stop = (id: string, transactionId: number): readonly unknown[] => [
  2,
  id,
  'StopTransaction',
  { transactionId, meterStop: 9, timestamp: '2026-06-01T01:00:00Z' },
];
const event = (id: string, seqNo: number, more: object = {}): readonly unknown[] => [
  2,
  id,
  'TransactionEvent',
  {
    eventType: 'Updated',
    timestamp: '2026-06-01T00:00:00Z',
    triggerReason: 'MeterValuePeriodic',
    seqNo,
    transactionInfo: { transactionId: 'tx-1' },
    ...more,
  },
];

describe('ocpp detached mode', () => {
  it('answers boot, heartbeat and status, and tells the boot first when the CPMS is back', () => {
    const bench = new RelayBench().connect();
    bench.pass(3);
    bench.toStation.length = 0;
    const boot = '[2,"b1","BootNotification", {"chargePointVendor":"V","chargePointModel":"M"}]';
    bench.station(boot);
    assert.equal(at(JSON.parse(bench.toStation[0] ?? ''), 2, 'status'), 'Accepted');
    bench.station([2, 's1', 'StatusNotification', { connectorId: 1, status: 'Charging' }]);
    bench.station([2, 's2', 'StatusNotification', { connectorId: 1, status: 'Finishing' }]);
    bench.cpmsUp();
    assert.deepEqual(bench.toCpms, [boot]);
    bench.cpms([3, 'b1', { status: 'Accepted', currentTime: 'x', interval: 60 }]);
    assert.equal(bench.lastToCpms()?.[1], 's2', 'the newest status only');
    bench.cpms([3, 's2', {}]);
    assert.equal(bench.toStation.filter((text) => text.startsWith('[3,"b1"')).length, 1);
  });

  it('lets the CPMS answer the boot of a station for which its socket is just being opened', () => {
    const bench = new RelayBench().connect();
    const boot = '[2,"b1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]';
    bench.station(boot);
    assert.deepEqual(bench.toStation, []);
    bench.cpmsUp();
    assert.deepEqual(bench.toCpms, [boot]);
    const answer = '[3,"b1",{"status":"Pending","currentTime":"x","interval":9}]';
    bench.cpms(answer);
    assert.equal(bench.toStation[0], answer);
  });

  it('answers it here when that socket fails or takes longer than 2 s', () => {
    for (const failed of [true, false]) {
      const bench = new RelayBench().connect();
      bench.station([2, 'b1', 'BootNotification', {}]);
      if (failed) bench.cpmsDown();
      else bench.pass(2);
      const texts = bench.toStation.filter((text) => text.startsWith('[3,"b1"'));
      assert.equal(at(JSON.parse(texts[0] ?? '[]'), 2, 'status'), 'Accepted');
    }
  });

  it('obeys Pending: nothing else goes up until the boot is accepted', () => {
    const bench = new RelayBench().connect();
    bench.pass(3);
    bench.toStation.length = 0;
    bench.station([2, 'b1', 'BootNotification', {}]);
    bench.cpmsUp();
    bench.cpms([3, 'b1', { status: 'Pending', currentTime: 'x', interval: 5 }]);
    bench.station(stop('x1', 77));
    assert.equal(bench.toCpms.length, 1);
    bench.pass(6);
    assert.equal(bench.toCpms.length, 2);
    bench.cpms([3, 'b1', { status: 'Accepted', currentTime: 'x', interval: 5 }]);
    assert.equal(bench.lastToCpms()?.[1], 'x1');
  });

  it('acknowledges a record only when it is on disk', () => {
    const bench = new RelayBench({ durable: false }).detached();
    bench.station(stop('x1', 77));
    assert.deepEqual(bench.toStation, []);
    bench.waitingForDisk.shift()?.();
    assert.deepEqual(bench.lastToStation(), [3, 'x1', {}]);
  });

  it('leaves a new 1.6 transaction with the station, which cannot have the number yet', () => {
    const bench = new RelayBench().detached();
    bench.station(start('x1'));
    assert.equal(bench.lastToStation()?.[0], 4);
    assert.equal(bench.fleet.relayStats()?.backlog, 0);
  });

  it('replays in order, byte for byte, one at a time, before anything new', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    const sent = [0, 1, 2, 3].map((n) => JSON.stringify(event(`e${n}`, n)).replace(',', ' ,'));
    sent.forEach((text) => bench.station(text));
    assert.equal(bench.toStation.length, 4);
    bench.cpmsUp();
    for (let n = 0; n < 4; n += 1) {
      assert.equal(bench.toCpms.length, n + 1);
      assert.equal(bench.toCpms[n], sent[n]);
      if (n === 2) bench.station(event('e4', 4));
      bench.cpms([3, `e${n}`, {}]);
    }
    assert.equal(bench.lastToCpms()?.[1], 'e4');
  });

  it('repeats an unanswered record with the same id and bytes', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    bench.station(event('e0', 0));
    bench.cpmsUp();
    bench.cpmsDown();
    bench.pass(2);
    bench.cpmsUp();
    assert.equal(bench.toCpms.length, 2);
    assert.equal(bench.toCpms[0], bench.toCpms[1]);
    assert.equal(bench.fleet.relayStats()?.repeated, 1);
  });

  it('keeps what was on its way when the CPMS was lost', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    bench.station(event('e0', 0));
    assert.equal(bench.toCpms.length, 1);
    bench.cpmsDown();
    assert.deepEqual(bench.lastToStation(), [3, 'e0', {}]);
    assert.equal(bench.fleet.relayStats()?.backlog, 1);
  });

  it('survives a restart with its records, in order', () => {
    const first = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    for (let n = 0; n < 5; n += 1) first.station(event(`e${n}`, n));
    first.cpmsUp();
    first.cpms([3, 'e0', {}]);
    const second = new RelayBench({ protocol: 'ocpp2.0.1', recovered: first.records });
    second.pass(1);
    assert.equal(second.dialled, true, 'it dials even before the station is back');
    second.cpmsUp();
    assert.equal(second.lastToCpms()?.[1], 'e1');
    for (let n = 1; n < 5; n += 1) second.cpms([3, `e${n}`, {}]);
    assert.deepEqual(
      second.toCpms.map((text) => at(JSON.parse(text), 1)),
      ['e1', 'e2', 'e3', 'e4'],
    );
    assert.equal(second.fleet.relayStats()?.backlog, 0);
  });

  it('acknowledges a repeated record again without keeping it twice', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1', durable: false }).detached();
    bench.station(event('e0', 0));
    bench.station(event('e0', 0));
    assert.equal(bench.fleet.relayStats()?.backlog, 1);
  });

  it('gives provisional ids where they are switched on, and maps them both ways', () => {
    const bench = new RelayBench({ relay: { provisionalIds: true } }).detached();
    bench.station(start('x1'));
    const provisional = Number(at(bench.lastToStation(), 2, 'transactionId'));
    assert.ok(provisional > 0);
    bench.station(meter('x2', provisional));
    bench.cpmsUp();
    assert.equal(bench.toCpms[0], JSON.stringify(start('x1')));
    bench.cpms([3, 'x1', { transactionId: 4711, idTagInfo: { status: 'Accepted' } }]);
    assert.deepEqual(bench.lastToCpms(), meter('x2', 4711));
    bench.cpms([3, 'x2', {}]);
    bench.cpms([2, 'c1', 'RemoteStopTransaction', { transactionId: 4711 }]);
    assert.equal(at(bench.lastToStation(), 3, 'transactionId'), provisional);
    bench.station([3, 'c1', { status: 'Accepted' }]);
    bench.station(stop('x3', provisional));
    assert.deepEqual(bench.lastToCpms(), stop('x3', 4711));
  });

  it('stops a session that the CPMS refuses later', () => {
    const bench = new RelayBench({ relay: { provisionalIds: true } }).detached();
    bench.station(start('x1'));
    const provisional = at(bench.lastToStation(), 2, 'transactionId');
    bench.cpmsUp();
    bench.cpms([3, 'x1', { transactionId: 4711, idTagInfo: { status: 'Blocked' } }]);
    const call = bench.lastToStation();
    assert.equal(call?.[2], 'RemoteStopTransaction');
    assert.equal(at(call[3], 'transactionId'), provisional);
    assert.ok(bench.codes().includes('session-stopped'));
  });

  it('remembers refusals of the CPMS and never turns a blocked tag into a good one', () => {
    const bench = new RelayBench().attached();
    bench.station([2, 'a1', 'Authorize', { idTag: 'BAD' }]);
    bench.cpms([3, 'a1', { idTagInfo: { status: 'Blocked' } }]);
    bench.cpmsDown();
    const status = (idTag: string): unknown => {
      bench.station([2, `a-${idTag}`, 'Authorize', { idTag }]);
      return at(bench.lastToStation(), 2, 'idTagInfo', 'status');
    };
    assert.equal(status('BAD'), 'Blocked');
    assert.equal(status('NEW'), 'Accepted');
    assert.equal(status('STRANGER'), 'Invalid');
  });

  it('loses nothing when memory is dropped after any write (each N)', () => {
    for (let crashAt = 0; crashAt < 12; crashAt += 1) {
      const first = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
      const acknowledged: string[] = [];
      for (let n = 0; n < 6; n += 1) {
        first.station(event(`e${n}`, n));
        if (first.records.length <= crashAt) acknowledged.push(`e${n}`);
      }
      const disk = first.records.slice(0, crashAt);
      const second = new RelayBench({ protocol: 'ocpp2.0.1', recovered: disk });
      second.pass(1);
      second.cpmsUp();
      for (const id of acknowledged) {
        assert.equal(second.lastToCpms()?.[1], id);
        second.cpms([3, id, {}]);
      }
    }
  });
});

describe('ocpp backlog', () => {
  it('is bounded per station: what does not fit stays with the station, refused and not lost', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    const padding = { customData: { vendorId: 'x'.repeat(200_000) } };
    for (let n = 0; n < 60; n += 1) bench.station(event(`e${n}`, n, padding));
    const kept = bench.fleet.relayStats()?.backlog ?? 0;
    assert.ok(kept > 30 && kept < 60);
    assert.deepEqual(bench.lastToStation()?.slice(0, 3), [4, 'e59', 'InternalError']);
    assert.ok(bench.codes().includes('backlog-full'));
  });
});
