import assert from 'node:assert/strict';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { createBus } from '../../../src/modbus';
import { instant, type Clock, type Instant, type Timers } from '../../../src/time';
import { device, read, replyTo, Results, ScriptedPort } from './scriptedPort';

/** Time that the test moves, and timers that ring only when the test lets them. */
class StallingTime implements Clock, Timers {
  ms = 0;
  readonly armed: { at: Instant; fn: () => void }[] = [];

  now(): Instant {
    return instant(this.ms);
  }

  wall_ms(): number {
    return this.ms;
  }

  at(at: Instant, fn: () => void): () => void {
    const entry = { at, fn };
    this.armed.push(entry);
    return () => {
      const index = this.armed.indexOf(entry);
      if (index >= 0) this.armed.splice(index, 1);
    };
  }

  ring(): void {
    const due = this.armed.filter(({ at }) => at <= this.ms);
    for (const entry of due) {
      this.armed.splice(this.armed.indexOf(entry), 1);
      entry.fn();
    }
  }
}

function rig() {
  const time = new StallingTime();
  const port = new ScriptedPort();
  const results = new Results();
  const bus = createBus({
    port,
    codec: createPduCodec(),
    judge: () => ({ allow: true }),
    devices: [device('a', 1)],
    clock: time,
    timers: time,
  });
  bus.submit(results.request('x', read()));
  const frame = port.last;
  port.events?.onSent(frame.id, instant(4), instant(0));
  return { time, port, results, bus, frame };
}

describe('bus driver', () => {
  it('lets a reply that lay unread while the program stood still count before its time-out', () => {
    const { time, port, results, frame } = rig();
    time.ms = 3000;
    time.ring();
    assert.deepEqual(results.words, [], 'the timer rang late, so nothing is judged yet');
    port.done();
    port.events?.onReply(frame.id, replyTo(frame), instant(3001));
    assert.deepEqual(results.words, ['x ok']);
  });

  it('times out after the pause that follows a stall', () => {
    const { time, port } = rig();
    time.ms = 3000;
    time.ring();
    assert.deepEqual(port.abandoned, []);
    time.ms = 3020;
    time.ring();
    assert.equal(port.abandoned.length, 1);
  });

  it('keeps one timer armed and none after stop', () => {
    const { time, bus, results } = rig();
    for (let i = 0; i < 10; i += 1) bus.submit(results.request(`y${i}`, read(i)));
    assert.equal(time.armed.length, 1);
    bus.stop();
    assert.equal(time.armed.length, 0);
    assert.equal(results.words.filter((word) => word.endsWith('disconnected')).length, 11);
  });
});
