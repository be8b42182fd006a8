import assert from 'node:assert/strict';
import { createPduCodec } from '../../../src/io/modbusSerial';
import {
  BusEngine,
  QUEUE_LIMIT,
  wrapPdu,
  type BusDevice,
  type BusPriority,
  type BusRequest,
  type Judge,
} from '../../../src/modbus';
import { at, device, read, replyTo, Results, ScriptedPort, write } from './scriptedPort';

const allow: Judge = () => ({ allow: true });

interface Rig {
  readonly port: ScriptedPort;
  readonly engine: BusEngine;
  readonly results: Results;
  /** The last frame leaves and is answered with `value` at `ms`. */
  readonly answer: (ms: number, value?: number) => void;
  /** The last frame leaves at `ms` and nothing comes; returns when the engine gave up. */
  readonly silence: (ms: number) => number;
}

function rig(devices: BusDevice[] = [device('a', 1), device('b', 2)], judge = allow): Rig {
  const port = new ScriptedPort();
  const engine = new BusEngine({ port, codec: createPduCodec(), judge, devices });
  return {
    port,
    engine,
    results: new Results(),
    answer(ms, value) {
      const frame = port.last;
      engine.onSent(frame.id, at(ms - 10));
      port.done();
      engine.onReply(frame.id, replyTo(frame, value), at(ms));
    },
    silence(ms) {
      engine.onSent(port.last.id, at(ms));
      const sent = port.abandoned.length;
      let now = ms;
      while (port.abandoned.length === sent) engine.tick(at((now += 1)));
      return now;
    },
  };
}

