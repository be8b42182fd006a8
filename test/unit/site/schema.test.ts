import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { loadSite } from '../../../firmware/loadSite';
import { parseYaml } from '../../../src/io/yaml';
import { decodeSite, siteJsonSchema } from '../../../src/site';
import { BESS, type Block, plain, PV, siteBlock, station } from './fixtures';
import { schemaChecker } from './jsonSchema';

const SITES = path.join(__dirname, '..', '..', '..', 'firmware', 'sites');
const files = readdirSync(SITES).filter((f) => f.endsWith('.yaml'));
/** Findings that are about form alone; the others need more than one value. */
const FORM = ['bad-value', 'unknown-key'];

const decodes = (value: unknown): boolean =>
  !decodeSite(plain(value)).findings.some((f) => FORM.includes(f.code));

describe('site JSON Schema', () => {
  const check = schemaChecker(siteJsonSchema());

  it('is the file that editors use', () => {
    const file: unknown = JSON.parse(readFileSync(path.join(SITES, 'site.schema.json'), 'utf8'));
    assert.deepEqual(file, JSON.parse(JSON.stringify(siteJsonSchema())));
  });

  for (const file of files) {
    it(`accepts the example ${file}, which fits`, () => {
      const full = path.join(SITES, file);
      const yaml = parseYaml(readFileSync(full, 'utf8'));
      assert(yaml.ok);
      // Merge keys are the editor's business; the value behind them is what counts.
      assert.equal(check(yaml.value), undefined);
      const loaded = loadSite(full);
      assert.deepEqual(
        loaded.findings.filter((f) => ['error', 'risk'].includes(f.severity)),
        [],
      );
      assert.equal(loaded.fits, true);
    });
  }

  it('ships the three kinds of sites besides the demo', () => {
    for (const name of ['ac-car-park', 'dc-hub', 'depot', 'demo']) {
      assert(files.includes(`${name}.yaml`));
    }
  });

  it('agrees with the decoder on sites with one value replaced, removed or added', () => {
    const full = siteBlock({
      bess: [BESS],
      pv: [PV],
      uplinks: [{ id: 'cpo', kind: 'cpo', url: 'mqtt://host' }],
      ocpp: { listen: '0.0.0.0:9000' },
      third_parties: [{ id: 'portal', via: 'modbus-tcp' }],
      accepted_risks: [{ code: 'inv-10', subject: 'row', by: ['Ann', 'Bob'], reason: 'x' }],
      leases: { station_ttl_s: 30 },
      stations: [station('one')],
    });
    const places = pathsOf(full, []);
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        '',
        'x',
        'L1',
        'ac',
        'dc',
        'A',
        '1 kW',
        [],
        {},
        [1],
        'é',
      ),
      fc.integer({ min: -10, max: 300 }),
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.string({ maxLength: 130 }),
    );
    const change = fc.record({
      place: fc.constantFrom(...places),
      what: fc.constantFrom('replace', 'remove', 'add'),
      value,
    });
    let refused = 0;
    fc.assert(
      fc.property(change, (c) => {
        const block = edited(plain(full), c.place, c.what, plain(c.value));
        const byDecoder = decodes(block);
        const bySchema = check(block) === undefined;
        if (!byDecoder) refused += 1;
        assert.equal(bySchema, byDecoder, `${c.what} ${c.place.join('.')}: ${check(block) ?? ''}`);
      }),
      { seed: 31, numRuns: 3000 },
    );
    assert(refused > 1000 && refused < 2900, `${refused} refused`);
  });
});

type Place = readonly (string | number)[];

function pathsOf(value: unknown, at: Place): readonly Place[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((v, i) => pathsOf(v, [...at, i]))];
  if (typeof value !== 'object' || value === null) return [at];
  const inner = Object.entries(value).filter(([, v]) => v !== undefined);
  return [at, ...inner.flatMap(([k, v]) => pathsOf(v, [...at, k]))];
}

function edited(value: unknown, place: Place, what: string, by: unknown): unknown {
  const [head, ...rest] = place;
  if (head === undefined) {
    if (what === 'replace') return by;
    if (Array.isArray(value)) return what === 'add' ? [...(value as unknown[]), by] : [];
    if (typeof value !== 'object' || value === null) return what === 'add' ? [value] : value;
    return what === 'add' ? { ...value, extra: by } : {};
  }
  if (Array.isArray(value)) {
    if (rest.length === 0 && what === 'remove') return value.filter((_, i) => i !== head);
    return value.map((v, i) => (i === head ? edited(v, rest, what, by) : (v as unknown)));
  }
  const block = value as Block;
  const key = String(head);
  if (rest.length > 0 || what !== 'remove') {
    return { ...block, [key]: edited(block[key], rest, what, by) };
  }
  return Object.fromEntries(Object.entries(block).filter(([k]) => k !== key));
}
