import assert from 'node:assert/strict';
import { schemaCheck } from '../../../src/io/ocppRpc';
import { at } from './bench';
import { RelayBench } from './relayBench';

const TIME = '2026-06-01T00:00:00Z';
const security = (id: string): readonly unknown[] => [
  2,
  id,
  'SecurityEventNotification',
  { type: id, timestamp: TIME },
];
const start = (id: string): readonly unknown[] => [
  2,
  id,
  'StartTransaction',
  { connectorId: 1, idTag: 'T', meterStart: 0, timestamp: TIME },
];
const stop = (id: string, transactionId: number): readonly unknown[] => [
  2,
  id,
  'StopTransaction',
  { transactionId, meterStop: 9, timestamp: TIME },
];

/** A bench whose disk can be made to refuse. */
function onDisk(recovered: readonly string[] = []): {
  bench: RelayBench;
  disk: { refuses: boolean; records: string[] };
} {
  const disk = { refuses: false, records: [...recovered] };
  const store = {
    append(record: string, durable: () => void): void {
      if (disk.refuses) throw new Error('ENOSPC');
      disk.records.push(record);
      durable();
    },
    rewrite: (records: readonly string[]): void => {
      disk.records = [...records];
    },
  };
  const bench = new RelayBench({ recovered, relay: { store, provisionalIds: true } }).detached();
  return { bench, disk };
}

const ids = (records: readonly string[]): readonly unknown[] =>
  records.map((record) => at(JSON.parse(record), 'i'));

describe('records of stations while the CPMS is away', () => {
  it('one that the disk refuses is refused to the station, and again when it is repeated', () => {
    const { bench, disk } = onDisk();
    disk.refuses = true;
    for (let i = 0; i < 2; i += 1) {
      bench.station(security('e1'));
      assert.deepEqual(bench.lastToStation()?.slice(0, 3), [4, 'e1', 'InternalError']);
    }
    assert.ok(bench.codes().includes('backlog-full'));
    assert.equal(bench.fleet.relayStats()?.backlog, 0);
    disk.refuses = false;
    bench.station(security('e1'));
    assert.deepEqual(bench.lastToStation(), [3, 'e1', {}]);
    assert.deepEqual(ids(disk.records), ['e1']);
  });

  it('one that is repeated before it is on disk is not acknowledged before it is', () => {
    const bench = new RelayBench({ durable: false }).detached();
    bench.station(security('e1'));
    bench.station(security('e1'));
    assert.deepEqual(bench.toStation, []);
    assert.equal(bench.waitingForDisk.length, 1);
    bench.waitingForDisk[0]?.();
    assert.deepEqual(new Set(bench.toStation), new Set(['[3,"e1",{}]']));
    bench.station(security('e1'));
    assert.equal(bench.records.length, 1);
  });

  it('keep their order when more come than may wait for the socket to the CPMS', () => {
    const bench = new RelayBench().connect();
    const sent = Array.from({ length: 12 }, (_, i) => `e${i}`);
    for (const id of sent) bench.station(security(id));
    bench.pass(3);
    assert.deepEqual(ids(bench.records), sent);
  });

  it('answered while the disk refuses, they are noted before the next record: nothing is sent twice', () => {
    const { bench, disk } = onDisk();
    bench.station(start('s1'));
    const provisional = Number(at(bench.lastToStation(), 2, 'transactionId'));
    disk.refuses = true;
    bench.cpmsUp();
    bench.cpms([3, 's1', { transactionId: 77, idTagInfo: { status: 'Accepted' } }]);
    assert.equal(bench.fleet.relayStats()?.backlog, 0);
    disk.refuses = false;
    bench.cpmsDown();
    bench.station(stop('t1', provisional));
    const after = new RelayBench({ recovered: disk.records }).connect();
    after.pass(2);
    after.cpmsUp();
    assert.equal(after.toCpms.length, 1);
    assert.equal(at(after.lastToCpms(), 3, 'transactionId'), 77);
  });

  it('are answered only by what is an answer: a transaction without number is offered again', async () => {
    const schema = await schemaCheck(['ocpp1.6']);
    const bench = new RelayBench({ relay: { provisionalIds: true, schema } }).detached();
    bench.station(start('s1'));
    bench.cpmsUp();
    bench.cpms([3, 's1', {}]);
    assert.equal(bench.fleet.relayStats()?.backlog, 1);
    bench.toCpms.length = 0;
    bench.pass(12);
    assert.equal(bench.lastToCpms()?.[1], 's1');
  });

  it('begun twice at a CPMS that lost its answer, a session is not stopped for ConcurrentTx', () => {
    const bench = new RelayBench({ relay: { provisionalIds: true } }).detached();
    bench.station(start('s1'));
    bench.cpmsUp();
    bench.toStation.length = 0;
    bench.cpms([3, 's1', { transactionId: 4, idTagInfo: { status: 'ConcurrentTx' } }]);
    assert.deepEqual(bench.toStation, []);
    assert.equal(bench.fleet.relayStats()?.backlog, 0);
  });

  it('the last status of a connector outlives a broken socket of its station', () => {
    const bench = new RelayBench().detached();
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp: TIME };
    bench.station([2, 's1', 'StatusNotification', status]);
    bench.stationGone();
    bench.connect();
    bench.pass(1);
    bench.cpmsUp();
    assert.equal(bench.lastToCpms()?.[1], 's1');
    bench.cpms([3, 's1', {}]);
    assert.equal(bench.toCpms.length, 1);
  });
});
