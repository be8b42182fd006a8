import { strict as assert } from 'node:assert';
import { Reconnection } from '../../../src/modbus';

const waits = (count: number, next: () => number): number[] => Array.from({ length: count }, next);

describe('reconnection', () => {
  it('looks every 5 s at least for one that is not there', () => {
    const r = new Reconnection({});
    assert.deepEqual(
      waits(7, () => r.wait_ms()),
      [250, 500, 1000, 2000, 4000, 5000, 5000],
    );
  });

  it('waits 2 s, 4 s ... 60 s while it opens and nothing valid is read', () => {
    const r = new Reconnection({});
    const useless = (): number => {
      r.opened();
      return r.wait_ms();
    };
    assert.deepEqual(waits(7, useless), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    r.opened();
    r.proved();
    assert.equal(r.wait_ms(), 250, 'lost after a valid reply');
    assert.equal(useless(), 2000, 'begins again');
  });

  it('waits no longer than it is told for one that control cannot miss', () => {
    const r = new Reconnection({ retryMax_ms: 5000, jitter: () => 0 });
    const useless = (): number => {
      r.opened();
      return r.wait_ms();
    };
    assert.deepEqual(waits(4, useless), [1000, 2000, 2500, 2500]);
  });

  it('says a problem once until a valid reply was read, however often the port opens', () => {
    const r = new Reconnection({});
    const said = [];
    for (let i = 0; i < 5; i += 1) {
      r.opened();
      r.wait_ms();
      said.push(r.isNews('not Modbus TCP'));
    }
    assert.deepEqual(said, [true, false, false, false, false]);
    assert.equal(r.isNews('closed by the device'), true, 'another one');
    r.opened();
    r.proved();
    assert.equal(r.isNews('closed by the device'), true, 'after a valid reply');
  });
});
