import assert from 'node:assert/strict';
import { CAR, current, oneStation } from './site';

describe('sim/stations behaviours', () => {
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
    it(`${protocol}: honest takes floor and lease, and falls back by itself`, () => {
      const site = oneStation({ protocol });
      site.time.run(5_000);
      site.station.plug(CAR, site.time.now());
      site.lease_A = 20;
      site.time.run(40_000);
      assert.equal(current(site), 20);
      const [image] = site.fleet.images(site.time.now());
      assert.ok(image?.floorVerified && image.status === 'Charging' && image.wantsEnergy);
      assert.equal(image.power_W, 13_800);
      site.kill();
      site.time.run(40_000);
      assert.equal(current(site), 8);
    });

    it(`${protocol}: a car that charges is seen, and raised, by a controller that just started`, () => {
      const site = oneStation({ protocol });
      site.time.run(5_000);
      site.station.plug(CAR, site.time.now());
      site.time.run(20_000);
      site.restart();
      site.lease_A = 20;
      site.time.run(60_000);
      const [image] = site.fleet.images(site.time.now());
      assert.ok(image?.connected && image.wantsEnergy && image.status === 'Charging');
      assert.equal(current(site), 20);
    });

    it(`${protocol}: sloppy accepts everything and is kept at its floor by it`, () => {
      const site = oneStation({ protocol, behaviour: 'sloppy' });
      site.time.run(5_000);
      site.station.plug(CAR, site.time.now());
      site.time.run(20_000);
      assert.equal(current(site), 8);
    });

    it(`${protocol}: hostile breaks nothing and raises nothing`, () => {
      const site = oneStation({ protocol, behaviour: 'hostile' });
      site.time.run(600_000);
      const [image] = site.fleet.images(site.time.now());
      assert.ok(image !== undefined);
      assert.ok(image.power_W === undefined || image.power_W >= 0);
      assert.ok(site.fleet.stats().badFrames > 0);
    });

    it(`${protocol}: flapping comes back each time and proves its floor again`, () => {
      const site = oneStation({ protocol, behaviour: 'flapping' });
      let verified = 0;
      for (let i = 0; i < 300; i += 1) {
        site.time.run(1_000);
        if (site.fleet.images(site.time.now())[0]?.floorVerified === true) verified += 1;
      }
      assert.ok(verified > 150, `verified ${verified} of 300 s`);
    });

    it(`${protocol}: slow answers late, and its floor is proved all the same`, () => {
      const site = oneStation({ protocol, behaviour: 'slow' });
      site.time.run(60_000);
      assert.equal(site.fleet.images(site.time.now())[0]?.floorVerified, true);
    });
  }
});
