import { strict as assert } from 'node:assert';
import { deviceCatalogue } from '../../../src/runtime';
import {
  busBudget,
  checkSite,
  declaredReaction,
  type Finding,
  raisable,
  stationTtl_ms,
  supportAllowed,
} from '../../../src/site';
import { BESS, type Block, METER, PV, siteBlock, siteOf, station, withKeys } from './fixtures';

const found = (block: Block, code: string): readonly Finding[] =>
  checkSite(siteOf(block), deviceCatalogue).findings.filter((f) => f.code === code);
const severities = (block: Block, code: string): readonly string[] =>
  found(block, code).map((f) => f.severity);

describe('check: bus budget', () => {
  it('is the wire arithmetic of one meter poll at 11 bits a character', () => {
    const site = siteOf(siteBlock());
    const [budget] = busBudget(site, deviceCatalogue);
    const blocks = deviceCatalogue('eastron-sdm630')?.blocks ?? [];
    const character = 11_000 / 19_200;
    const once = blocks.reduce((ms, n) => ms + (8 + 5 + 2 * n) * character + 7 * character + 10, 0);
    assert(budget !== undefined);
    assert(Math.abs(budget.load_ms_per_s - (once * 1000) / 500) < 1e-9);
    assert.equal(budget.dead, 1);
  });

  it('grows with k dead devices by a probe and its time-out each', () => {
    const worst = (dead_devices_max: number): number =>
      busBudget(
        siteOf(
          siteBlock({
            buses: [{ id: 'rs485', kind: 'rtu', port: 'x', turnaround_ms: 10, dead_devices_max }],
          }),
        ),
        deviceCatalogue,
      )[0]?.worstCycle_ms ?? 0;
    const step = worst(1) - worst(0);
    assert(step > 100);
    assert(Math.abs(worst(5) - worst(0) - 5 * step) < 1e-9);
  });

  it('refuses a bus that cannot carry its polls', () => {
    const slow = siteBlock({
      buses: [{ id: 'rs485', kind: 'rtu', port: 'x', baud: 9600 }],
      meters: [
        METER,
        ...[11, 12, 13].map((unit) => ({ ...METER, id: `m${unit}`, unit, role: 'sub' })),
      ],
    });
    const [f] = found(slow, 'bus-budget');
    assert(f?.severity === 'error' && f.path === 'buses[0]');
    assert.match(f.text, /take \d+ ms of each second, above 700 ms/);
  });

  it('refuses unknown profiles and profiles of another nature', () => {
    assert.deepEqual(
      severities(siteBlock({ pv: [{ ...PV, profile: 'acme-1' }] }), 'unknown-profile'),
      ['error'],
    );
    const wrong = siteBlock({ bess: [{ ...BESS, profile: 'sunspec-pv-123' }] });
    assert.match(found(wrong, 'wrong-nature')[0]?.text ?? '', /is a pv, not a bess/);
  });
});

describe('check: evidence for the supervisor', () => {
  it('refuses a grid meter whose phases come in several frames; as a sub-meter it may stay', () => {
    const split = { ...METER, profile: 'schneider-iem3155' };
    assert.deepEqual(severities(siteBlock({ meters: [split] }), 'grid-meter-split'), ['error']);
    const sub = { ...split, id: 'sub', unit: 11, role: 'sub' };
    assert.deepEqual(severities(siteBlock({ meters: [METER, sub] }), 'grid-meter-split'), []);
  });
});

