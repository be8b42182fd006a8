import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { deviceCatalogue } from '../../../src/runtime';
import {
  checkSite,
  type Finding,
  type PlanRow,
  type Site,
  staticPlan,
  terminalDraw_A,
} from '../../../src/site';
import { BESS, type Block, CURVE, PV, siteBlock, siteOf, station } from './fixtures';

const importRow = (site: Site, node: string, phase: string): PlanRow => {
  const row = staticPlan(site).find(
    (r) => r.node === node && r.phase === phase && r.direction === 'import',
  );
  assert(row !== undefined);
  return row;
};
const codes = (block: Block): readonly string[] =>
  checkSite(siteOf(block), deviceCatalogue)
    .findings.filter((f) => f.severity === 'error' || f.severity === 'risk')
    .map((f) => f.code);

const PHASE_WORDS = ['L1L2L3', 'L2L3L1', 'L3L1L2', 'L1', 'L2', 'L3'] as const;
const arbStation = fc.record({
  phases: fc.constantFrom(...PHASE_WORDS),
  max_A: fc.integer({ min: 16, max: 63 }),
  static_A: fc.integer({ min: 0, max: 16 }),
  value_A: fc.integer({ min: 0, max: 16 }),
  via: fc.constantFrom('limit_input', 'pause_input', 'contactor', 'none'),
  lined: fc.boolean(),
  honours: fc.boolean(),
  pre_boot_A: fc.option(fc.integer({ min: 0, max: 63 }), { nil: undefined }),
  cap_A: fc.option(fc.integer({ min: 6, max: 63 }), { nil: undefined }),
  node: fc.constantFrom('grid', 'row'),
});
type Drawn = typeof arbStation extends fc.Arbitrary<infer T> ? T : never;

const blockOf = (s: Drawn, i: number): Block =>
  station(`s${i}`, {
    node: s.node,
    phases: s.phases,
    max_A: s.max_A,
    static_A: s.static_A,
    line: s.lined ? 'line-1' : undefined,
    cut: { via: s.via, value_A: s.value_A },
    lease: { honours_duration: s.honours, storage: 'ram', storage_source: 'x' },
    pre_boot_A: s.pre_boot_A,
    installer_cap_A: s.cap_A,
  });

/** Each current that one station may settle at when nobody controls it; written out by hand. */
function terminalStates_A(s: Drawn): readonly number[] {
  const cap = s.cap_A ?? s.max_A;
  // The floor profile is active; a silent station's lease runs out, or never does.
  const states = [s.static_A, s.honours ? s.static_A : Math.min(cap, s.max_A)];
  const cut = s.lined && s.via !== 'none';
  // Rebooted without a clock: pre-boot current, unless the dead gateway's line holds it down.
  if (!cut) states.push(Math.min(cap, s.pre_boot_A ?? s.max_A));
  else states.push(s.value_A);
  return states;
}

