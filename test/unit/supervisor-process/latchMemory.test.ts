import { strict as assert } from 'node:assert';
import { LatchMemory } from '../../../firmware/processes/latchMemory';

describe('what the supervisor keeps', () => {
  it('is written with each change, a person’s release too, and again only where that failed', () => {
    const written: string[] = [];
    let again = 0;
    const memory = new LatchMemory({
      save: (data) => void written.push(Buffer.from(data).toString()),
      again: () => (again += 1),
    });
    const latched = { latched: true, excess: false, returnsWithinHour: 3, stuck: [] };
    memory.follow(latched);
    memory.follow(latched);
    memory.follow({ ...latched, latched: false });
    memory.follow({ latched: false, excess: true, returnsWithinHour: 2, stuck: ['line-1'] });
    assert.equal(again, 1);
    assert.deepEqual(
      written.map((w) => JSON.parse(w) as unknown),
      [
        latched,
        { ...latched, latched: false },
        { latched: false, excess: true, returnsWithinHour: 2, stuck: ['line-1'] },
      ],
    );
  });
});
