import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../firmware/loadSite';
import { createPduCodec } from '../../src/io/modbusSerial';
import type { StationImage } from '../../src/model';
import { deviceCatalogue, siteProfiles } from '../../src/runtime';
import { runVirtual, type VirtualRun } from '../../src/sim/composition';
import { checkSite, type Site } from '../../src/site';
import { type Instant, later } from '../../src/time';
import { amps, watts } from '../../src/units';
import { crowded } from '../faults/site/sites';

const SITE = path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml');
const AT_s = 300;

function demo(): Site {
  const { site } = loadSite(SITE);
  assert(site !== undefined);
  // No cooling is declared: the judge lets the breaker forget nothing, whatever is tried again.
  return crowded(site);
}

type Tells = (images: readonly StationImage[], now: Instant) => readonly StationImage[];
/** What a `stations` process in other hands tells `site`, while every station draws what it likes. */
const LIES: Readonly<Record<string, Tells>> = {
  'nothing at all: the site goes to static': () => [],
  'now and then something': (images, now) => (Math.floor(now / 1000) % 9 < 4 ? [] : images),
  'more than the meter can show: the site goes blind': (images, now) =>
    images.map((i) => ({
      ...i,
      current_A: [amps(60), amps(60), amps(60)],
      power_W: watts(41_400),
      metered_at: now,
    })),
};

function takeOver(run: VirtualRun, tells: Tells): void {
  const now = run.time.now();
  run.rig.sim.judge.setLying(true, now);
  for (const s of run.rig.sim.stations.stations) s.setBehaviour('lying', now);
  const { fleet } = run.rig;
  const images = fleet.images.bind(fleet);
  Object.assign(fleet, { images: (at: Instant) => tells(images(at), at) });
}

describe('a hostile stations process (INV-10)', () => {
  it('is tried on a site that `check` takes for safe against it, and only just', () => {
    const risks = (site: Site): number =>
      checkSite(site, deviceCatalogue).findings.filter((f) => f.code === 'inv-10').length;
    const site = demo();
    assert.equal(risks(site), 0);
    const weaker = site.nodes.map((n) =>
      n.parent === undefined ? { ...n, curve: { ...n.curve, rating_A: 150 } } : n,
    );
    assert.equal(risks({ ...site, nodes: weaker }), 1);
  });

  for (const [title, tells] of Object.entries(LIES)) {
    it(`tells ${title}; the line drops and the breaker holds for an hour`, function () {
      this.timeout(30_000);
      const site = demo();
      const parsed = siteProfiles(site);
      assert.ok(parsed.ok);
      let dropped = false;
      const { report } = runVirtual({
        site,
        profiles: parsed.profiles,
        catalogue: deviceCatalogue,
        codec: createPduCodec(),
        seed: 3,
        duration_s: AT_s + 3600,
        prepare: (run) => {
          const begin = later(run.time.now(), AT_s * 1000);
          const look = (): void => {
            if (!run.rig.line.energised(run.time.now())) dropped = true;
            run.time.at(later(run.time.now(), 1000), look);
          };
          run.time.at(begin, () => {
            takeOver(run, tells);
            look();
          });
        },
      });
      assert.equal(dropped, true);
      assert.equal(report.limit_violations, 0);
      assert.ok(report.trip_integral_max < 0.8, `D ${report.trip_integral_max}`);
    });
  }
});