describe('check: reaction times', () => {
  it('adds meter lag, poll budget, cycle, compute and actuator', () => {
    const site = siteOf(siteBlock());
    const reaction = declaredReaction(site, 'grid', deviceCatalogue);
    const budget = busBudget(site, deviceCatalogue)[0]?.worstCycle_ms ?? 0;
    assert.equal(reaction.reaction_ms, 1000 + Math.max(500, budget) + 1000 + 200 + 7000);
    assert.equal(reaction.bound_ms, 10_000);
  });

  it('is bounded by the slowest kind of load below the node', () => {
    const site = siteOf(
      siteBlock({
        stations: [station('ac', { node: 'grid' }), station('dc', { kind: 'dc', min_W: 0 })],
      }),
    );
    assert.equal(declaredReaction(site, 'grid', deviceCatalogue).bound_ms, 10_000);
    assert.equal(declaredReaction(site, 'row', deviceCatalogue).bound_ms, 7000);
  });

  it('refuses a node that reacts later than INV-1 allows and names the parts', () => {
    const late = siteBlock({ meters: [{ ...METER, lag_s: 3 }] });
    const [f] = found(late, 'reaction-time').filter((x) => x.severity === 'error');
    assert.match(f?.text ?? '', /exceeds 10 s$/);
    assert.match(f?.text ?? '', /sensing 3\d\d\d ms \+ cycle 1000 ms/);
    assert.match(f?.fix ?? '', /grid meter/);
  });

  it('names the battery where only it answers, and its reaction is the cause', () => {
    const quiet = { id: 'quiet', parent: 'grid', import_A: 100, curve: { rating_A: 125 } };
    const circuits = [...(siteBlock()['circuits'] as readonly Block[]), quiet];
    const fixOf = (bess: Block, meter: Block = METER): string =>
      found(siteBlock({ circuits, bess: [bess], meters: [meter] }), 'reaction-time').find(
        (x) => x.severity === 'error' && x.subject === 'quiet',
      )?.fix ?? '';
    assert.match(fixOf({ ...BESS, reaction_s: 8 }), /reaction_s 8 of BESS bess.*at most \d\.\d s/);
    assert.match(fixOf({ ...BESS, reaction_s: 1 }, { ...METER, lag_s: 3 }), /grid meter/);
  });
});

describe('check: the adapter of a bus', () => {
  it('a USB adapter as sold adds its 16 ms to every transaction of the budget', () => {
    const at = (latency_ms: number): number => {
      const buses = [{ id: 'rs485', kind: 'rtu', port: 'x', turnaround_ms: 10, latency_ms }];
      return busBudget(siteOf(siteBlock({ buses })), deviceCatalogue)[0]?.load_ms_per_s ?? 0;
    };
    const polls = (at(16) - at(0)) / 16;
    assert(polls >= 2 && Number.isInteger(polls), `${polls} transactions a second`);
  });
});

