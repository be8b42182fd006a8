import { strict as assert } from 'node:assert';
import { RepeatLog } from '../../../firmware/processes/repeatLog';
import { VirtualTime } from '../../../src/sim/time';
import { later } from '../../../src/time';

class Rig {
  readonly time = new VirtualTime();
  readonly lines: string[] = [];
  readonly log = new RepeatLog({
    clock: this.time,
    timers: this.time,
    say: (text) => this.lines.push(text),
  });

  wait(ms: number): void {
    this.time.runUntil(later(this.time.now(), ms));
  }

  /** What was said since the last question. */
  said(): string[] {
    return this.lines.splice(0);
  }
}

describe('log of what repeats itself', () => {
  it('says a text at once, and its repeats of a minute as one line with count, first and last', () => {
    const rig = new Rig();
    for (let i = 0; i < 100; i += 1) {
      rig.log.tell('main', 'bus main closed: not Modbus TCP: protocol id 153 instead of 0');
      rig.wait(250);
    }
    assert.deepEqual(rig.said(), ['bus main closed: not Modbus TCP: protocol id 153 instead of 0']);
    rig.wait(60_000);
    const [line = '', ...more] = rig.said();
    assert.deepEqual(more, []);
    assert.match(line, /protocol id 153.*\(again 99 x, 06:00:00 to 06:00:24\)$/);
  });

  it('says one line a minute about what goes on for hours, and nothing about what stopped', () => {
    const rig = new Rig();
    for (let s = 0; s < 7200; s += 1) {
      rig.log.tell('main', 'open');
      rig.wait(1000);
    }
    const { length } = rig.said();
    assert.ok(length >= 119 && length <= 121, `${length} lines in two hours`);
    rig.wait(60_000);
    rig.said();
    rig.wait(3_600_000);
    assert.deepEqual(rig.said(), []);
    rig.log.tell('main', 'open');
    assert.deepEqual(rig.said(), ['open'], 'news again');
  });

  it('takes texts that differ only in numbers for one, and says the last of them', () => {
    const rig = new Rig();
    for (const id of [18_245, 7, 901]) rig.log.tell('main', `protocol id ${id}`);
    assert.deepEqual(rig.said(), ['protocol id 18245']);
    rig.wait(60_000);
    assert.match(rig.said().join(), /^protocol id 901 \(again 2 x/);
  });

  it('begins anew when it is told to: what was counted is said, what comes is news', () => {
    const rig = new Rig();
    for (let i = 0; i < 3; i += 1) rig.log.tell('main', 'open');
    rig.log.tell('other', 'open');
    rig.log.beginAnew('main');
    rig.log.tell('main', 'open');
    rig.log.tell('other', 'open');
    assert.deepEqual(rig.said(), [
      'open',
      'open',
      'open (again 2 x, 06:00:00 to 06:00:00)',
      'open',
    ]);
    rig.wait(30_000);
    rig.log.tell('main', 'open');
    rig.wait(30_000);
    assert.equal(rig.said().length, 2, 'one line of each, at the end of its own minute');
    rig.wait(600_000);
    assert.deepEqual(rig.said(), []);
  });

  it('tells two subjects apart, and keeps a flood of one from hiding the other', () => {
    const rig = new Rig();
    for (let i = 0; i < 500; i += 1) {
      rig.log.tell('flood', `text ${'ab'.repeat(i)}`);
    }
    assert.equal(rig.said().length, 9, 'eight texts and that there are more');
    rig.log.tell('quiet', 'open');
    assert.deepEqual(rig.said(), ['open']);
  });
});
