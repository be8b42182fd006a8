import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contactsOf, stopReason } from '../../../firmware/processes/boardInputs';
import { StopNote } from '../../../firmware/processes/stopNote';
import type { BoardInput } from '../../../src/board';
import { ConsoleRig } from './rig';

const stopAsked = (inputs: readonly BoardInput[]): boolean => stopReason(inputs) !== undefined;

describe('emergency stop and forced static across restarts', function () {
  this.timeout(20_000);
  let folder = '';
  const file = (name: string): string => path.join(folder, name);
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'hf-stop-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('a stop nobody acknowledged holds from the first cycle after a restart', async () => {
    const before = new ConsoleRig();
    const note = new StopNote(file('stop'));
    assert.equal(note.standing(), false);
    before.run.rig.runtime.setEmergencyStop(true);
    before.advance(2);
    await note.follow(before.run.rig.runtime.stopUnacknowledged());
    await before.close();

    const again = new StopNote(file('stop'));
    assert.equal(again.standing(), true);
    const after = new ConsoleRig(1, ({ rig }) => {
      if (again.standing()) rig.runtime.restoreStop();
    });
    try {
      const { runtime } = after.run.rig;
      assert.equal(runtime.mode(), 'static', 'two minutes after the start');
      assert.match(runtime.snapshot()?.modeWhy ?? '', /emergency stop not acknowledged/);
      await again.follow(runtime.stopUnacknowledged());
      assert.ok(existsSync(file('stop')), 'the restart does not remove the note');
      runtime.persons.ask('acknowledge-stop', 'ann');
      after.advance(30);
      assert.equal(runtime.mode(), 'normal');
      await again.follow(runtime.stopUnacknowledged());
      assert.equal(new StopNote(file('stop')).standing(), false);
    } finally {
      await after.close();
    }
  });

  it('a note that cannot be kept is tried again, one that cannot be looked at holds', async () => {
    const note = new StopNote(file('missing/stop'));
    await note.follow(true);
    assert.equal(existsSync(file('missing/stop')), false);
    mkdirSync(file('missing'));
    await note.follow(true);
    assert.ok(existsSync(file('missing/stop')));
    symlinkSync(file('loop'), file('loop'));
    assert.equal(new StopNote(file('loop')).standing(), true);
  });

  it('a stop shorter than a cycle is not missed', async () => {
    const rig = new ConsoleRig();
    try {
      rig.run.rig.runtime.setEmergencyStop(true);
      rig.run.rig.runtime.setEmergencyStop(false);
      rig.advance(30);
      assert.equal(rig.run.rig.runtime.mode(), 'static');
    } finally {
      await rig.close();
    }
  });

  it('a force that overtakes a leave on its way to the disk wins', async () => {
    const rig = new ConsoleRig();
    try {
      await rig.mode.ask('force-static', 'ann');
      rig.advance(2);
      const leave = rig.mode.ask('leave-static', 'bob');
      const force = rig.mode.ask('force-static', 'ann');
      const answers = await Promise.all([leave, force]);
      assert.deepEqual(
        answers.map((a) => a.ok),
        [false, true],
      );
      rig.advance(30);
      assert.equal(rig.run.rig.runtime.mode(), 'static');
    } finally {
      await rig.close();
    }
  });

  it('a stop contact that cannot be read counts as active, a signal that cannot is unknown', () => {
    const input = (role: BoardInput['role'], active: BoardInput['active'], backEnd: string) => [
      { id: 'x', role, backEnd, active },
    ];
    writeFileSync(file('value'), 'noise\n');
    for (const active of ['open', 'closed'] as const) {
      for (const name of ['none', 'value', 'value/below']) {
        const backEnd = `gpio-value:${file(name)}`;
        assert.equal(stopAsked(input('emergency-stop', active, backEnd)), true, name);
        assert.equal(stopAsked(input('fire', active, backEnd)), true, name);
        const signal = input('contact', active, backEnd);
        assert.equal(contactsOf(signal).contact('x'), 'unknown', name);
        assert.equal(stopAsked(signal), false);
      }
      assert.equal(stopAsked(input('fire', active, `emulated:${file('none')}`)), false);
      assert.equal(stopAsked(input('fire', active, `emulated:${file('value')}`)), true);
    }
    writeFileSync(file('value'), '0\n');
    assert.equal(
      contactsOf(input('contact', 'open', `gpio-value:${file('value')}`)).contact('x'),
      'open',
    );
  });
});