describe('check: lease order and flash budget', () => {
  it('allows support only where station leases fit into what is left of the discharge lease', () => {
    const fits = siteOf(siteBlock({ bess: [BESS] }));
    assert.equal(supportAllowed(fits, deviceCatalogue), true);
    const short = siteBlock({ bess: [{ ...BESS, lease_s: 59 }] });
    assert.equal(supportAllowed(siteOf(short), deviceCatalogue), false);
    const [f] = found(short, 'lease-order-discharge');
    assert(f?.severity === 'warning');
    assert.match(f.fix, /^raise its lease_s to at least/, 'the key that counts for this battery');
    const least = Number(/at least (\d+)/.exec(f.fix)?.[1]);
    assert.equal(
      supportAllowed(siteOf(siteBlock({ bess: [{ ...BESS, lease_s: least }] })), deviceCatalogue),
      true,
    );
    const less = siteBlock({ bess: [{ ...BESS, lease_s: least - 2 }] });
    assert.equal(supportAllowed(siteOf(less), deviceCatalogue), false);
  });

  it('refuses a charge lease that outlasts the earliest end of a station lease', () => {
    const block = siteBlock({ bess: [BESS], leases: { bess_charge_ttl_s: 19 } });
    assert.deepEqual(severities(block, 'lease-order-charge'), ['error']);
    const good = siteBlock({ bess: [BESS], leases: { bess_charge_ttl_s: 18 } });
    assert.deepEqual(severities(good, 'lease-order-charge'), []);
  });

  it('refuses lease lengths the device cannot hold', () => {
    const block = siteBlock({ bess: [{ ...BESS, lease_s: 86_400 }] });
    const range = deviceCatalogue('sunspec-bess-704')?.lease;
    assert(range !== undefined && range !== 'none');
    assert.equal(found(block, 'lease-range').length, range.max_s < 86_400 ? 1 : 0);
  });

  it('warns of a lease that reads keep alive, with the numbers', () => {
    const fed = siteBlock({ bess: [{ ...BESS, profile: 'sinexcel-pws2-30k', lease_s: 45 }] });
    const [f] = found(fed, 'lease-fed-by-reads');
    assert.equal(f?.severity, 'warning');
    assert.match(
      f.text,
      /hangs but still polls each second keeps a setpoint alive beyond its 15 s/,
    );
    assert.deepEqual(found(siteBlock({ bess: [BESS] }), 'lease-fed-by-reads'), []);
  });

  it('warns of a device that holds a setpoint for longer than its lease, with the numbers', () => {
    const pv = siteBlock({ pv: [{ ...PV, profile: 'solar-log' }] });
    const [f] = found(pv, 'lease-longer-on-device');
    assert.equal(f?.severity, 'warning');
    assert.match(f.text, /at least 300 s, the shortest lease is 60 s: .* 240 s after/);
    assert.match(f.fix, /at least 300 s/);
    const long = siteBlock({ bess: [{ ...BESS, profile: 'kostal-plenticore' }] });
    assert.match(found(long, 'lease-longer-on-device')[0]?.text ?? '', /at least 60 s.* is 15 s/);
    const enough = siteBlock({ pv: [PV], bess: [BESS] });
    assert.deepEqual(found(enough, 'lease-longer-on-device'), []);
  });

  it('refuses a grid meter that does not measure what a grid meter is for', () => {
    const meters = [{ ...METER, profile: 'eastron-sdm72' }];
    const [f] = found(siteBlock({ meters }), 'grid-meter-lacks');
    assert.equal(f?.severity, 'error');
    assert.match(f.text, /"eastron-sdm72" does not measure .*[A-Z]_L1/);
    const other = [METER, { ...METER, id: 'sub', unit: 11, role: 'sub', node: 'row' }];
    const sub = siteBlock({
      meters: other.map((m, i) => (i === 1 ? { ...m, profile: 'eastron-sdm72' } : m)),
    });
    assert.deepEqual(found(sub, 'grid-meter-lacks'), []);
  });

  it('never raises a model that keeps leases in flash beyond its budget', () => {
    const flash = { honours_duration: true, storage: 'flash' };
    const site = siteOf(siteBlock({ stations: [station('one', { lease: flash })] }));
    const [one] = site.stations;
    assert(one !== undefined);
    assert.equal(raisable(site, one), false);
    const [f] = found(siteBlock({ stations: [station('one', { lease: flash })] }), 'flash-budget');
    // 35 % of a year in steps of a third of 30 s.
    assert.match(f?.text ?? '', /^1103760 profile writes a year into flash \(renewed every 10 s\)/);
  });

  it('raises a flash model whose longer TTL keeps it within its budget', () => {
    const lease = { honours_duration: true, storage: 'flash', min_renew_s: 3600 };
    const site = siteOf(siteBlock({ stations: [station('one', { lease })] }));
    const [one] = site.stations;
    assert(one !== undefined);
    assert.equal(stationTtl_ms(site, one), 10_800_000);
    assert.equal(raisable(site, one), true);
  });

  it('raises a RAM model, asks for its source, and never one that does not fall back by itself', () => {
    const made = (lease: Block) => siteOf(siteBlock({ stations: [station('one', { lease })] }));
    const can = (lease: Block): boolean => {
      const site = made(lease);
      const [one] = site.stations;
      return one !== undefined && raisable(site, one);
    };
    assert.equal(can({ honours_duration: true, storage: 'ram' }), true);
    assert.equal(can({ honours_duration: false, storage: 'ram', storage_source: 'x' }), false);
    const bare = siteBlock({
      stations: [station('one', { lease: { honours_duration: true, storage: 'ram' } })],
    });
    assert.deepEqual(severities(bare, 'ram-without-source'), ['warning']);
  });
});

