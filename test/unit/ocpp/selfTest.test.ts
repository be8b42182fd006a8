import assert from 'node:assert/strict';
import { AbilityBook, stricter } from '../../../src/ocpp';
import type { FoundAbilities, OcppProtocol, SelfTestReport } from '../../../src/ocpp';
import type { SimStationConfig } from '../../../src/sim/stations';
import { amps, watts } from '../../../src/units';
import { CAR } from '../sim-stations/site';
import { RelaySite, SIM_CONFIG } from '../sim-stations/relaySite';

interface Course {
  readonly report: SelfTestReport;
  readonly site: RelaySite;
  readonly book: AbilityBook;
  readonly kept: string;
  readonly highest_A: number;
}

/** Runs a whole self-test with Reset as power cycle, and watches the true current all the while. */
function course(
  sim: Partial<SimStationConfig>,
  car = true,
  declared: Partial<typeof SIM_CONFIG.abilities> = {},
): Course {
  let kept = '';
  const book = new AbilityBook(undefined, (text) => (kept = text));
  const site = new RelaySite({
    sim: { delay_ms: 500, ...sim },
    station: { abilities: { ...SIM_CONFIG.abilities, ...declared } },
    fleet: { abilities: book },
  });
  if (car) site.station.plug({ ...CAR, reaction_ms: 1_500 }, site.time.now());
  site.time.run(60_000);
  assert.equal(site.fleet.startSelfTest('CP1', { reset: true }, site.time.now()), undefined);
  site.lease_A = 32;
  let highest_A = 0;
  for (let i = 0; i < 1_200 && site.fleet.selfTest()?.phase === 'running'; i += 1) {
    site.time.run(1_000);
    highest_A = Math.max(highest_A, site.current);
  }
  const report = site.fleet.selfTest();
  assert.ok(report !== undefined);
  return { report, site, book, kept, highest_A };
}

const found = (report: SelfTestReport): FoundAbilities => {
  assert.equal(report.phase, 'done', report.text);
  assert.ok(report.found !== undefined);
  return report.found;
};

