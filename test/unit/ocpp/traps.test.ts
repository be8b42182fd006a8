import assert from 'node:assert/strict';
import { Bench } from './bench';
import { RelayBench } from './relayBench';

describe('traps of the field in the relay', () => {
  it('five thousand calls of a station are one at the CPMS and a few waiting, the rest refused', () => {
    const bench = new RelayBench().attached();
    for (let i = 0; i < 5_000; i += 1) {
      bench.station([2, `c${i}`, 'Authorize', { idTag: `T${i}` }]);
    }
    assert.equal(bench.toCpms.length, 1);
    const refused = bench.toStation.filter((text) => text.startsWith('[4,'));
    assert.equal(refused.length, 5_000 - 17);
    assert.ok(bench.codes().includes('queue-full'));
  });

  it('an answer that comes too late counts as nothing: a slow station is not thrown out', () => {
    const bench = new Bench();
    bench.script = () => 'silence';
    bench.ready();
    bench.pass(12);
    const [late] = bench.sent.filter((frame) => frame.type === 'call');
    assert.ok(late !== undefined);
    for (let i = 0; i < 100; i += 1) bench.text(`[3,"${late.id}",{"status":"Accepted"}]`);
    assert.equal(bench.closedWith, undefined);
    assert.equal(bench.fleet.stats().badFrames, 0);
  });

  it('certificates of ISO 15118 pass byte for byte, both ways', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).attached();
    const schema = 'urn:iso:15118:2:2013:MsgDef';
    const fields = `"iso15118SchemaVersion":"${schema}","action":"Install","exiRequest":"AA=="`;
    const text = `[2,"e1", "Get15118EVCertificate",{${fields}}]`;
    bench.station(text);
    assert.equal(bench.toCpms.at(-1), text);
    const answer = '[3,"e1", {"status":"Accepted","exiResponse":"BB=="}]';
    bench.cpms(answer);
    assert.equal(bench.toStation.at(-1), answer);
  });

  it('an event marked offline is kept and replayed as it was said', () => {
    const bench = new RelayBench({ protocol: 'ocpp2.0.1' }).detached();
    const info = '"transactionInfo":{"transactionId":"t1"}';
    const rest = `"eventType":"Updated","timestamp":"2026-06-01T00:00:00Z","seqNo":3,${info}`;
    const text = `[2,"o1", "TransactionEvent",{"offline":true,"triggerReason":"Trigger",${rest}}]`;
    bench.station(text);
    bench.cpmsUp();
    bench.pass(1);
    assert.ok(bench.toCpms.includes(text));
  });

  it('what a CPMS changes is recorded, what it asks is not', () => {
    const bench = new RelayBench().attached();
    bench.cpms([2, 'a', 'GetConfiguration', {}]);
    bench.station([3, 'a', { configurationKey: [] }]);
    bench.cpms([2, 'b', 'ChangeAvailability', { connectorId: 0, type: 'Operative' }]);
    const control = bench.events.filter((event) => event.code === 'cpms-control');
    assert.deepEqual(
      control.map((event) => event.text),
      ["CPMS's ChangeAvailability"],
    );
  });
});
