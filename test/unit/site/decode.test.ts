import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { isTimeZone } from '../../../firmware/timeZone';
import { decodeSite, type Finding } from '../../../src/site';
import {
  BESS,
  type Block,
  findingsOf,
  METER,
  plain,
  PV,
  siteBlock,
  station,
  withKeys,
} from './fixtures';

const DEMO = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');

/** The one finding of this code. */
function only(block: Block, code: string): Finding {
  const hits = findingsOf(block).filter((f) => f.code === code);
  assert.equal(hits.length, 1, JSON.stringify(findingsOf(block)));
  const [hit] = hits;
  assert(hit !== undefined);
  return hit;
}

describe('site file: form', () => {
  it('decodes a small site with all defaults', () => {
    assert.deepEqual(findingsOf(siteBlock()), []);
  });

  it('refuses an unknown key and names the nearest known one', () => {
    const cases: readonly (readonly [Block, string])[] = [
      [withKeys('connection_point', { import_kA: 1 }), 'import_A'],
      [siteBlock({ bess: [{ ...BESS, charge_kW: 30 }] }), 'charge_W'],
      [siteBlock({ stations: [station('one', { staic_A: 8 })] }), 'static_A'],
      [siteBlock({ metres: [METER] }), 'meters'],
    ];
    for (const [block, nearest] of cases) {
      const found = only(block, 'unknown-key');
      assert.equal(found.fix, `did you mean "${nearest}"?`);
      assert.match(found.text, new RegExp(`"${found.subject}" is not a key here`));
    }
  });

  it('lists the known keys when nothing is near', () => {
    assert.match(only(siteBlock({ weather: 1 }), 'unknown-key').fix, /^known keys: version, site/);
  });

  it('tells a kW in a W field by its unit text and by its size', () => {
    const unit = only(siteBlock({ pv: [{ ...PV, rated_W: '40 kW' }] }), 'bad-value');
    assert.equal(unit.path, 'pv[0].rated_W');
    assert.match(unit.text, /"40 kW" carries a unit; the key already says W/);
    const size = only(siteBlock({ pv: [{ ...PV, rated_W: 40 }] }), 'bad-value');
    assert.match(size.fix, /this looks like kW: write 40000 \(W\)/);
    const apparent = only(withKeys('connection_point', { apparent_VA: 90 }), 'bad-value');
    assert.match(apparent.fix, /write 90000 \(VA\)/);
  });

  it('guesses no unit that nobody writes', () => {
    const poll = only(siteBlock({ meters: [{ ...METER, poll_ms: 50 }] }), 'bad-value');
    assert.equal(poll.fix, 'correct the value or its unit (ms)');
    const seconds = only(siteBlock({ meters: [{ ...METER, poll_ms: 0.5 }] }), 'bad-value');
    assert.equal(seconds.fix, 'this looks like s: write 500 (ms)');
    const share = only(siteBlock({ bess: [{ ...BESS, soc_min: '10 %' }] }), 'bad-value');
    assert.equal(share.fix, 'write the plain number in share');
  });

  it('says of what is no site file at all only how it begins, and of no number that it is none', () => {
    const found: Finding[] = [];
    for (const value of ['x'.repeat(5000), null, [1]]) {
      const decoded = decodeSite(value);
      assert.equal(decoded.ok, false);
      found.push(...decoded.findings);
    }
    for (const f of found) {
      assert(f.subject === 'the file' && f.text.length < 120, f.text);
      assert.match(f.fix, /^write the keys of a Holdfast site: version, site, /);
    }
    const block = siteBlock({ stations: [station('one')] }) as { stations: Block[] };
    const [one = {}] = block.stations;
    const decoded = decodeSite({
      ...(block as object),
      stations: [{ ...one, static_A: NaN }],
    });
    assert.equal(decoded.findings[0]?.text, 'NaN is not a number');
  });

  it('refuses a time zone that nobody has: nothing could be planned by its clock', () => {
    const place = { id: 'small', name: 'Small site', timezone: 'Europe/Pariss' };
    const found = findingsOf(siteBlock({ site: place }), isTimeZone);
    assert.deepEqual(
      found.map((f) => [f.code, f.path]),
      [['contradiction', 'site.timezone']],
    );
    const known = { ...place, timezone: 'Europe/Paris' };
    assert.deepEqual(findingsOf(siteBlock({ site: known }), isTimeZone), []);
    // What was looked at when it was signed is not looked at again by each process.
    assert.deepEqual(findingsOf(siteBlock({ site: place })), []);
  });

  it('refuses a smallest base load above the greatest: it would hide export', () => {
    const found = only(withKeys('connection_point', { base_load_min_W: 900_000 }), 'contradiction');
    assert.match(found.text, /900000 W is above the greatest base load, \d+ A per phase/);
  });

  it('refuses an inverter that gives more than its rating after its lease', () => {
    const found = only(siteBlock({ pv: [{ ...PV, expiry_W: 400_000 }] }), 'contradiction');
    assert.match(found.text, /expiry_W 400000 W is above rated_W 40000 W/);
    const stored = only(siteBlock({ pv: [{ ...PV, power_on_W: 40_001 }] }), 'contradiction');
    assert.equal(stored.path, 'pv[0].power_on_W');
  });

  it('refuses values of another type, missing keys and infinite numbers with the path', () => {
    const missing = only(
      siteBlock({ stations: [{ ...station('one'), cut: undefined }] }),
      'bad-value',
    );
    assert.equal(missing.path, 'stations[0]');
    assert.match(missing.text, /"cut" is missing/);
    for (const value of ['8', true, null, [], {}]) {
      const found = only(
        siteBlock({ stations: [station('one', { static_A: value })] }),
        'bad-value',
      );
      assert.equal(found.path, 'stations[0].static_A');
    }
    for (const value of [Infinity, -Infinity, NaN]) {
      const block = plain(siteBlock());
      const cut = { ...(block as Block), connection_point: { import_A: value } };
      assert(!decodeSite(cut).ok);
    }
  });

  it('refuses a file that is no block, and never throws for any plain value', () => {
    for (const value of [null, 1, 'x', [], [1], true]) {
      const decoded = decodeSite(value);
      assert(!decoded.ok && decoded.findings.length === 1);
    }
  });
});

