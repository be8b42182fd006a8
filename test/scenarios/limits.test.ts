/** Limits beside the rated ones, in the virtual composition: true power, seeded delays. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createPduCodec } from '../../src/io/modbusSerial';
import { parseYaml } from '../../src/io/yaml';
import { type Contact, deviceCatalogue, type SiteSnapshot } from '../../src/runtime';
import { siteProfiles } from '../../src/runtime';
import { runVirtual, type VirtualRun } from '../../src/sim/composition';
import { decodeSite, type Site } from '../../src/site';
import { later } from '../../src/time';

const DEMO = path.join(__dirname, '..', '..', 'firmware', 'sites', 'demo.yaml');
const WINDOW_s = 600;

/** The demo site with other keys at its connection point. */
function demo(change: Record<string, unknown>): Site {
  const parsed = parseYaml(readFileSync(DEMO, 'utf8'));
  assert(parsed.ok);
  const file = JSON.parse(JSON.stringify(parsed.value)) as {
    connection_point: Record<string, unknown>;
  };
  Object.assign(file.connection_point, change);
  const decoded = decodeSite(JSON.parse(JSON.stringify(file)) as Parameters<typeof decodeSite>[0]);
  assert(decoded.ok, JSON.stringify(decoded.findings));
  return decoded.site;
}

function run(
  site: Site,
  duration_s: number,
  more: {
    readonly contact?: (name: string, at_s: number) => Contact;
    readonly prepare?: (virtual: VirtualRun) => void;
    readonly onSecond?: (virtual: VirtualRun, at_s: number, snapshot: SiteSnapshot) => void;
  },
) {
  const profiles = siteProfiles(site);
  assert(profiles.ok);
  const holder: { virtual?: VirtualRun; began?: number } = {};
  const at_s = (): number => {
    const { virtual, began } = holder;
    return virtual === undefined || began === undefined ? 0 : (virtual.time.now() - began) / 1000;
  };
  return runVirtual({
    site,
    profiles: profiles.profiles,
    catalogue: deviceCatalogue,
    codec: createPduCodec(),
    seed: 3,
    duration_s,
    inputs: { contact: (name) => more.contact?.(name, at_s()) ?? 'unknown' },
    prepare: (virtual) => {
      Object.assign(holder, { virtual, began: virtual.time.now() });
      more.prepare?.(virtual);
    },
    onSnapshot: (snapshot) => {
      if (holder.virtual !== undefined) more.onSecond?.(holder.virtual, at_s(), snapshot);
    },
  });
}

const import_W = (virtual: VirtualRun): number => {
  const [grid] = virtual.rig.sim.truth().nodes;
  return grid === undefined ? NaN : grid.power_W[0] + grid.power_W[1] + grid.power_W[2];
};

describe('limits beside the rated ones', function () {
  this.timeout(60_000);

  it('ride_through: reserve keeps the envelope free: no sample over, whatever inverter trips', () => {
    const trip = (virtual: VirtualRun): void => {
      virtual.time.at(later(virtual.time.now(), 900_000), () => {
        for (const b of virtual.rig.sim.bess.values()) b.tripped = true;
        for (const p of virtual.rig.sim.pv.values()) p.tripped = true;
      });
    };
    const excess_ms = (ride_through: string): number =>
      run(demo({ ride_through }), 1000, { prepare: trip }).report.longest_excess_ms;
    assert.equal(excess_ms('reserve'), 0);
    assert(excess_ms('react') > 0, 'the same trip shows where nothing is kept free');
  });

  it('the grid operator’s contact lowers true import within the reaction time, and lifts it', () => {
    const operator = { inputs: [{ input: 'relay', limit_W: 45_000 }] };
    const site = demo({ operator, operator_fail_safe_W: 45_000 });
    let worst_W = 0;
    let before_W = 0;
    let after_W = 0;
    const reasons = new Set<string>();
    run(site, 1500, {
      contact: (_, at_s) => (at_s >= 600 && at_s < 900 ? 'closed' : 'open'),
      onSecond: (virtual, at_s, snapshot) => {
        const now_W = import_W(virtual);
        if (at_s > 500 && at_s < 600) before_W = Math.max(before_W, now_W);
        if (at_s > 612 && at_s < 900) {
          worst_W = Math.max(worst_W, now_W);
          for (const s of snapshot.stations) for (const r of s.reasons) reasons.add(r.source);
        }
        if (at_s > 1200) after_W = Math.max(after_W, now_W);
      },
    });
    assert(before_W > 50_000, `${before_W} W before`);
    assert(worst_W <= 45_000, `${worst_W} W while the contact is closed`);
    assert(after_W > 50_000, `${after_W} W after`);
    assert(reasons.has('grid-operator'), [...reasons].join());
  });

  it('a contact that cannot be read holds the fail-safe limit', () => {
    const operator = { inputs: [{ input: 'relay', limit_W: 45_000 }] };
    const site = demo({ operator, operator_fail_safe_W: 40_000 });
    let worst_W = 0;
    run(site, 900, {
      onSecond: (virtual, at_s) => {
        if (at_s > 60) worst_W = Math.max(worst_W, import_W(virtual));
      },
    });
    assert(worst_W > 25_000 && worst_W <= 40_000, `${worst_W} W`);
  });

  it('the averaged contract holds in every window of ten minutes, at full demand', () => {
    const contract_W = 55_000;
    const windows = new Map<number, { sum: number; count: number; peak: number }>();
    const { report } = run(demo({ contract_10min_W: contract_W }), 6 * WINDOW_s, {
      onSecond: (virtual) => {
        const key = Math.floor(virtual.time.wall_ms() / (WINDOW_s * 1000));
        const w = windows.get(key) ?? { sum: 0, count: 0, peak: 0 };
        const now_W = Math.max(0, import_W(virtual));
        const peak = Math.max(w.peak, now_W);
        windows.set(key, { sum: w.sum + now_W, count: w.count + 1, peak });
      },
    });
    const whole = [...windows.values()].filter((w) => w.count >= WINDOW_s - 2);
    assert(whole.length >= 4, `${whole.length} windows`);
    const means = whole.map((w) => w.sum / w.count);
    assert.equal(report.limit_violations, 0);
    assert(Math.max(...means) <= contract_W, `means ${means.map(Math.round).join()} W`);
    assert(Math.max(...means) > 0.85 * contract_W, 'the contract is used');
    assert(Math.max(...whole.map((w) => w.peak)) > contract_W, 'it is a mean, not a power');
  });
});