describe('static plan: import', () => {
  it('adds up stations, base load and BESS per node and phase, with the voltage margins', () => {
    const site = siteOf(siteBlock({ bess: [{ ...BESS, expiry_min_W: -6210, auxiliary_W: 621 }] }));
    const row = importRow(site, 'grid', 'L2');
    assert.equal(row.load, 16 + 40 + 6831 / (3 * 207));
    assert.equal(importRow(site, 'row', 'L2').load, 16);
    const VA = staticPlan(site).find((r) => r.unit === 'VA');
    assert(VA !== undefined);
    assert(Math.abs(VA.load - 3 * row.load * 253) < 1e-6);
  });

  it('refuses a plan above a limit with node, phase, numbers and a fix', () => {
    const block = siteBlock({
      circuits: [{ id: 'row', parent: 'grid', import_A: 15, curve: { rating_A: 16 } }],
    });
    const report = checkSite(siteOf(block), deviceCatalogue);
    assert.equal(report.fits, false);
    const [found, ...more] = report.findings.filter((f) => f.code === 'static-plan-import');
    assert.equal(more.length, 2);
    assert(found?.subject === 'row' && found.path === 'circuits[0]');
    assert.match(found.text, /import on L1: 16 A > limit 15 A \(stations 16 A \+ base 0 A/);
    assert.match(found.fix, /lower static_A of the 2 stations below by 0\.5 A each/);
  });

  it('its fix is enough: what is to be lowered is rounded up, and named where stations cannot', () => {
    const row = (import_A: number, change: Block = {}): Finding => {
      const stations = ['one', 'two', 'three'].map((id) => station(id));
      const circuits = [
        { id: 'row', parent: 'grid', import_A, curve: { rating_A: 160 }, ...change },
      ];
      const report = checkSite(siteOf(siteBlock({ circuits, stations })), deviceCatalogue);
      const found = report.findings.find((f) => f.code === 'static-plan-import');
      assert(found?.subject === 'row');
      return found;
    };
    // 24 A - 23.87 A = 0.13 A, a third of it is 0.043 A.
    assert.match(row(23.87).fix, /below by 0\.1 A each/);
    assert.match(row(23.96).text, /24\.000 A > limit 23\.960 A/);
    assert.match(row(20, { base_load_max_A: 30 }).fix, /^lower the declared base load by 34 A per/);
  });

  it('counts single-phase stations on their own phase only', () => {
    const one = station('one', { phases: 'L3' });
    const site = siteOf(siteBlock({ stations: [one] }));
    assert.deepEqual(
      ['L1', 'L2', 'L3'].map((p) => importRow(site, 'row', p).load),
      [0, 0, 8],
    );
  });

  it('holds under the lowest binding grid-operator limit, at high voltage', () => {
    const block = siteBlock();
    const connection = { ...(block['connection_point'] as Block), operator_fail_safe_W: 40_000 };
    const row = staticPlan(siteOf({ ...block, connection_point: connection })).find(
      (r) => r.unit === 'W' && r.direction === 'import',
    );
    assert(row !== undefined);
    assert(Math.abs(row.load - 3 * 56 * 253) < 1e-6);
    assert(codes({ ...block, connection_point: connection }).includes('static-plan-import'));
  });

  it('takes a station without line at its worst and says how to mend that', () => {
    const loose = station('one', { line: undefined });
    const site = siteOf(siteBlock({ stations: [loose] }));
    assert.equal(importRow(site, 'grid', 'L1').load, 72);
    const capped = siteOf(siteBlock({ stations: [{ ...loose, installer_cap_A: 10 }] }));
    assert.equal(importRow(capped, 'grid', 'L1').load, 50);
    const six = Array.from({ length: 6 }, (_, i) => station(`s${i}`, { line: undefined }));
    const [found] = checkSite(
      siteOf(siteBlock({ stations: six })),
      deviceCatalogue,
    ).findings.filter((f) => f.code === 'static-plan-import');
    assert.match(found?.fix ?? '', /s0, s1, s2, s3 count above static_A/);
  });

  it('never lowers a load when a station is added', () => {
    fc.assert(
      fc.property(fc.array(arbStation, { maxLength: 5 }), arbStation, (some, extra) => {
        const made = (all: readonly Drawn[]) =>
          staticPlan(siteOf(siteBlock({ stations: all.map(blockOf) })));
        const before = made(some);
        const after = made([...some, extra]);
        before.forEach((row, i) => assert((after[i]?.load ?? -1) >= row.load - 1e-9));
      }),
      { seed: 11, numRuns: 150 },
    );
  });

  it('covers every terminal state of every station by brute force', () => {
    fc.assert(
      fc.property(fc.array(arbStation, { minLength: 1, maxLength: 4 }), (some) => {
        const site = siteOf(siteBlock({ stations: some.map(blockOf) }));
        const plan = staticPlan(site);
        const row = (node: string, phase: string): number =>
          plan.find((r) => r.node === node && r.phase === phase)?.load ?? 0;
        let states: number[][] = [[]];
        for (const s of some) {
          states = states.flatMap((head) => terminalStates_A(s).map((a) => [...head, a]));
        }
        for (const state of states) {
          for (const phase of ['L1', 'L2', 'L3']) {
            for (const node of ['grid', 'row']) {
              const sum = some.reduce((total, s, i) => {
                const through = node === 'grid' || s.node === 'row';
                return total + (through && s.phases.includes(phase) ? (state[i] ?? 0) : 0);
              }, 0);
              assert(sum + (node === 'grid' ? 40 : 0) <= row(node, phase) + 1e-9);
            }
          }
        }
      }),
      { seed: 12, numRuns: 150 },
    );
  });

  it('holds each station at least at static_A, whatever its cap says', () => {
    fc.assert(
      fc.property(arbStation, (s) => {
        const [made] = siteOf(siteBlock({ stations: [blockOf(s, 0)] })).stations;
        assert(made !== undefined);
        for (const a of terminalStates_A(s)) assert(terminalDraw_A(made) >= a);
      }),
      { seed: 13, numRuns: 200 },
    );
  });
});

describe('static plan: export', () => {
  it('takes PV and BESS at their worst expiry, less the smallest base load', () => {
    const block = siteBlock({ pv: [PV], bess: [{ ...BESS, expiry_max_W: 30_000 }] });
    const row = staticPlan(siteOf(block)).find((r) => r.direction === 'export' && r.unit === 'W');
    assert.equal(row?.load, 70_000);
    const found = checkSite(siteOf(block), deviceCatalogue).findings.filter(
      (f) => f.code === 'static-plan-export',
    );
    assert.match(found[0]?.text ?? '', /70000 W > limit 60000 W/);
    assert.match(found[0]?.fix ?? '', /by 10000 W in all/);
  });

  it('carries what sources below a circuit push back through it', () => {
    const row = { id: 'row', parent: 'grid', import_A: 63, curve: { ...CURVE, rating_A: 63 } };
    const big = siteBlock({ circuits: [row], pv: [{ ...PV, node: 'row' }] });
    assert(codes(big).includes('static-plan-export'));
    const small = siteBlock({ circuits: [row], pv: [{ ...PV, node: 'row', expiry_W: 39_000 }] });
    assert(!codes(small).includes('static-plan-export'));
  });

  it('never falls when a source may give more after its lease', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 0, max: 9000 }),
        (w, more) => {
          const load = (expiry_W: number): number =>
            staticPlan(siteOf(siteBlock({ pv: [{ ...PV, rated_W: 50_000, expiry_W }] }))).find(
              (r) => r.direction === 'export',
            )?.load ?? -1;
          assert(load(w + more) >= load(w));
        },
      ),
      { seed: 14, numRuns: 60 },
    );
  });
});

