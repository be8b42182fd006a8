import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeFrame, parseFrame } from '../../../src/ocpp';
import { at, Bench } from './bench';

const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
const meter = (power: number, seconds: number, bench: Bench): Record<string, unknown> => ({
  connectorId: 1,
  meterValue: [
    {
      timestamp: new Date(bench.wall_ms - seconds * 1000).toISOString(),
      sampledValue: [
        { value: String(power), measurand: 'Power.Active.Import', unit: 'kW' },
        { value: '16.0', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
        { value: '15.5', measurand: 'Current.Import', phase: 'L2-N', unit: 'A' },
        { value: '1234', unit: 'Wh' },
        { value: '99', measurand: 'Temperature' },
      ],
    },
  ],
});

describe('ocpp session without a CPMS', () => {
  it('answers a boot with the time', () => {
    const bench = new Bench();
    bench.connect();
    const answer = bench.call('BootNotification', boot);
    assert.equal(at(answer, 'payload', 'status'), 'Accepted');
    assert.equal(Date.parse(String(at(answer, 'payload', 'currentTime'))), bench.wall_ms);
  });

  it('gives each transaction another id', () => {
    const bench = new Bench().ready();
    const start = { connectorId: 1, idTag: 'T', meterStart: 0, timestamp: '2026-06-01T00:00:00Z' };
    const first = at(bench.call('StartTransaction', start, 'a'), 'payload', 'transactionId');
    const second = at(bench.call('StartTransaction', start, 'b'), 'payload', 'transactionId');
    assert.equal(typeof first, 'number');
    assert.notEqual(first, second);
  });

  it('asks the policy about an idTag', () => {
    const bench = new Bench(
      {},
      { authorise: (_, tag) => (tag === 'GOOD' ? 'Accepted' : 'Invalid') },
    );
    bench.ready();
    const status = (idTag: string): unknown =>
      at(bench.call('Authorize', { idTag }), 'payload', 'idTagInfo', 'status');
    assert.equal(status('GOOD'), 'Accepted');
    assert.equal(status('BAD'), 'Invalid');
  });

  it('answers an unknown action with NotImplemented and a malformed one with an error', () => {
    const bench = new Bench().ready();
    assert.equal(at(bench.call('Fancy', {}), 'code'), 'NotImplemented');
    assert.equal(at(bench.call('Authorize', { idTag: 5 }), 'code'), 'FormationViolation');
    assert.equal(at(bench.call('DataTransfer', {}), 'payload', 'status'), 'UnknownVendorId');
  });

  it('draws power, current and energy from meter values', () => {
    const bench = new Bench().ready();
    bench.call('MeterValues', meter(7.2, 0, bench));
    const { power_W, current_A, energy_Wh, metered_at } = bench.image;
    assert.equal(power_W, 7200);
    assert.deepEqual(current_A, [16, 15.5, 0]);
    assert.equal(energy_Wh, 1234);
    assert.equal(metered_at, bench.now);
  });

  it('dates a meter value when it was measured, and takes none older than a minute', () => {
    const bench = new Bench().ready();
    const timestamp = new Date(bench.wall_ms).toISOString();
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp };
    bench.call('StatusNotification', status);
    bench.call('MeterValues', meter(2, 20, bench));
    assert.equal(bench.image.power_W, 2000);
    assert.equal(bench.image.metered_at, bench.now - 20_000);
    bench.call('MeterValues', meter(3, 3_600, bench));
    assert.equal(bench.image.power_W, 2000);
  });

  it('tells when a vehicle wants energy', () => {
    const bench = new Bench().ready();
    const wants = (status: string): boolean => {
      bench.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
      return bench.image.wantsEnergy;
    };
    assert.equal(wants('Available'), false);
    assert.equal(wants('Preparing'), false);
    bench.call('StartTransaction', { connectorId: 1, idTag: 'T', meterStart: 0 });
    assert.equal(wants('Preparing'), true);
    assert.equal(wants('SuspendedEVSE'), true);
    assert.equal(wants('SuspendedEV'), false);
    assert.equal(bench.image.status, 'SuspendedEV');
  });

  it('ignores connectors that the site file does not have', () => {
    const bench = new Bench().ready();
    bench.call('MeterValues', { ...meter(7, 0, bench), connectorId: 3 });
    assert.equal(bench.image.power_W, undefined);
  });

  it('listens to the newest socket only', () => {
    const bench = new Bench().ready();
    const old = bench.image.lastSeen_at;
    bench.connect();
    assert.equal(bench.closedWith?.reason, 'replaced by a newer connection');
    assert.ok(bench.image.lastSeen_at >= old);
  });

  it('gives a station up that leaves three calls unanswered', () => {
    const bench = new Bench();
    bench.script = () => 'silence';
    bench.connect();
    for (let i = 0; i < 60; i += 1) {
      bench.pass(1);
      bench.lease(8, 'keep');
    }
    assert.equal(bench.closedWith?.code, 1008);
    assert.equal(bench.fleet.stats().callsTimedOut >= 3, true);
  });

  it('never throws, whatever text arrives (property)', () => {
    const bench = new Bench().ready();
    const json = fc.json({ maxDepth: 4 });
    const frame = fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.oneof(fc.string(), fc.constant('hf-1')),
      fc.oneof(
        fc.constantFrom(
          'BootNotification',
          'MeterValues',
          'StartTransaction',
          'StatusNotification',
        ),
        fc.string(),
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          json,
          frame.map((f) => JSON.stringify(f)),
        ),
        (text) => {
          bench.text(text);
          bench.fleet.images(bench.now);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('ocpp frames', () => {
  const reason = (text: string): string => {
    const parsed = parseFrame(text, 65_536);
    return parsed.ok ? 'ok' : parsed.reason;
  };

  it('are refused with a reason', () => {
    assert.equal(reason('x'.repeat(65_537)), 'too-long');
    assert.equal(reason('{'), 'not-json');
    assert.equal(reason('{}'), 'not-an-array');
    assert.equal(reason('[2,7,"A",{}]'), 'message-id');
    assert.equal(reason(`[2,"${'i'.repeat(37)}","A",{}]`), 'message-id');
    assert.equal(reason('[5,"1",{}]'), 'message-type');
    assert.equal(reason('["2","1","A",{}]'), 'message-type');
    assert.equal(reason('[2,"1",5,{}]'), 'action');
    assert.equal(reason('[2,"1","A",[]]'), 'payload');
    assert.equal(reason('[2,"1","A",null]'), 'payload');
    assert.equal(reason(`[2,"1","A",{"a":${'['.repeat(30)}${']'.repeat(30)}}]`), 'too-deep');
    assert.equal(reason(`[2,"1","A",{"a":[${'0,'.repeat(25_000)}0]}]`), 'too-deep');
    assert.equal(reason('[2,"1","A",{"__proto__":{"x":1}}]'), 'forbidden-key');
    assert.equal(reason('[2,"1","A",{"\\u005f_proto__":{"x":1}}]'), 'forbidden-key');
    assert.equal(reason(`[2,"1","A",{"a":${'['.repeat(30_000)}}]`), 'not-json');
  });

  it('keep the bytes of foreign messages', () => {
    const text = '[2, "1","A", {"v":10.0,"n":9007199254740993}]';
    const parsed = parseFrame(text, 65_536);
    assert.ok(parsed.ok);
    assert.equal(encodeFrame(parsed.frame), text);
  });

  it('come back from their text (property)', () => {
    const payload = fc.dictionary(fc.string(), fc.integer());
    const id = fc.string({ minLength: 1, maxLength: 36 });
    fc.assert(
      fc.property(id, payload, (frameId, object) => {
        fc.pre(!Object.hasOwn(object, '__proto__'));
        const frame = { type: 'result', id: frameId, payload: object } as const;
        const parsed = parseFrame(encodeFrame(frame), 65_536);
        assert.ok(parsed.ok && parsed.frame.type === 'result');
        assert.deepEqual(parsed.frame.payload, JSON.parse(JSON.stringify(object)));
      }),
      { numRuns: 200 },
    );
  });
});
