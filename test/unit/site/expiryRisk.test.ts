import { strict as assert } from 'node:assert';
import { deviceCatalogue } from '../../../src/runtime';
import { checkSite, type Finding } from '../../../src/site';
import { BESS, type Block, CURVE, PV, siteBlock, siteOf, station, withKeys } from './fixtures';

const found = (block: Block, code: string): readonly Finding[] =>
  checkSite(siteOf(block), deviceCatalogue).findings.filter((f) => f.code === code);
const severities = (block: Block, code: string): readonly string[] =>
  found(block, code).map((f) => f.severity);

describe('check: what the sun does before its first lease', () => {
  const falls = { ...PV, profile: 'sunspec-pv-704', expiry_W: 0 };
  const at = (export_W: number, pv: Block, change: Block = {}): Block =>
    siteBlock({ ...withKeys('connection_point', { export_W }), pv: [pv], ...change });

  it('is a risk where that is more than may be exported, though after a lease it is not', () => {
    const [risk, ...more] = found(at(25_000, falls), 'cold-export');
    assert.deepEqual(more, []);
    assert.equal(risk?.severity, 'risk');
    assert.equal(risk.path, 'connection_point');
    assert.match(risk.text, /40000 W > limit 25000 W/);
    assert.match(risk.fix, /accepted_risks: \{code: cold-export, subject: grid/);
    assert.deepEqual(found(at(40_000, falls), 'cold-export'), []);
    assert.equal(checkSite(siteOf(at(25_000, falls)), deviceCatalogue).fits, false);
  });

  it('is none where a limit is stored in the inverter, and as much of it as counts', () => {
    const stored = (power_on_W: number): number =>
      found(at(25_000, { ...falls, power_on_W }), 'cold-export').length;
    assert.equal(stored(25_000), 0);
    assert.equal(stored(25_100), 1);
  });

  it('is looked at on every node that carries it, and is an error where even a lease does not help', () => {
    const row = { id: 'row', parent: 'grid', import_A: 40, curve: { ...CURVE, rating_A: 40 } };
    const below = at(60_000, { ...falls, node: 'row' }, { circuits: [row], stations: [] });
    assert.deepEqual(
      found(below, 'cold-export').map((f) => f.subject),
      ['row'],
    );
    const never = at(25_000, PV);
    assert.deepEqual(found(never, 'cold-export'), []);
    assert.deepEqual(severities(never, 'static-plan-export'), ['error']);
  });

  it('is accepted by two persons', () => {
    const risk = { code: 'cold-export', subject: 'grid', reason: 'the grid operator knows' };
    const by = (persons: string[]): Block =>
      at(25_000, falls, { accepted_risks: [{ ...risk, by: persons }] });
    assert.deepEqual(severities(by(['Ann', 'Bob']), 'cold-export'), ['note']);
    assert.deepEqual(severities(by(['Ann', 'ann']), 'cold-export'), ['risk']);
    assert.deepEqual(severities(by(['Ann', 'Bob']), 'acceptance-idle'), []);
  });
});

describe('check: a device said to fall to less than its profile knows', () => {
  it('is a risk for sun and battery, in each direction, until two persons accept it', () => {
    const pv = siteBlock({ pv: [{ ...PV, expiry_W: 10_000 }] });
    assert.deepEqual(severities(pv, 'expiry-narrower'), ['risk']);
    assert.match(found(pv, 'expiry-narrower')[0]?.text ?? '', /may go to 40000 W/);
    const own = { ...BESS, profile: 'sunspec-bess-124' };
    const paths = found(siteBlock({ bess: [own] }), 'expiry-narrower').map((f) => f.path);
    assert.deepEqual(paths, ['bess[0].expiry_min_W', 'bess[0].expiry_max_W']);
    const by = ['Ann', 'Bob'];
    const accepted = { code: 'expiry-narrower', subject: 'bess', by, reason: 'falls to standby' };
    const block = siteBlock({ bess: [own], accepted_risks: [accepted] });
    assert.deepEqual(severities(block, 'expiry-narrower'), ['note', 'note']);
  });

  it('is none where it is said to do the same, or worse', () => {
    for (const block of [
      siteBlock({ pv: [PV], bess: [BESS] }),
      siteBlock({ bess: [{ ...BESS, expiry_min_W: -5000, expiry_max_W: 5000 }] }),
      siteBlock({ pv: [{ ...PV, profile: 'sunspec-pv-704', expiry_W: 0 }] }),
    ])
      assert.deepEqual(found(block, 'expiry-narrower'), []);
  });
});

describe('check: an AC station that takes limits in W', () => {
  const lease = (rate_unit: string): Block => ({
    honours_duration: true,
    storage: 'ram',
    rate_unit,
  });
  const limited = (rate_unit: string, phases: string): Block =>
    siteBlock({ stations: [station('one', { phases, lease: lease(rate_unit) })] });

  it('is a risk where it is wired on several phases, with what one of them may carry', () => {
    const [risk] = found(limited('W', 'L1L2L3'), 'watts-one-phase');
    assert.equal(risk?.severity, 'risk');
    assert.match(risk.text, /static limit of 8 A a car on one phase may draw 24 A there/);
    assert.match(risk.text, /and 32 A at any limit above 11 A/);
    for (const [unit, phases] of [
      ['W', 'L1'],
      ['A', 'L1L2L3'],
    ] as const) {
      assert.deepEqual(found(limited(unit, phases), 'watts-one-phase'), []);
    }
  });
});