describe('static plan: bounds beside the phase limits', () => {
  const connection = (change: Record<string, unknown>): Site => {
    const block = siteBlock();
    const point = block['connection_point'];
    assert(typeof point === 'object' && point !== null);
    return siteOf({ ...block, connection_point: { ...point, ...change } });
  };
  const found = (site: Site): readonly string[] =>
    checkSite(site, deviceCatalogue)
      .findings.filter((f) => f.code === 'static-plan-import')
      .map((f) => f.text);

  it('hold the averaged contract, at the highest voltage', () => {
    assert.deepEqual(found(connection({ contract_10min_W: 80_000 })), []);
    assert.match(found(connection({ contract_10min_W: 20_000 }))[0] ?? '', /averaged contract/);
  });

  it('hold the difference between phases for vehicles on one or two phases', () => {
    const loaded = staticPlan(connection({ unbalance_A: 100 })).find((r) =>
      r.parts.startsWith('difference'),
    );
    const sum = connection({}).stations.reduce((a, s) => a + terminalDraw_A(s), 0);
    assert.equal(loaded?.load, sum);
    assert.match(found(connection({ unbalance_A: sum - 1 }))[0] ?? '', /difference of phases/);
    assert.deepEqual(found(connection({ neutral_A: sum })), []);
  });

  it('hold the rating of the busbar', () => {
    assert.match(found(connection({ busbar_A: 20 }))[0] ?? '', /gross flow of the busbar/);
    assert.deepEqual(found(connection({ busbar_A: 125 })), []);
  });

  it('ask for a fail-safe limit beside a signal of the grid operator', () => {
    const operator = { inputs: [{ input: 'relay-1', limit_W: 4200 }] };
    assert.throws(() => connection({ operator }), /fail-safe/);
    const both = connection({ operator, operator_fail_safe_W: 80_000 });
    assert.equal(both.connection.operator?.fail_safe_duration_s, 7200);
    const below = checkSite(both, deviceCatalogue).findings.find(
      (f) => f.code === 'operator-below-static',
    );
    assert.match(below?.text ?? '', /4200 W is below the static plan/);
  });
});
