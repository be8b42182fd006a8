import assert from 'node:assert/strict';
import { at } from './bench';
import { profile16, RelayBench } from './relayBench';

describe('ocpp relay', () => {
  it('passes messages of both sides byte for byte', () => {
    const bench = new RelayBench({ policy: { dataTransferVendors: ['v'] } }).attached();
    const up =
      '[2,"a1", "MeterValues",{"connectorId":1,"x":10.0,"n":9007199254740993,"meterValue":[]}]';
    bench.station(up);
    assert.deepEqual(bench.toCpms, [up]);
    const result = '[3,"a1" , {}]';
    bench.cpms(result);
    assert.deepEqual(bench.toStation, [result]);
    const down = '[2,"c1","DataTransfer", {"vendorId":"v","data":"1.0"}]';
    bench.cpms(down);
    assert.equal(bench.toStation.at(-1), down);
    const back = '[3,"c1",{"status" : "Accepted"}]';
    bench.station(back);
    assert.equal(bench.toCpms.at(-1), back);
  });

  it('does not leak the answers to its own calls', () => {
    const bench = new RelayBench().attached();
    bench.stationGone();
    bench.connect();
    bench.pass(3);
    bench.toCpms.length = 0;
    const own = bench.lastToStation();
    assert.equal(own?.[0], 2);
    bench.station([3, own[1], { configurationKey: [] }]);
    assert.deepEqual(bench.toCpms, []);
  });

  it('drops unsolicited answers of both sides', () => {
    const bench = new RelayBench().attached();
    bench.cpms('[3,"never-asked",{}]');
    bench.station('[3,"never-asked",{}]');
    assert.deepEqual([bench.toStation, bench.toCpms], [[], []]);
    assert.equal(bench.fleet.relayStats()?.dropped, 1);
  });

  it('keeps one call at a time towards the station, leases first', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'c1', 'GetConfiguration', {}]);
    bench.cpms([2, 'c2', 'ClearCache', {}]);
    assert.equal(bench.toStation.length, 1);
    bench.station([3, 'c1', { configurationKey: [] }]);
    assert.equal(bench.lastToStation()?.[1], 'c2');
  });

  it('answers a CPMS when the station does not', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'c1', 'GetConfiguration', {}]);
    bench.pass(31);
    assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, 'c1', 'GenericError']);
    bench.cpms([2, 'c2', 'GetConfiguration', {}]);
    bench.stationGone();
    assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, 'c2', 'GenericError']);
  });

  it('refuses a message id of a CPMS that looks like its own', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'hf-99', 'ClearCache', {}]);
    assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, 'hf-99', 'SecurityError']);
    assert.deepEqual(bench.toStation, []);
  });

  it('answers a repeated message as before, without a second effect', () => {
    const bench = new RelayBench().attached();
    const start = [2, 's1', 'StartTransaction', { connectorId: 1, idTag: 'T', meterStart: 0 }];
    bench.station(start);
    bench.cpms([3, 's1', { transactionId: 7, idTagInfo: { status: 'Accepted' } }]);
    bench.station(start);
    assert.equal(bench.toCpms.length, 1);
    assert.equal(bench.toStation.length, 2);
    assert.equal(bench.toStation[0], bench.toStation[1]);
  });

  it('takes floor and lease ids from no CPMS', () => {
    const bench = new RelayBench().attached();
    for (const id of [900_000, 900_001, 900_002, 900_099]) {
      const csChargingProfiles = profile16({ chargingProfileId: id });
      bench.cpms([2, `c${id}`, 'SetChargingProfile', { connectorId: 0, csChargingProfiles }]);
      assert.deepEqual(bench.lastToCpms(), [3, `c${id}`, { status: 'Rejected' }]);
      bench.cpms([2, `d${id}`, 'ClearChargingProfile', { id }]);
      assert.deepEqual(bench.lastToCpms(), [3, `d${id}`, { status: 'Unknown' }]);
    }
    assert.deepEqual(bench.toStation, []);
  });

  it('keeps a station maximum of the CPMS as a request and never sends it', () => {
    const bench = new RelayBench().attached();
    const csChargingProfiles = profile16({ chargingProfilePurpose: 'ChargePointMaxProfile' });
    bench.cpms([2, 'c1', 'SetChargingProfile', { connectorId: 0, csChargingProfiles }]);
    assert.deepEqual(bench.lastToCpms(), [3, 'c1', { status: 'Accepted' }]);
    assert.deepEqual(bench.toStation, []);
    assert.equal(bench.fleet.images(bench.now)[0]?.requested_A, 10);
    bench.cpms([
      2,
      'c2',
      'ClearChargingProfile',
      { chargingProfilePurpose: 'ChargePointMaxProfile' },
    ]);
    assert.deepEqual(bench.lastToCpms(), [3, 'c2', { status: 'Accepted' }]);
    assert.equal(bench.fleet.images(bench.now)[0]?.requested_A, undefined);
  });

  it('sends transaction profiles on unchanged and remembers them once accepted', () => {
    const bench = new RelayBench().attached();
    const text = JSON.stringify([
      2,
      'c1',
      'SetChargingProfile',
      { connectorId: 1, csChargingProfiles: profile16() },
    ]);
    bench.cpms(text);
    assert.equal(bench.toStation.at(-1), text);
    assert.equal(bench.fleet.images(bench.now)[0]?.requested_A, undefined);
    bench.station([3, 'c1', { status: 'Accepted' }]);
    assert.equal(bench.fleet.images(bench.now)[0]?.requested_A, 10);
  });

  it('expands a clear of everything so that the floor stays', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'c1', 'ClearChargingProfile', {}]);
    const purposes: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      const call = bench.lastToStation();
      assert.equal(call?.[2], 'ClearChargingProfile');
      purposes.push(at(call[3], 'chargingProfilePurpose'));
      bench.station([3, call[1], { status: i === 0 ? 'Accepted' : 'Unknown' }]);
    }
    assert.deepEqual(purposes, ['TxDefaultProfile', 'TxProfile']);
    assert.deepEqual(bench.lastToCpms(), [3, 'c1', { status: 'Accepted' }]);
  });

  it('does the same for 2.0.1', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    bench.cpms([2, 'c1', 'ClearChargingProfile', { chargingProfileCriteria: { evseId: 1 } }]);
    const call = bench.lastToStation();
    assert.deepEqual(call?.[3], {
      chargingProfileCriteria: { evseId: 1, chargingProfilePurpose: 'TxDefaultProfile' },
    });
  });

  it('refuses signed messages of the CPMS that it would have to look into', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    bench.cpms([2, 'c1', 'SetChargingProfile-Signed', { payload: 'x', signature: 'y' }]);
    assert.equal(bench.lastToCpms()?.[0], 4);
    assert.deepEqual(bench.toStation, []);
  });

  it('refuses malformed messages with the word of the version', () => {
    for (const [protocol, code] of [
      ['ocpp1.6', 'FormationViolation'],
      ['ocpp2.0.1', 'FormatViolation'],
    ] as const) {
      const bench = new RelayBench({ protocol, relay: { schema: () => false } }).attached();
      bench.station([2, 's1', 'MeterValues', {}]);
      assert.deepEqual(bench.lastToStation()?.slice(0, 3), [4, 's1', code]);
      bench.cpms([2, 'c1', 'ClearCache', {}]);
      assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, 'c1', code]);
    }
  });

  it('checks answers too', () => {
    const schema = (_: unknown, __: unknown, kind: string): boolean => kind === 'req';
    const bench = new RelayBench({ relay: { schema } }).attached();
    bench.station([2, 's1', 'MeterValues', {}]);
    bench.cpms([3, 's1', { illegal: true }]);
    assert.deepEqual(bench.lastToStation()?.slice(0, 3), [4, 's1', 'InternalError']);
    bench.cpms([2, 'c1', 'ClearCache', {}]);
    bench.station([3, 'c1', { illegal: true }]);
    assert.deepEqual(bench.lastToCpms()?.slice(0, 3), [4, 'c1', 'InternalError']);
  });

  it('dials again after a loss, slower each time', () => {
    const bench = new RelayBench().attached();
    bench.cpmsDown();
    bench.pass(1);
    assert.equal(bench.dialled, true);
    bench.cpmsDown();
    bench.pass(1);
    assert.equal(bench.dialled, false);
    bench.pass(1);
    assert.equal(bench.dialled, true);
  });

  it('closes the station in strict mode when the CPMS is lost', () => {
    const bench = new RelayBench({ relay: { whenDetached: 'strict-6.3' } }).attached();
    bench.cpmsDown();
    assert.equal(bench.stationClosed, true);
  });
});