describe('site file: references and contradictions', () => {
  it('refuses duplicate ids across all kinds and names the first use', () => {
    const twice = only(siteBlock({ stations: [station('meter')] }), 'duplicate-id');
    assert.equal(twice.path, 'stations[0].id');
    assert.match(twice.text, /already used by meters\[0\]\.id/);
    const grid = siteBlock({
      circuits: [{ id: 'grid', parent: 'grid', import_A: 1, curve: { rating_A: 5 } }],
    });
    assert(findingsOf(grid).some((f) => f.code === 'duplicate-id'));
    const uplink = { id: 'cpo', kind: 'cpo', url: 'mqtt://a' };
    only(siteBlock({ uplinks: [uplink, uplink] }), 'duplicate-id');
  });

  it('refuses references to nothing and lists what is known', () => {
    const cases: readonly (readonly [Block, string, RegExp])[] = [
      [
        siteBlock({ stations: [station('one', { node: 'nowhere' })] }),
        'stations[0].node',
        /grid, row/,
      ],
      [
        siteBlock({ stations: [station('one', { line: 'no-line' })] }),
        'stations[0].line',
        /line-1/,
      ],
      [siteBlock({ meters: [{ ...METER, bus: 'no-bus' }] }), 'meters[0].bus', /rs485/],
      [siteBlock({ bess: [{ ...BESS, node: 'x' }] }), 'bess[0].node', /grid, row/],
      [siteBlock({ pv: [{ ...PV, bus: 'x' }] }), 'pv[0].bus', /rs485/],
      [
        siteBlock({ lines: [{ id: 'line-1', node: 'x', kind: 'watchdog' }] }),
        'lines[0].node',
        /grid, row/,
      ],
    ];
    for (const [block, at, known] of cases) {
      const found = only(block, 'unknown-reference');
      assert.equal(found.path, at);
      assert.match(found.fix, known);
    }
  });

  it('refuses a site without a grid meter at the connection point', () => {
    only(siteBlock({ meters: [] }), 'no-grid-meter');
    only(siteBlock({ meters: [{ ...METER, role: 'sub' }] }), 'no-grid-meter');
    only(siteBlock({ meters: [{ ...METER, node: 'row' }] }), 'no-grid-meter');
  });

  it('refuses loops and strangers in the circuit tree', () => {
    const circuit = (id: string, parent: string): Block => ({
      id,
      parent,
      import_A: 50,
      curve: { rating_A: 63 },
    });
    const loop = siteBlock({
      circuits: [circuit('row', 'grid'), circuit('a', 'b'), circuit('b', 'a'), circuit('c', 'c')],
    });
    const hits = findingsOf(loop).filter((f) => f.code === 'unknown-parent');
    assert.deepEqual(
      hits.map((f) => f.subject),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(
      hits.map((f) => f.path),
      [1, 2, 3].map((i) => `circuits[${i}].parent`),
    );
  });

  it('accepts circuits in any order and puts parents first', () => {
    const circuit = (id: string, parent: string): Block => ({
      id,
      parent,
      import_A: 50,
      curve: { rating_A: 63 },
    });
    const decoded = decodeSite(
      plain(
        siteBlock({
          circuits: [circuit('leaf', 'mid'), circuit('mid', 'row'), circuit('row', 'grid')],
        }),
      ),
    );
    assert(decoded.ok);
    assert.deepEqual(
      decoded.site.nodes.map((n) => n.id),
      ['grid', 'row', 'mid', 'leaf'],
    );
  });

  it('refuses a login in the address of an uplink and does not repeat it', () => {
    for (const login of ['me:geheim@', 'me@', ':geheim@']) {
      const url = `mqtts://${login}broker.example:8883`;
      const found = only(
        siteBlock({ uplinks: [{ id: 'cpo', kind: 'cpo', url }] }),
        'secret-in-file',
      );
      assert.deepEqual([found.severity, found.path], ['error', 'uplinks[0].url']);
      assert.doesNotMatch(JSON.stringify(found), /geheim/);
      assert.match(found.fix, /broker-login/);
    }
    const url = 'mqtts://broker.example/way@home';
    assert.deepEqual(findingsOf(siteBlock({ uplinks: [{ id: 'cpo', kind: 'cpo', url }] })), []);
  });

  it('warns of a station whose name `why` takes for another thing', () => {
    const found = only(siteBlock({ stations: [station('plan')] }), 'reserved-id');
    assert.deepEqual([found.severity, found.subject], ['warning', 'plan']);
    assert.match(found.text, /holdfast why plan/);
    assert.ok(decodeSite(plain(siteBlock({ stations: [station('plan')] }))).ok);
  });

  it('refuses each contradiction between well-formed values', () => {
    const point = (ratio: number, hold_s: number): Block => ({ ratio, hold_s });
    const curve = (points: readonly Block[]): Block =>
      withKeys('connection_point', { curve: { rating_A: 160, points } });
    const cases: readonly (readonly [Block, string])[] = [
      [siteBlock({ stations: [station('one', { static_A: 33 })] }), 'stations[0].static_A'],
      [
        siteBlock({ stations: [station('one', { cut: { via: 'contactor', value_A: 40 } })] }),
        'stations[0].cut.value_A',
      ],
      [siteBlock({ bess: [{ ...BESS, expiry_min_W: 5 }] }), 'bess[0].expiry_min_W'],
      [siteBlock({ bess: [{ ...BESS, soc_min: 0.95 }] }), 'bess[0].soc_min'],
      [siteBlock({ bess: [{ ...BESS, soc_reserve: 0.96 }] }), 'bess[0].soc_reserve'],
      [
        withKeys('connection_point', { base_load_step_A: 40.5 }),
        'connection_point.base_load_step_A',
      ],
      [siteBlock({ buses: [{ id: 'rs485', kind: 'rtu' }] }), 'buses[0]'],
      [siteBlock({ buses: [{ id: 'rs485', kind: 'tcp' }] }), 'meters[0]'],
      [siteBlock({ meters: [{ ...METER, host: '10.0.0.1:502' }] }), 'meters[0].host'],
      [siteBlock({ bess: [{ ...BESS, unit: 10 }] }), 'bess[0].unit'],
      [withKeys('connection_point', { import_A: 161 }), 'connection_point.import_A'],
      [curve([]), 'connection_point.curve.points'],
      [curve([point(2, 25), point(1.3, 120)]), 'connection_point.curve.points[1]'],
      [curve([point(1.3, 25), point(2, 120)]), 'connection_point.curve.points[1]'],
      [curve([point(1.3, 25), point(1.3, 20)]), 'connection_point.curve.points[1]'],
    ];
    for (const [block, at] of cases) {
      const found = only(block, 'contradiction');
      assert.equal(found.path, at);
      assert.notEqual(found.fix, '');
    }
  });
});

describe('site file: every error names file, line, thing, numbers and fix', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-site-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Loads the demo file with one line changed; the line number of the change. */
  function changed(from: string, to: string) {
    const text = loadSite(DEMO).bytes;
    const whole = Buffer.from(text).toString('utf8');
    assert(whole.includes(from), from);
    const file = path.join(folder, 'site.yaml');
    writeFileSync(file, whole.replace(from, to));
    const line = whole.slice(0, whole.indexOf(from)).split('\n').length;
    return { loaded: loadSite(file), line, file };
  }

  it('points at the line of the change', () => {
    const cases: readonly (readonly [string, string, string, RegExp])[] = [
      ['unit: 30', 'unit: 300', 'bad-value', /300 unit id lies outside 1\.\.247/],
      ['rated_W: 40000', 'rated_W: 40', 'bad-value', /40 W lies outside/],
      ['apparent_VA: 90000', 'aparent_VA: 90000', 'unknown-key', /aparent_VA/],
      ['expiry_W: 40000', 'expiry_W: 70000,\n      expiry_kW: 1', 'unknown-key', /expiry_kW/],
    ];
    for (const [from, to, code, text] of cases) {
      const { loaded, line, file } = changed(from, to);
      assert.equal(loaded.fits, false);
      assert.equal(loaded.site, undefined);
      const found = loaded.findings.find((f) => f.code === code);
      assert(found !== undefined, `${to}: ${JSON.stringify(loaded.findings)}`);
      assert.equal(found.file, file);
      assert.equal(found.line, line + to.split('\n').length - 1);
      assert.match(found.text, text);
      assert.notEqual(found.fix, '');
    }
  });

  it('points at the line of a syntax error and loads nothing', () => {
    const { loaded, line } = changed('base_load_max_A: 45', 'base_load_max_A: [45');
    assert.equal(loaded.site, undefined);
    const [found] = loaded.findings;
    assert(found?.code === 'syntax');
    assert(Math.abs(found.line - line) <= 2, `${found.line} for ${line}`);
  });
});
