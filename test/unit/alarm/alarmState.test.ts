import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { type AlarmId, CATALOGUE, type Condition, NO_ALARMS, nextAlarms } from '../../../src/alarm';
import { instant } from '../../../src/time';

const IDS = Object.keys(CATALOGUE).filter((id): id is AlarmId => id in CATALOGUE);
const condition = (id: AlarmId, subject = 'x', text = 'why'): Condition => ({ id, subject, text });

describe('alarm state', () => {
  it('raises once, keeps its first instant while it lasts, follows the evidence, clears once', () => {
    const one = nextAlarms(NO_ALARMS, [condition('meter-silent', 'm', 'for 2 s')], instant(10));
    assert.deepEqual(
      one.changes.map((c) => c.change),
      ['raised'],
    );
    const two = nextAlarms(one.state, [condition('meter-silent', 'm', 'for 3 s')], instant(20));
    assert.deepEqual(two.changes, []);
    assert.equal(two.state.active[0]?.raised_at, 10);
    assert.equal(two.state.active[0].text, 'for 3 s');
    const three = nextAlarms(two.state, [], instant(30));
    assert.deepEqual(
      three.changes.map((c) => [c.change, c.at]),
      [['cleared', 30]],
    );
    assert.deepEqual(three.state, NO_ALARMS);
    const again = nextAlarms(three.state, [condition('meter-silent', 'm')], instant(40));
    assert.equal(again.state.active[0]?.raised_at, 40);
  });

  it('tells the same alarm of two subjects apart, and one told twice only once', () => {
    const both = [condition('station-offline', 'a'), condition('station-offline', 'b')];
    const { state, changes } = nextAlarms(NO_ALARMS, [...both, ...both], instant(1));
    assert.deepEqual(
      state.active.map((a) => a.subject),
      ['a', 'b'],
    );
    assert.equal(changes.length, 2);
  });

  it('never loses a critical alarm behind a thousand mild ones', () => {
    const many = Array.from({ length: 1000 }, (_, i) => condition('station-offline', `s${i}`));
    const all = [
      ...many,
      condition('uplink-down'),
      condition('emergency-stop'),
      condition('line-dropped'),
    ];
    const { state } = nextAlarms(NO_ALARMS, all, instant(1));
    assert.equal(state.active.length, 200);
    assert.deepEqual(
      state.active.slice(0, 2).map((a) => a.id),
      ['emergency-stop', 'line-dropped'],
    );
  });

  it('is always exactly the conditions that are true now, and its changes lead from state to state', () => {
    const some = fc.uniqueArray(
      fc.record({ id: fc.constantFrom(...IDS), subject: fc.constantFrom('a', 'b', 'c') }),
      { maxLength: 30, selector: (c) => `${c.id}/${c.subject}` },
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (cycles) => {
        let state = NO_ALARMS;
        const shown = new Set<string>();
        cycles.forEach((conditions, i) => {
          const next = nextAlarms(
            state,
            conditions.map((c) => ({ ...c, text: 'x' })),
            instant(i),
          );
          for (const { change, alarm } of next.changes) {
            const key = `${alarm.id}/${alarm.subject}`;
            assert.equal(shown.has(key), change === 'cleared');
            if (change === 'raised') shown.add(key);
            else shown.delete(key);
          }
          const wanted = new Set(conditions.map((c) => `${c.id}/${c.subject}`));
          assert.deepEqual([...shown].sort(), [...wanted].sort());
          state = next.state;
          for (const a of state.active) {
            assert.equal(a.severity, CATALOGUE[a.id].severity);
            assert(a.raised_at <= i);
          }
        });
      }),
      { seed: 81, numRuns: 100 },
    );
  });

  it('has for each alarm a meaning, what to do, and when it goes away', () => {
    for (const id of IDS) {
      const { meaning, whatToDo, clearsWhen } = CATALOGUE[id];
      for (const text of [meaning, whatToDo, clearsWhen]) assert(text.length > 10, id);
    }
  });
});