describe('check: margins and warnings', () => {
  it('demands a control margin above the unseen meter error, or a curve that carries it', () => {
    const tight = (change: Block): Block =>
      withKeys('connection_point', { import_A: 160, apparent_VA: 110_000, ...change });
    assert.deepEqual(severities(tight({ control_margin: 0.03 }), 'control-margin'), ['error']);
    assert.deepEqual(severities(tight({ control_margin: 0.1 }), 'control-margin'), ['note']);
    assert.deepEqual(severities(siteBlock(), 'control-margin'), ['note']);
  });

  it('notes a grid meter without an energy register: nothing checks its power over ten minutes', () => {
    const counting = (countsEnergy?: boolean) =>
      checkSite(siteOf(siteBlock()), (id) => {
        const facts = deviceCatalogue(id);
        return facts === undefined || countsEnergy === undefined
          ? facts
          : { ...facts, countsEnergy };
      }).findings.filter((f) => f.code === 'no-energy-check');
    assert.deepEqual(counting(true), []);
    assert.deepEqual(counting(), []);
    const [note] = counting(false);
    assert.equal(note?.severity, 'note');
    assert.equal(note.path, 'meters[0].profile');
  });

  it('warns of nodes without line, cut inputs that a broken wire disables, and useless floors', () => {
    assert.deepEqual(
      found(
        siteBlock({ lines: [{ id: 'line-1', node: 'row', kind: 'watchdog' }] }),
        'node-without-line',
      ).map((f) => f.subject),
      ['grid'],
    );
    const closed = station('one', { cut: { via: 'limit_input', active: 'closed', value_A: 8 } });
    assert.deepEqual(severities(siteBlock({ stations: [closed] }), 'cut-not-wire-break-safe'), [
      'warning',
    ]);
    const low = siteBlock({ stations: [station('one', { static_A: 5 })] });
    assert.deepEqual(severities(low, 'static-below-start'), ['warning']);
    const dc = siteBlock({ stations: [station('one', { kind: 'dc', min_W: 10_000 })] });
    assert.deepEqual(severities(dc, 'static-below-start'), ['warning']);
    assert.deepEqual(
      severities(siteBlock({ stations: [station('one', { line: undefined })] }), 'no-line'),
      ['warning'],
    );
  });
});

