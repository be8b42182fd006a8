import assert from 'node:assert/strict';
import { instant } from '../../../src/time';
import { generateSessions } from '../../../src/sim/stations';
import { CAR, current, oneStation } from './site';

describe('sim/stations', () => {
  it('boots, takes its floor and charges at it', () => {
    const site = oneStation();
    site.time.run(5_000);
    assert.equal(site.station.online, true);
    site.station.plug(CAR, site.time.now());
    site.time.run(10_000);
    assert.equal(current(site), 8);
    const [image] = site.fleet.images(site.time.now());
    assert.equal(image?.status, 'Charging');
    assert.ok(image.floorVerified && image.wantsEnergy);
  });

  it('follows a lease up and reports it by its meter', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.lease_A = 20;
    site.time.run(30_000);
    assert.equal(current(site), 20);
    const [image] = site.fleet.images(site.time.now());
    assert.equal(image?.power_W, 13_800);
    assert.equal(image.lease?.limit_A, 20);
  });

  for (let seed = 1; seed <= 20; seed += 1) {
    it(`falls to its floor by itself when the controller dies (seed ${seed})`, () => {
      const site = oneStation({}, seed);
      site.time.run(5_000);
      site.station.plug(CAR, site.time.now());
      site.lease_A = 24;
      site.time.run(35_000 + seed * 777);
      const [image] = site.fleet.images(site.time.now());
      const renewed = image?.lease?.ends_at;
      assert.ok(renewed !== undefined);
      site.kill();
      const last_at = renewed - 30_000;
      site.time.run(last_at + 32_000 - site.time.now());
      assert.equal(site.station.ownLimit_A(site.time.now()), 8);
      site.time.run(5_000);
      assert.equal(current(site), 8);
    });
  }

  it('pauses below 6 A and resumes', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.lease_A = 5;
    site.time.run(30_000);
    assert.equal(current(site), 0);
    assert.equal(site.fleet.images(site.time.now())[0]?.status, 'SuspendedEVSE');
    site.lease_A = 10;
    site.time.run(20_000);
    assert.equal(current(site), 10);
  });

  it('obeys its cut input within the reaction time, even when it lies', () => {
    const site = oneStation({ cut: { value_A: 6, reaction_ms: 500 } });
    site.time.run(5_000);
    site.station.plug({ ...CAR, reaction_ms: 1_000 }, site.time.now());
    site.station.setBehaviour('lying', site.time.now());
    site.time.run(20_000);
    assert.equal(current(site), 32);
    site.station.setLine('open', site.time.now());
    site.time.run(1_499);
    assert.equal(current(site), 32);
    site.time.run(2);
    assert.equal(current(site), 6);
    site.station.setLine('fed', site.time.now());
    site.time.run(10_000);
    assert.equal(current(site), 32);
  });

  it('is dark at once behind a contactor', () => {
    const site = oneStation({ cut: { value_A: 0, reaction_ms: 300, contactor: true } });
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.time.run(10_000);
    site.station.setLine('open', site.time.now());
    site.time.run(301);
    assert.equal(current(site), 0);
  });

  it('lying: reports what it was told and draws what it likes', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.station.setBehaviour('lying', site.time.now());
    site.time.run(30_000);
    assert.equal(current(site), 32);
    assert.equal(site.fleet.images(site.time.now())[0]?.power_W, 8 * 3 * 230);
    site.station.setBehaviour(undefined, site.time.now());
    site.time.run(10_000);
    assert.equal(current(site), 8);
  });

  it('pre-boot gap: draws its nominal current until it knows the time', () => {
    const site = oneStation({ realTimeClock: false });
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.time.run(20_000);
    assert.equal(current(site), 8);
    site.lease_A = undefined;
    site.kill();
    site.station.reboot(site.time.now());
    site.time.run(1_900);
    assert.equal(current(site), 0, 'dark while it starts');
    const reached = new Set<number>();
    for (let i = 0; i < 60; i += 1) {
      site.time.run(100);
      reached.add(current(site));
    }
    assert.ok(reached.has(32), 'the gap');
    site.time.run(30_000);
    assert.equal(current(site), 8, 'the boot answer closed it');
  });

  it('pre-boot gap: holds itself to its floor at once after the boot answer', () => {
    const site = oneStation({ realTimeClock: false });
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.time.run(20_000);
    site.station.reboot(site.time.now());
    while (!site.station.online) site.time.run(100);
    assert.equal(site.station.ownLimit_A(site.time.now()), 8);
  });

  it('a station with a real-time clock has no such gap', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.station.plug(CAR, site.time.now());
    site.time.run(20_000);
    site.station.reboot(site.time.now());
    for (let i = 0; i < 200; i += 1) {
      site.time.run(100);
      assert.ok(current(site) <= 8);
    }
    assert.equal(current(site), 8);
  });

  it('uses the phases of the vehicle as wired', () => {
    const site = oneStation({ rotation: 1 });
    site.time.run(5_000);
    site.station.plug({ ...CAR, phases: 1, rotation: 1 }, site.time.now());
    site.time.run(10_000);
    assert.deepEqual([...site.station.trueCurrent_A(site.time.now())], [0, 0, 8]);
  });

  it('stops when the vehicle has what it needs, and says so', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.station.plug({ ...CAR, need_Wh: 500 }, site.time.now());
    site.time.run(20 * 60_000);
    assert.equal(current(site), 0);
    assert.ok(Math.abs(site.station.energy_Wh(site.time.now()) - 500) < 1);
    assert.equal(site.fleet.images(site.time.now())[0]?.status, 'SuspendedEV');
  });

  it('tapers at the end of its need', () => {
    const site = oneStation({ kind: 'dc', max_A: 100 });
    site.time.run(5_000);
    site.lease_A = 32;
    site.station.plug({ ...CAR, max_A: 32, need_Wh: 4_000, taperFrom: 0.5 }, site.time.now());
    let last = 32;
    site.time.run(6 * 60_000);
    for (let i = 0; i < 40; i += 1) {
      site.time.run(30_000);
      assert.ok(current(site) <= last);
      last = current(site);
    }
    assert.equal(last, 0);
  });

  it('draws the same however often it is asked', () => {
    const energies = [100, 7_000].map((step_ms) => {
      const site = oneStation();
      site.time.run(5_000);
      site.station.plug({ ...CAR, taperFrom: 0.1, need_Wh: 9_000 }, site.time.now());
      site.lease_A = 16;
      for (let at = 0; at < 700_000; at += step_ms) {
        site.time.run(step_ms);
        current(site);
      }
      return site.station.energy_Wh(site.time.now());
    });
    assert.ok(Math.abs((energies[0] ?? 0) - (energies[1] ?? 1)) < 1e-6, String(energies));
  });

  it('sends transaction data of an offline session later, in order', () => {
    const site = oneStation();
    site.time.run(5_000);
    site.lease_A = undefined;
    site.time.run(40_000);
    assert.equal(site.station.online, false, 'the controller closed the silent sockets');
    site.station.plug(CAR, site.time.now());
    site.time.run(10_000);
    site.station.unplug(site.time.now());
    const before = site.heard.length;
    site.lease_A = 8;
    site.time.run(30_000);
    assert.equal(site.station.online, true);
    const billing = site.heard.slice(before).filter((action) => action.endsWith('Transaction'));
    assert.deepEqual(billing, ['StartTransaction', 'StopTransaction']);
  });

  it('plans vehicles by seed alone', () => {
    const stations = [{ id: 'A', kind: 'ac', phases: 3, max_A: 32 }] as const;
    const plan = (seed: number): string =>
      JSON.stringify(generateSessions(stations, { seed, from: instant(0), to: instant(1e8) }));
    assert.equal(plan(1), plan(1));
    assert.notEqual(plan(1), plan(2));
  });
});