describe('bus engine', () => {
  it('keeps one request in flight and sends the most urgent next', () => {
    const { engine, port, results, answer } = rig();
    engine.submit(results.request('slow', read(1), { priority: 4 }), at(0));
    engine.submit(results.request('telemetry', read(2), { priority: 3 }), at(0));
    engine.submit(results.request('control', read(3), { priority: 2 }), at(0));
    engine.submit(results.request('lease', write(1), { priority: 1 }), at(0));
    engine.submit(results.request('safety', write(2), { priority: 0, device: 'b' }), at(0));
    assert.equal(port.sent.length, 1, 'the first of an idle bus goes at once');
    for (const ms of [100, 200, 300, 400, 500]) answer(ms);
    assert.deepEqual(results.words, [
      'slow ok',
      'safety ok',
      'lease ok',
      'control ok',
      'telemetry ok',
    ]);
  });

  it('gives the registers, the raw frame and the instant of a validated reply', () => {
    const { engine, port, results, answer } = rig();
    engine.submit(results.request('x', read(7, 3)), at(0));
    answer(50, 0x1234);
    const [entry] = results.all;
    assert.ok(entry?.result.ok === true);
    assert.deepEqual(entry.result.registers, [0x1234, 0x1234, 0x1234]);
    assert.equal(entry.result.received_at, 50);
    assert.deepEqual(entry.result.frame, replyTo(port.last, 0x1234));
  });

  it('asks the guard before each attempt, and a denial never reaches the wire', () => {
    const asked: string[] = [];
    const judge: Judge = (unit, request, context) => {
      asked.push(`${unit} ${request.kind} ${context.source}`);
      return request.kind === 'write' ? { allow: false, reason: 'no rule' } : { allow: true };
    };
    const { engine, port, results } = rig(undefined, judge);
    engine.submit(results.request('w', write(1), { source: 'cpo' }), at(0));
    engine.tick(at(0));
    assert.equal(port.sent.length, 0);
    assert.deepEqual(results.words, ['w denied']);
    engine.submit(results.request('r', read()), at(1));
    engine.onSent(port.last.id, at(1));
    port.done();
    engine.onFault(port.last.id, { kind: 'crc', text: '', consumed: true }, at(20));
    engine.tick(at(2000));
    assert.deepEqual(
      asked,
      ['1 write cpo', '1 read site', '1 read site'],
      'the retry is judged, too',
    );
  });

  it('never reports inside submit', () => {
    const { engine, port, results } = rig();
    port.isOpen = false;
    engine.submit(results.request('x', read()), at(0));
    assert.deepEqual(results.words, []);
    assert.equal(engine.wakeAt(at(0)), 0);
    engine.tick(at(0));
    assert.deepEqual(results.words, ['x disconnected']);
  });

  it('refuses malformed requests and unknown devices with words', () => {
    const { engine, port, results } = rig();
    engine.submit(results.request('many', read(0, 126)), at(0));
    engine.submit(results.request('who', read(), { device: 'nobody' }), at(0));
    engine.tick(at(0));
    assert.deepEqual(results.words, ['many malformed', 'who malformed']);
    assert.equal(port.sent.length, 0);
    assert.throws(() => rig([device('x', 0)]), RangeError, 'unit 0 is broadcast');
    assert.throws(() => rig([device('x', 248)]), RangeError);
  });

  it('drops what waited past its deadline and reports it', () => {
    const { engine, port, results, answer } = rig();
    engine.submit(results.request('first', read()), at(0));
    engine.submit(results.request('late', write(1), { deadline: at(50) }), at(0));
    assert.equal(engine.wakeAt(at(0)), 50);
    answer(60);
    engine.tick(at(60));
    assert.deepEqual(results.words.sort(), ['first ok', 'late expired']);
    assert.equal(port.sent.length, 1, 'an expired write is never sent');
  });

  it('lets the latest of a group win while it waits', () => {
    const { engine, port, results, answer } = rig();
    engine.submit(results.request('busy', read()), at(0));
    engine.submit(results.request('old', write(1), { group: 'power' }), at(0));
    engine.submit(results.request('new', write(2), { group: 'power' }), at(0));
    engine.submit(results.request('other', write(3), { group: 'power', device: 'b' }), at(0));
    answer(50);
    assert.deepEqual(port.last.request, write(2));
    answer(100);
    answer(150);
    assert.deepEqual(results.words, ['old superseded', 'busy ok', 'new ok', 'other ok']);
  });

  it('repeats a read once and a write never', () => {
    const { engine, port, results } = rig([device('a', 1, { late_ms: 100 })]);
    engine.submit(results.request('r', read()), at(0));
    engine.onSent(port.last.id, at(5));
    port.done();
    engine.onFault(port.last.id, { kind: 'crc', text: 'bad' }, at(30));
    engine.tick(at(200));
    assert.equal(port.sent.length, 2);
    engine.onSent(port.last.id, at(205));
    port.done();
    engine.onFault(port.last.id, { kind: 'crc', text: 'bad' }, at(230));
    engine.submit(results.request('w', write(1)), at(500));
    engine.onSent(port.last.id, at(505));
    port.done();
    engine.onFault(port.last.id, { kind: 'crc', text: 'bad' }, at(530));
    engine.tick(at(700));
    assert.equal(port.sent.length, 3);
    assert.deepEqual(results.words, ['r crc', 'w crc']);
  });

  it('keeps the same shape from a unit while its late reply is feared, and lets others pass', () => {
    const { engine, port, results, silence, answer } = rig([
      device('a', 1, { late_ms: 1000 }),
      device('b', 2),
    ]);
    engine.submit(results.request('lost', read(0, 4), { deadline: at(600) }), at(0));
    const given_up = silence(5);
    engine.submit(results.request('same', read(50, 4)), at(given_up));
    engine.submit(results.request('shape', read(50, 5)), at(given_up));
    engine.submit(results.request('other', read(0, 4), { device: 'b' }), at(given_up));
    assert.deepEqual(port.last.request, read(50, 5));
    answer(given_up + 50);
    answer(given_up + 100);
    assert.deepEqual(results.words, ['shape ok', 'other ok']);
    engine.tick(at(given_up + 999));
    assert.equal(port.sent.length, 3, 'the late window is not over');
    engine.tick(at(given_up + 1001));
    assert.deepEqual(port.last.request, read(50, 4));
  });

  it('ends the fear when the late reply was seen', () => {
    const { engine, port, results, silence } = rig([device('a', 1, { late_ms: 10_000 })]);
    engine.submit(results.request('lost', read(0, 4), { deadline: at(200) }), at(0));
    const lost = port.last;
    const given_up = silence(5);
    engine.submit(results.request('next', read(9, 4)), at(given_up));
    assert.equal(port.sent.length, 1);
    engine.onStray(replyTo(lost), at(given_up + 100));
    assert.equal(port.sent.length, 2);
  });

  it('sends a safety write in spite of the taint, and counts its acknowledgement as ambiguous', () => {
    const { engine, port, results, silence, answer } = rig();
    engine.submit(results.request('lost', write(50)), at(0));
    const given_up = silence(5);
    engine.submit(results.request('safety', write(0), { priority: 0 }), at(given_up));
    assert.deepEqual(port.last.request, write(0));
    answer(given_up + 30);
    assert.deepEqual(results.words, ['lost timeout', 'safety ambiguous']);
  });

  it('keeps back the answer of a unit that spoke unasked, and drops it when a second one follows', () => {
    const { engine, port, results, answer } = rig([device('a', 1, { late_ms: 10 })]);
    engine.submit(results.request('before', read(0, 3)), at(0));
    const once = replyTo(port.last);
    answer(20);
    engine.onStray(once, at(60));
    engine.submit(results.request('quiet', read(0, 4)), at(100));
    answer(120);
    engine.tick(at(219));
    assert.deepEqual(results.words, ['before ok'], 'the line is listened to for 100 ms');
    engine.tick(at(220));
    engine.submit(results.request('spoken', write(1)), at(300));
    answer(320);
    engine.onStray(once, at(350));
    engine.tick(at(350));
    assert.deepEqual(results.words, ['before ok', 'quiet ok', 'spoken invalid-reply']);
    engine.submit(results.request('trusted', read(0, 4)), at(70_000));
    answer(70_020);
    assert.equal(results.words.at(-1), 'trusted ok', 'a minute later it is trusted again');
  });

  it('takes no exception for an answer while a late one of the unit may come', () => {
    const { engine, port, results, silence } = rig();
    engine.submit(results.request('lost', read(0, 4), { deadline: at(200) }), at(0));
    const given_up = silence(5);
    engine.submit(results.request('next', read(0, 5)), at(given_up));
    engine.onSent(port.last.id, at(given_up));
    port.done();
    engine.onReply(port.last.id, wrapPdu(1, Uint8Array.of(0x83, 2)), at(given_up + 20));
    assert.deepEqual(results.words.at(-1), 'next ambiguous');
  });

  it('reports an exception with its code and keeps the device alive', () => {
    const { engine, port, results } = rig();
    engine.submit(results.request('x', read()), at(0));
    engine.onSent(port.last.id, at(5));
    port.done();
    engine.onReply(port.last.id, wrapPdu(1, Uint8Array.of(0x83, 2)), at(20));
    const result = results.all[0]?.result;
    assert.ok(result?.ok === false && result.reason === 'exception' && result.exception === 2);
    assert.equal(engine.statistics(at(30)).devices[0]?.health, 'alive');
  });

  it('fails at once for a dead device and probes it after 1, 2, 4 s', () => {
    const { engine, port, results, silence, answer } = rig([device('a', 1, { late_ms: 0 })]);
    engine.submit(results.request('first', read()), at(0));
    let now = silence(5);
    now = silence(now + 1);
    assert.deepEqual(results.words, ['first timeout'], 'the read and its repetition');
    for (const pause_ms of [1000, 2000, 4000]) {
      engine.submit(results.request('early', read()), at(now + pause_ms - 10));
      engine.tick(at(now + pause_ms - 10));
      assert.equal(results.words.at(-1), 'early backoff');
      const sent = port.sent.length;
      engine.submit(results.request('probe', read()), at(now + pause_ms));
      assert.equal(port.sent.length, sent + 1);
      now = silence(now + pause_ms + 1);
      engine.tick(at(now));
      assert.equal(results.words.at(-1), 'probe timeout', 'a probe is not repeated');
    }
    engine.submit(results.request('back', read()), at(now + 8000));
    answer(now + 8050);
    assert.equal(results.words.at(-1), 'back ok');
    assert.equal(engine.statistics(at(now + 9000)).devices[0]?.health, 'alive');
  });

  it('lets nothing survive a lost port', () => {
    const { engine, port, results } = rig();
    engine.submit(results.request('under way', write(1)), at(0));
    engine.submit(results.request('waiting', write(2), { device: 'b' }), at(0));
    engine.onSent(port.last.id, at(5));
    port.isOpen = false;
    engine.onClose('unplugged', at(10));
    assert.deepEqual(results.words, ['under way disconnected', 'waiting disconnected']);
    port.isOpen = true;
    engine.onOpen(at(5000));
    engine.tick(at(6000));
    assert.equal(port.sent.length, 1, 'nothing is sent after the return');
  });

  it('gives telemetry one transaction in ten under full load of more urgent reads', () => {
    const { engine, port, results, answer } = rig();
    let now = 0;
    const keep = (priority: BusPriority, address: number): void => {
      const request: BusRequest = {
        ...results.request('', read(address), { priority }),
        onDone: () => keep(priority, address),
      };
      engine.submit(request, at(now));
    };
    for (const priority of [1, 2, 3, 4] as const) keep(priority, priority);
    for (let i = 0; i < 500; i += 1) answer((now += 20));
    const share = (priority: number): number =>
      port.sent.filter(
        (frame) => frame.request.kind === 'read' && frame.request.address === priority,
      ).length / 500;
    assert.ok(share(3) >= 0.1, `level 3 had ${share(3)}`);
    assert.ok(share(4) >= 0.02, `level 4 had ${share(4)}`);
  });

  it('never passes over a safety write, whoever is owed a turn', () => {
    const { engine, port, results, answer } = rig();
    let now = 0;
    const keep = (priority: BusPriority): void => {
      engine.submit(
        { ...results.request('', read(priority), { priority }), onDone: () => keep(priority) },
        at(now),
      );
    };
    for (const priority of [1, 3, 4] as const) keep(priority);
    for (let i = 0; i < 120; i += 1) {
      engine.submit(results.request('s', write(i), { priority: 0, device: 'b' }), at(now));
      answer((now += 20));
      assert.equal(port.last.request.kind, 'write', 'it waits for one running transaction at most');
      answer((now += 20));
    }
  });

  it('bounds its queue and keeps the urgent', () => {
    const { engine, results } = rig();
    engine.submit(results.request('running', read()), at(0));
    for (let i = 0; i < QUEUE_LIMIT; i += 1) {
      engine.submit(results.request('telemetry', read(i)), at(0));
    }
    engine.submit(results.request('equal', read()), at(0));
    engine.submit(results.request('urgent', write(1), { priority: 0 }), at(0));
    engine.tick(at(0));
    assert.deepEqual(results.words, ['equal queue-full', 'telemetry queue-full']);
    assert.equal(engine.statistics(at(0)).waiting, QUEUE_LIMIT);
  });

  it('counts round trips, failures and utilisation per device', () => {
    const { engine, results, answer } = rig();
    for (let i = 0; i < 10; i += 1) {
      engine.submit(results.request('x', read()), at(i * 100));
      answer(i * 100 + 50);
    }
    const [a, b] = engine.statistics(at(1000)).devices;
    assert.ok(a !== undefined && b !== undefined);
    assert.equal(a.answered, 10);
    assert.equal(a.roundTrip_ms?.p50, 14, '10 ms after the request and 8 bytes of 0.5 ms');
    assert.equal(a.lastGood_at, 950);
    assert.ok(Math.abs(a.utilisation - 0.14) < 1e-9);
    assert.equal(b.answered, 0);
  });
});
