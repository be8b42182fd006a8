import { strict as assert } from 'node:assert';
import { STATION_RATE, TokenBucket } from '../../../src/ocpp';
import { instant, later } from '../../../src/time';

const START = instant(1000);
const bucket = (burst: number = STATION_RATE.burst) =>
  new TokenBucket(STATION_RATE.perSecond, burst, START);

describe('the rate of one station', () => {
  it('lets in only who may then boot and tell of its connectors, however often it tries', () => {
    const rate = bucket();
    while (rate.take(START));
    let at = START;
    let tries = 0;
    while (!rate.takeLogin(at)) {
      at = later(at, 50);
      tries += 1;
    }
    assert.equal(tries * 50, 2000, 'ms until it is let in again');
    let said = 0;
    while (rate.take(at)) said += 1;
    assert.equal(said, 30);
  });

  it('refuses no station that restarts every two seconds', () => {
    const rate = bucket();
    for (let s = 0; s < 3600; s += 2) {
      const at = later(START, s * 1000);
      assert.equal(rate.takeLogin(at), true);
      for (let n = 0; n < 20; n += 1) assert.equal(rate.take(at), true);
    }
  });

  it('lets in also where a smaller burst is configured', () => {
    assert.equal(bucket(10).takeLogin(START), true);
  });
});