describe('check: residual risk (INV-10)', () => {
  const low = { static_A: 7, cut: { via: 'limit_input', value_A: 7 } };
  const ten = Array.from({ length: 10 }, (_, i) => station(`s${i}`, low));
  const risk = { code: 'inv-10', subject: 'row', reason: 'shown by the maker' };
  const accepted = (by: readonly string[], change: Block = {}): Block =>
    siteBlock({ stations: ten, accepted_risks: [{ ...risk, by, ...change }] });

  it('is a risk where all stations at rated power overload a curve before the line acts', () => {
    const block = siteBlock({ stations: ten });
    const risks = found(block, 'inv-10');
    assert.deepEqual(
      risks.map((f) => [f.subject, f.severity]),
      [
        ['grid', 'risk'],
        ['row', 'risk'],
      ],
    );
    assert.match(
      risks[0]?.text ?? '',
      /draw 360 A, the curve carries 320 A for the 11 s from its notice/,
    );
    assert.equal(checkSite(siteOf(block), deviceCatalogue).fits, false);
    const both = ['grid', 'row'].map((subject) => ({ ...risk, subject, by: ['Ann', 'Bob'] }));
    const all = siteOf({ ...block, accepted_risks: both });
    assert.equal(checkSite(all, deviceCatalogue).fits, true);
  });

  it('is accepted by two persons for one node, and by nobody else', () => {
    const severity = (block: Block): string | undefined =>
      found(block, 'inv-10').find((f) => f.subject === 'row')?.severity;
    assert.equal(severity(accepted(['Ann', 'Bob'])), 'note');
    assert.match(
      found(accepted(['Ann', 'Bob']), 'inv-10')[1]?.text ?? '',
      /accepted by Ann and Bob/,
    );
    for (const by of [[], ['Ann'], ['Ann', 'Ann'], ['Ann', ' ann ']]) {
      assert.equal(severity(accepted(by)), 'risk', by.join());
    }
    assert.equal(severity(accepted(['Ann', 'Bob'], { subject: 'grid' })), 'risk');
    assert.equal(severity(accepted(['Ann', 'Bob'], { code: 'inv-1' })), 'risk');
  });

  it('one person twice is told so, and an acceptance of what is no risk is a warning', () => {
    const [twice] = found(accepted(['Ann', ' ann ']), 'inv-10').filter((f) => f.subject === 'row');
    assert.match(twice?.text ?? '', /accepted by fewer than two persons$/);
    assert.equal(twice?.fix, 'let two different persons accept it: by: [one, another]');
    assert.deepEqual(found(accepted(['Ann', 'Bob']), 'acceptance-idle'), []);
    const [idle] = found(accepted(['Ann', 'Bob'], { subject: 'nowhere' }), 'acceptance-idle');
    assert(idle?.severity === 'warning' && idle.path === 'accepted_risks[0]');
  });

  it('is one where only a node below is overloaded: no meter shows it, so no line acts', () => {
    const four = ['one', 'two', 'three', 'four'].map((id) => station(id, low));
    const risks = (connection_A: number): readonly (string | undefined)[] => {
      const block = siteBlock({ stations: four });
      const connection = {
        ...(block['connection_point'] as Block),
        import_A: connection_A,
        curve: { preset: 'iec60947-2', rating_A: 400 },
      };
      return found({ ...block, connection_point: connection }, 'inv-10').map(
        (f) => `${f.subject}: ${f.text}`,
      );
    };
    assert.match(risks(400)[0] ?? '', /^row: .* 128 A, the curve carries 125 A .*nobody sees it/);
    assert.deepEqual(risks(60), [], 'the grid meter shows 128 A on a limit of 60 A');
  });

  it('trusts no line that does not reach a station’s cut input', () => {
    const uncut = station('one', { cut: { via: 'none', value_A: 0 } });
    const block = siteBlock({
      stations: [uncut, station('two'), station('three'), station('four')],
    });
    assert.match(
      found(block, 'inv-10')[0]?.text ?? '',
      /carries 160 A for a station without a line/,
    );
  });
});

describe('check: INV-10 against the supervisor’s own rules', () => {
  it('a curve that passes keeps D below 0.8 when all stations pull their rating at once', () => {
    const ten = Array.from({ length: 7 }, (_, i) => station(`s${i}`));
    for (const hold_s of [12, 18, 21.9, 22, 25, 60]) {
      const points = [
        { ratio: 1.05, hold_s: 7200 },
        { ratio: 2, hold_s },
      ];
      const block = siteBlock({
        stations: ten,
        circuits: [{ id: 'row', parent: 'grid', import_A: 100, curve: { rating_A: 250 } }],
      });
      const connection = {
        ...(block['connection_point'] as Block),
        curve: { rating_A: 160, points },
      };
      const accepted = found({ ...block, connection_point: connection }, 'inv-10').length === 0;
      // 264 A: noticed at D = 0.3, then a record, the line, the station and the vehicle.
      const worst = 0.3 + (1 + 4 + 1 + 5) / hold_s;
      assert.equal(accepted, worst <= 0.8 + 1e-9, `${hold_s} s`);
    }
  });
});