describe('self-test of a station', () => {
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const satisfies readonly OcppProtocol[]) {
    it(`${protocol}: an honest one passes everything, and is never above its static limit`, () => {
      const { report, highest_A, site } = course({ protocol });
      const { preBootPower_W, ...rest } = found(report);
      assert.deepEqual(rest, {
        unit: 'A',
        maxStackLevel: 1,
        zeroAllowed: true,
        honoursDuration: true,
        minRenew_s: 1,
        powerCycled: true,
      });
      assert.ok(preBootPower_W !== undefined && preBootPower_W <= 8.2 * 690, `${preBootPower_W} W`);
      assert.ok(highest_A <= 8, `${highest_A} A`);
      site.time.run(40_000);
      assert.ok(site.current > 20, 'it is raised again after the test');
    });
  }

  it('finds a model that ignores the duration, by meter and by schedule; it is never raised', () => {
    for (const car of [true, false]) {
      const { report, site } = course({ flaws: { ignoresDuration: true } }, car);
      assert.equal(found(report).honoursDuration, false);
      if (!car) site.station.plug(CAR, site.time.now());
      site.time.run(60_000);
      assert.ok(site.current <= 8, `${site.current} A`);
      const [row] = site.fleet.abilities();
      assert.equal(row?.declared.honoursDuration, true);
      assert.equal(row.used.honoursDuration, false);
    }
  });

  it('finds a model that refuses 0 A', () => {
    const { report } = course({ flaws: { refusesZero: true } });
    assert.equal(found(report).zeroAllowed, false);
    assert.equal(found(report).honoursDuration, true);
  });

  it('finds a model that takes W only', () => {
    const { report } = course({ unit: 'W' });
    assert.equal(found(report).unit, 'W');
  });

  it('finds a model with a single stack level, and still proves that limits end', () => {
    const { report } = course({ maxStackLevel: 0 });
    assert.equal(found(report).maxStackLevel, 0);
    assert.equal(found(report).honoursDuration, true);
  });

  it('finds the shortest interval between writes', () => {
    const { report } = course({ flaws: { minRenew_s: 4 } });
    assert.equal(found(report).minRenew_s, 5);
  });

  it('finds a model that accepts limits and does not apply them', () => {
    const { report } = course({ behaviour: 'sloppy', flaws: { ignoresDuration: true } });
    assert.equal(found(report).honoursDuration, false);
  });

  it('proves nothing about a model without schedule and without a vehicle, and says so', () => {
    const { report } = course({ behaviour: 'sloppy' }, false);
    assert.equal(found(report).honoursDuration, undefined);
    assert.ok(report.findings.some((text) => text.includes('plug in a vehicle')));
  });

  it('measures what a model without a clock draws between restart and floor', () => {
    const { report } = course({ behaviour: 'pre-boot-gap', delay_ms: 200 });
    const power_W = found(report).preBootPower_W;
    assert.ok(power_W !== undefined, 'metered');
  });

  it('ends at once when the site lowers the station, and by a person', () => {
    const site = new RelaySite({ fleet: { abilities: new AbilityBook() } });
    site.station.plug(CAR, site.time.now());
    site.time.run(20_000);
    assert.equal(site.fleet.startSelfTest('CP1', { reset: false }, site.time.now()), undefined);
    assert.match(
      site.fleet.startSelfTest('CP1', { reset: false }, site.time.now()) ?? '',
      /is running/,
    );
    site.time.run(3_000);
    site.lease_A = 6;
    site.time.run(20_000);
    assert.equal(site.fleet.selfTest()?.phase, 'aborted');
    assert.equal(site.current, 6);
    assert.match(
      site.fleet.startSelfTest('CP1', { reset: false }, site.time.now()) ?? '',
      /below its static/,
    );
    site.lease_A = 8;
    site.time.run(40_000);
    assert.equal(site.fleet.startSelfTest('CP1', { reset: false }, site.time.now()), undefined);
    site.fleet.abortSelfTest('by a person', site.time.now());
    site.time.run(10_000);
    const report = site.fleet.selfTest();
    assert.deepEqual([report?.phase, report?.text], ['aborted', 'by a person']);
    assert.equal(site.fleet.abilities()[0]?.floorVerified, true);
    assert.ok(site.codes().includes('self-test-ended'));
  });

  it('is kept by vendor, model and firmware, and comes back after a restart', () => {
    const { kept } = course({ flaws: { refusesZero: true } });
    const again = new RelaySite({ fleet: { abilities: new AbilityBook(kept) } });
    const [row] = again.fleet.abilities();
    assert.equal(row?.model, 'Holdfast / Simulated / 1.0');
    assert.equal(row.used.zeroAllowed, false);
    const other = new RelaySite({
      sim: { firmware: '2.0' },
      fleet: { abilities: new AbilityBook(kept) },
    });
    assert.equal(other.fleet.abilities()[0]?.used.zeroAllowed, true);
    assert.equal(other.fleet.abilities()[0]?.found, undefined);
  });
});

describe('abilities found', () => {
  const STRICT = {
    ...SIM_CONFIG,
    abilities: {
      ...SIM_CONFIG.abilities,
      honoursDuration: false,
      zeroAllowed: false,
      maxStackLevel: 0,
      minRenew_s: 30,
      preBootPower_W: watts(9_000),
    },
  };
  const GOOD: FoundAbilities = {
    unit: 'A',
    maxStackLevel: 1,
    honoursDuration: true,
    zeroAllowed: true,
    minRenew_s: 1,
    preBootPower_W: 100,
    powerCycled: true,
  };

  it('never loosen what the site file declares', () => {
    assert.deepEqual(stricter(STRICT, GOOD), STRICT);
    assert.deepEqual(stricter(SIM_CONFIG, GOOD).abilities.preBootPower_W, undefined);
  });

  it('tighten it in each point', () => {
    const loose = { ...STRICT, abilities: { ...SIM_CONFIG.abilities, preBootPower_W: watts(1) } };
    const bad: FoundAbilities = {
      unit: 'W',
      maxStackLevel: 0,
      honoursDuration: false,
      zeroAllowed: false,
      minRenew_s: 60,
      preBootPower_W: 7_000,
      powerCycled: true,
    };
    assert.deepEqual(stricter(loose, bad).abilities, {
      leaseStorage: 'ram',
      honoursDuration: false,
      maxStackLevel: 0,
      minRenew_s: 60,
      zeroAllowed: false,
      unit: 'W',
      preBootPower_W: watts(7_000),
    });
    assert.equal(stricter(loose, bad).floor_A, amps(8));
  });

  it('of an unusable file count as none', () => {
    for (const text of ['', '{', '[]', '{"models":{"x":5},"stations":{"CP1":7}}', 'null']) {
      const book = new AbilityBook(text);
      assert.equal(book.found('CP1'), undefined);
      assert.equal(book.modelOf('CP1'), undefined);
    }
  });
});
